"""Every error code of the papers (`expected.csv`, face out) can really be heard, and for its own reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote_plus

from simulators.desk import Refusal
from simulators.dialects.legacy_shells import signature

Maker = Callable[..., Any]


def promised(at: Any, pattern: str) -> set[str]:
    """The codes that the table of expected results names."""
    found: set[str] = set()
    for row in at.papers.expected:
        if row.face == "out":
            found |= set(re.findall(pattern, row.wire))
    return found


def body_of(line: dict[str, Any], body: str, **request: Any) -> dict[str, Any]:
    return {**line, "request": {**line["request"], "body": body, **request}}


def test_static_token(bench: Maker) -> None:
    at = bench("static-token-rest", "M01")
    line = at.lines["push-ok"]

    def tell(line: dict[str, Any], *moods: str, **params: Any) -> str:
        body = json.loads(line["request"]["body"])
        body["params"] |= params
        said = json.loads(at.say(body_of(line, json.dumps(body)), moods).body)
        return str(said["custom"].get("errorno", "1"))

    heard = {tell(line), tell(line), tell(line, infotitle="x"), tell(line, opertype="edit", version=2)}
    heard |= {
        tell(line),
        tell(line, rowguid="n", opertype="edit"),
        tell(line, infotitle=""),
        tell(line, infodate="x"),
    }
    heard |= {tell(line, zbrdm="x", ispostpone="?"), tell(line, "busy"), tell(line, "internal-error")}
    heard |= {tell(line, "parent-unknown"), tell(at.lines["push-bad-token"])}
    listed = body_of(line, json.dumps({"token": at.desk.credentials["token"], "params": {"pagesize": 0}}))
    listed["request"]["path"] = "/rest/zbgonggao/list"
    heard |= {tell(listed)}
    for broken in ("{", '{"token":"\\ud800","params":{}}', '{"token":"x","params":{"a":NaN}}', " " * 2097153):
        heard |= {json.loads(at.say(body_of(line, broken)).body)["custom"]["errorno"]}
    assert heard - {"1"} == promised(at, r"errorno (E\d+)")


def test_soap11(bench: Maker) -> None:
    at = bench("soap11-wsse", "D09")
    serial = [100]

    def tell(line: dict[str, Any], *moods: str, swap: tuple[str, str] = ("", "")) -> str:
        """Each call with a nonce of its own, signed by the golden password."""
        import base64
        import hashlib

        serial[0] += 1
        nonce = serial[0].to_bytes(16, "big")
        created = "2026-11-22T01:00:00Z"
        secret = at.desk.credentials["password"]
        digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + secret.encode()).digest()).decode()
        body = line["request"]["body"].replace(*swap) if swap[0] else line["request"]["body"]
        body = re.sub(r"(<wsse:Password[^>]*>)[^<]*", rf"\g<1>{digest}", body)
        body = re.sub(r"(<wsse:Nonce[^>]*>)[^<]*", rf"\g<1>{base64.b64encode(nonce).decode()}", body)
        said = at.say(body_of(line, body), moods).body.decode()
        found = re.search(r"<t:resultCode>([^<]*)<|<faultcode>([^<]*)<", said)
        assert found is not None, said
        return found[1] or found[2]

    line = at.lines["push-ok"]
    heard = {tell(line), tell(line), tell(line, swap=("施工招标公告", "别的标题"))}
    up = ("<t:version>1<", "<t:version>3<")
    heard |= {tell({**line, "request": {**line["request"], "body": line["request"]["body"].replace(*up)}})}
    heard |= {tell(line), tell(line, swap=("<t:operation>C", "<t:operation>U"))}
    other = (
        "0fb13534fe1daf96876e29b6866080a7</t:businessId><t:operation>C",
        "x</t:businessId><t:operation>U",
    )
    heard |= {tell(line, swap=other), tell(line, swap=("永登县城区供热管网改造工程施工招标公告", ""))}
    zone = ("<t:noticeSendTime>2026-11-22T09:00:00<", "<t:noticeSendTime>2026-11-22T09:00:00+08:00<")
    heard |= {tell(line, swap=zone), tell(line, swap=(">CNY<", ">EURO<"))}
    heard |= {tell(line, mood) for mood in ("busy", "internal-error", "parent-unknown", "not-allowed")}
    query = at.lines["query-project"]
    for code in (
        "project.not-found",
        "project.code-ambiguous",
        "project.filing-revoked",
        "project.region-mismatch",
    ):

        def refuse(asked: Any, now: Any, code: str = code) -> Any:
            raise Refusal(code)

        at.desk.books["project.query"] = refuse
        heard |= {tell(query)}
    assert heard == promised(at, r"resultCode (-?\d+)")


def test_soap11_faults(bench: Maker) -> None:
    at = bench("soap11-wsse", "D09")
    line = at.lines["push-ok"]

    def code(body: str, **request: Any) -> str:
        said = at.say(body_of(line, body, **request)).body.decode()
        found = re.search(r"<faultcode>([^<]*)<", said)
        return found[1] if found else said

    good = line["request"]["body"]
    soap12 = good.replace(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    must = good.replace(
        "<soapenv:Header>", '<soapenv:Header><x:y xmlns:x="urn:x" soapenv:mustUnderstand="1"/>'
    )
    bare = re.sub(r"<wsse:Security.*</wsse:Security>", "", good)
    assert code(soap12) == "soapenv:VersionMismatch"
    assert code(must) == "soapenv:MustUnderstand"
    assert code(bare) == "wsse:InvalidSecurity"
    assert code(good.replace("pushTenderNotice", "pushNothing")) == "soapenv:Client"
    assert code(good, headers={"SOAPAction": '""'}) == "soapenv:Client"
    assert code(good, headers={"SOAPAction": '"urn:other"'}) == "soapenv:Client"
    assert code("<a") == "soapenv:Client"
    assert at.say(body_of(line, " " * 5242881)).status == 413
    assert at.desk.ledger.effects == 0


def test_asmx(bench: Maker) -> None:
    at = bench("asmx-parasxml", "M03")
    line = at.lines["push-ok"]

    def tell(*moods: str, swap: tuple[str, str] = ("", "")) -> str:
        body = line["request"]["body"].replace(*swap) if swap[0] else line["request"]["body"]
        said = at.say(body_of(line, body), moods).body.decode()
        found = re.search(r"ErrorCode&gt;(\w+)&lt;", said)
        return found[1] if found else "1"

    heard = {
        tell(),
        tell(),
        tell(swap=("施工招标公告", "别的标题")),
        tell(swap=("<VersionNo>1", "<VersionNo>3")),
    }
    heard |= {
        tell(),
        tell(swap=("29b6866080a7</RowGuid><OperateType>A", "29b6866080a8</RowGuid><OperateType>M")),
    }
    heard |= {tell(swap=("<VersionNo>1", "<VersionNo>one")), tell(swap=("<VersionNo>1<", "<VersionNo><"))}
    heard |= {tell(swap=("<OperateType>A", "<OperateType>Z")), tell(swap=("<paras>", "<paras><a><b/></a>"))}
    heard |= {tell(swap=("Vendor@Gs2026", "x")), tell(swap=("</soap:Body>", "</soap:Body>" + " " * 2097152))}
    heard |= {tell(mood) for mood in ("busy", "internal-error", "parent-unknown")}
    services = {"NOXM", "MULTI", "REVOKED", "REGION", "NOUNIT", "UNITCODE", "UPBUSY"}  # those the hub answers
    listed = set(
        re.findall(r"`(\w+)`", (at.papers.root / "rules.md").read_text("utf-8").partition("错误码:")[2])
    )
    assert heard - {"1"} == {code for code in listed if code.isupper() and code not in services}
    assert tell(swap=("2026-11-22 09:00:00</SendTime>", "2026/11/22 9:00:00</SendTime>")) == "OLD"
    utf16 = at.say(body_of(line, line["request"]["body"]))
    assert utf16.status == 200


def test_exch(bench: Maker) -> None:
    at = bench("exch-hmac", "R01")
    at.say(at.lines["secret"], late=0.0)
    line = at.lines["push-ok"]

    def tell(*moods: str, raw: str = "", line: dict[str, Any] = line, **fields: Any) -> str:
        body = raw or json.dumps({**json.loads(line["request"]["body"]), **fields})
        return str(json.loads(at.say(body_of(line, body), moods, 0.0).body)["code"])

    heard = {tell(), tell(CZLX="2", SJZJ="never"), tell(GGBT=""), tell(BBH=1), tell(CZLX="9"), tell(raw="{")}
    moods = (
        "ip-not-in-allow-list",
        "rid-not-subscribed",
        "busy",
        "throttled",
        "internal-error",
        "secret-expired",
    )
    heard |= {tell(mood) for mood in moods}
    heard |= {tell(line=at.lines["push-bad-sign"]), tell(line=at.lines["push-old-rtime"])}
    stranger = {**line, "request": {**line["request"], "headers": {**line["request"]["headers"], "sid": "x"}}}
    heard |= {tell(line=stranger)}
    for code in ("credit.body-unknown", "credit.body-code"):

        def refuse(asked: Any, now: Any, code: str = code) -> Any:
            raise Refusal(code)

        at.desk.books["credit.query"] = refuse
        heard |= {tell(line=at.lines["credit-ok"])}
    assert heard - {"0"} == promised(at, r"code (\d{4})")


def test_chain(bench: Maker) -> None:
    at = bench("chain-rest", "B01")
    line = at.lines["put-ok"]

    def tell(*moods: str, raw: str = "", line: dict[str, Any] = line, **fields: Any) -> str:
        body = raw or json.dumps({**json.loads(line["request"]["body"]), **fields})
        clock.append(clock[-1] + 1.0)
        said = at.say(body_of(line, body), moods, clock[-1])
        return str(json.loads(said.body).get("errorCode", "ok"))

    clock = [1.0]
    heard = {tell(), tell(hash="0" * 64), tell(businessId="a b"), tell(hash="00"), tell(hashType=7)}
    heard |= {tell(line=at.lines["put-no-app"]), tell(line=at.lines["query-none"]), tell(raw=" " * 16385)}
    heard |= {tell(line=at.lines["verify-ok"], hashType=0), tell(raw="[]"), tell(submitTime="later")}
    heard |= {tell(mood) for mood in ("member-cert-expired", "throttled-20rps", "internal-error", "busy")}
    assert heard - {"ok"} == promised(at, r"errorCode ([A-Z_]+)")


def test_legacy(bench: Maker) -> None:
    at = bench("legacy-http", "S01")
    at.lines = {each["id"]: each for each in at.papers.golden() if each["file"] == "appkey-md5.jsonl"}
    line = at.lines["save-ok"]
    form = dict(pair.partition("=")[::2] for pair in unquote_pairs(line["request"]["body"]))

    def tell(*moods: str, raw: str = "", form: dict[str, str] = form, **fields: Any) -> str:
        data = raw or json.dumps({**json.loads(form["data"]), **fields}, ensure_ascii=False)
        sent = {**form, "data": data}
        sent["sign"] = form["sign"] if "keep" in moods else signature(sent, at.desk.credentials["app_secret"])
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in sent.items())
        return str(json.loads(at.say(body_of(line, body), moods).body)["errorCode"])

    heard = {tell(), tell(), tell(gg_mc="x"), tell(bbh=3), tell(), tell(sn="N", czlx="upd"), tell(gg_mc=None)}
    heard |= {tell(bbh="one"), tell(czlx="?"), tell(raw="{"), tell("keep", gg_mc="y")}
    heard |= {tell(form={**form, "appKey": "x"}), tell(form={**form, "serviceCode": "ggzy.none.save"})}
    heard |= {tell(form={**form, "requestTime": "2026-11-22 08:00:00"}), tell(raw="1" * 1048577)}
    heard |= {tell(mood) for mood in ("busy", "internal-error", "parent-unknown")}
    assert heard - {""} == promised(at, r"errorCode (E\d+)")


def unquote_pairs(body: str) -> list[str]:
    return [unquote_plus(pair) for pair in body.split("&")]
