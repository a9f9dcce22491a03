"""Every fault that belongs to a dialect shows on the wire as its papers say (`expected.csv`, column wire)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pytest

from simulators.faults import faults

Maker = Callable[..., Any]
NATIVE = {
    "replay": (401, "auth.nonce"),
    "clock-skew": (401, "auth.time-window"),
    "bad-sign": (401, "auth.signature"),
    "schema-violation": (422, "message.findings"),
    "oversize": (413, "message.too-large"),
    "busy": (503, "receiver.busy"),
    "internal-error": (500, "receiver.internal"),
}
SOAP = {
    "soap-fault-client": (500, "soapenv:Client", 0),
    "soap-fault-server": (500, "soapenv:Server", 0),
    "soap-fault-200": (200, "soapenv:Server", 0),
    "http-500-with-fault": (500, "soapenv:Server", 1),
    "missing-soapaction": (500, "soapenv:Client", 0),
    "expired-timestamp": (500, "wsse:MessageExpired", 0),
    "nonce-reused": (500, "wsse:InvalidSecurityToken", 0),
    "busy": (200, "<t:resultCode>-8<", 0),
    "internal-error": (200, "<t:resultCode>-9<", 0),
}
EXCH = {
    "sign-mismatch": "1001",
    "secret-expired": "1002",
    "ip-not-in-allow-list": "1004",
    "rid-not-subscribed": "1005",
    "busy": "3001",
    "throttled": "3002",
    "internal-error": "5000",
}
CHAIN = {
    "member-cert-expired": (403, "MEMBER_CERT"),
    "throttled-20rps": (429, "THROTTLED"),
    "duplicate-business-id": (409, "DUPLICATE_BUSINESS_ID"),
    "busy": (503, "CHAIN_DOWN"),
    "internal-error": (500, "INTERNAL"),
}
ASMX = {"busy": "BUSY", "internal-error": "SYS"}


@pytest.mark.parametrize("fault", NATIVE)
def test_native(bench: Maker, fault: str) -> None:
    at = bench("hub-unified-v1", "P02")
    said = at.say(at.lines["push-ok"], (fault,))
    assert (said.status, json.loads(said.body)["code"]) == NATIVE[fault]
    assert (said.status == 503) == ("Retry-After" in said.headers)
    assert at.desk.ledger.effects == 0


def test_native_out_of_service_is_503_with_a_time_to_come_back(bench: Maker) -> None:
    from simulators.faults import FaultPlan
    from simulators.wire import Request

    plan = FaultPlan("hub-unified-v1")
    plan.arm("5xx")
    name, act = plan.next(Request("POST", "/uis/v1/messages"))
    assert name == "5xx" and not act.effect and act.rewrite is not None
    reply = act.rewrite(None, Request("POST", "/"))  # type: ignore[arg-type]
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")


def test_native_duplicate_at_first_sight(bench: Maker) -> None:
    at = bench("hub-unified-v1", "P02")
    assert at.say(at.lines["push-ok"], ("duplicate",)).status == 200
    assert at.desk.ledger.effects == 1


@pytest.mark.parametrize("fault", SOAP)
def test_soap11(bench: Maker, fault: str) -> None:
    at = bench("soap11-wsse", "D09")
    said, (status, code, effects) = at.say(at.lines["push-ok"], (fault,)), SOAP[fault]
    assert (said.status, at.desk.ledger.effects) == (status, effects)
    assert code in said.body.decode()


def test_soap11_nil_and_rewritten_port(bench: Maker) -> None:
    at = bench("soap11-wsse", "D09")
    body = at.say(at.lines["push-ok"], ("nil-vs-empty",)).body.decode()
    assert 'xsi:nil="true"' in body and "<t:errorField/>" in body and "<t:resultCode>1<" in body
    line = at.lines["push-ok"]
    wsdl = {**line, "request": {**line["request"], "method": "GET", "path": "/services/TradeExchange?wsdl"}}
    assert ":8080/" in at.say(wsdl).body.decode()
    assert ":7001/" in at.say(wsdl, ("wsdl-port-rewrite",)).body.decode()


@pytest.mark.parametrize("fault", EXCH)
def test_exch(bench: Maker, fault: str) -> None:
    at = bench("exch-hmac", "R01")
    at.say(at.lines["secret"], late=0.0)
    assert json.loads(at.say(at.lines["push-ok"], (fault,)).body)["code"] == EXCH[fault]
    assert at.desk.ledger.effects == 0


def test_exch_code_as_number_at_d12(bench: Maker) -> None:
    for ident, moods, kind in (("D12", (), int), ("R01", ("code-type-flip",), int), ("R01", (), str)):
        at = bench("exch-hmac", ident)
        at.say(at.lines["secret"], late=0.0)
        assert type(json.loads(at.say(at.lines["push-ok"], moods).body)["code"]) is kind


def test_exch_secret_is_renewed_in_time_and_the_old_one_works_on(bench: Maker) -> None:
    at = bench("exch-hmac", "R01")
    end = json.loads(at.say(at.lines["secret"], late=0.0).body)["data"]["endTime"]
    assert json.loads(at.say(at.lines["secret"], late=200.0).body)["data"]["endTime"] == end
    side = at.side
    old = side._current(line_time(at, 0))
    new = side._current(line_time(at, 1800 - 299))
    assert new != old and len(side._secrets) == 2


def line_time(at: Any, late: float) -> Any:
    from datetime import datetime, timedelta

    return datetime.fromisoformat(at.lines["secret"]["at"]) + timedelta(seconds=late)


@pytest.mark.parametrize("fault", CHAIN)
def test_chain(bench: Maker, fault: str) -> None:
    at = bench("chain-rest", "B01")
    said = at.say(at.lines["put-ok"], (fault,))
    assert (said.status, json.loads(said.body)["errorCode"]) == CHAIN[fault]
    assert at.desk.ledger.effects == 0


def test_chain_pending_height_and_hash_type(bench: Maker) -> None:
    at = bench("chain-rest", "B01")
    at.say(at.lines["put-ok"])
    told = json.loads(at.say(at.lines["query-ok"]).body)
    late = json.loads(at.say(at.lines["query-ok"], ("pending-tx",)).body)
    back = json.loads(at.say(at.lines["query-ok"], ("height-goes-back",)).body)
    assert (late["state"], late["height"], late["txHash"]) == ("PENDING", None, "")
    assert back["height"] < told["height"] and back["evidenceTime"] == told["evidenceTime"]
    other = bench("chain-rest", "B01")
    other.say(other.lines["put-ok"], ("hash-type-default",))
    assert json.loads(other.say(other.lines["verify-ok"]).body)["errorCode"] == "ALG_DIFFERS"


def test_b02_takes_sha256_only(bench: Maker) -> None:
    at = bench("chain-rest", "B02")
    line = at.lines["put-ok"]
    body = json.loads(line["request"]["body"]) | {"hashType": 0}
    sm3 = {**line, "request": {**line["request"], "body": json.dumps(body)}}
    assert json.loads(at.say(sm3).body)["errorCode"] == "HASH_TYPE"
    assert at.say(line).status == 200


@pytest.mark.parametrize("fault", ASMX)
def test_asmx_codes(bench: Maker, fault: str) -> None:
    at = bench("asmx-parasxml", "M03")
    assert f"ErrorCode&gt;{ASMX[fault]}&lt;" in at.say(at.lines["push-ok"], (fault,)).body.decode()


def test_asmx_malformed_inside_and_a_lying_header(bench: Maker) -> None:
    at = bench("asmx-parasxml", "M03")
    body = at.say(at.lines["push-ok"], ("inner-xml-malformed",)).body.decode()
    assert "&lt;ReturnInfo&gt;" in body and "&lt;/ReturnInfo&gt;" not in body
    said = at.say(at.lines["push-ok"], ("gb2312-declared-utf8-sent",))
    assert "gb2312" in said.headers["Content-Type"] and "数据已存在" in said.body.decode("utf-8")


def session(at: Any, line: str, *moods: str) -> dict[str, Any]:
    return dict(json.loads(unquote_plus(at.say(at.lines[line], moods).body.decode())))


def test_legacy_session_faults(bench: Maker) -> None:
    at = bench("legacy-http", "X07")
    at.lines = {each["id"]: each for each in at.papers.golden() if each["file"] == "session-rcode.jsonl"}
    session(at, "login-ok")
    assert session(at, "save-ok", "busy")["r_code"] == "430"
    assert session(at, "save-ok", "internal-error")["r_code"] == "500"
    assert isinstance(session(at, "save-ok", "data-json-in-string")["data"], str)
    assert session(at, "save-ok", "session-expired-405")["r_code"] == "405"
    assert session(at, "save-ok")["r_code"] == "405", "the session is really gone"


def test_legacy_plus_signs_get_lost(bench: Maker) -> None:
    at = bench("legacy-http", "X07")
    at.lines = {each["id"]: each for each in at.papers.golden() if each["file"] == "session-rcode.jsonl"}
    line = at.lines["save-conflict"]
    assert "%2B" in line["request"]["body"]
    session(at, "login-ok")
    session(at, "save-conflict", "plus-sign-decoded-as-space")
    lossy = next(iter(at.desk.ledger)).fields["gg_mc"]
    at.desk.ledger.clear()
    session(at, "save-conflict")
    whole = next(iter(at.desk.ledger)).fields["gg_mc"]
    assert "+" in whole and lossy == whole.replace("+", " ")


def test_legacy_signature_faults(bench: Maker) -> None:
    at = bench("legacy-http", "S01")
    at.lines = {each["id"]: each for each in at.papers.golden() if each["file"] == "appkey-md5.jsonl"}
    line = at.lines["save-ok"]
    assert json.loads(at.say(line, ("md5-case",)).body)["errorCode"] == "E1001"
    empty = re.sub("data=[^&]*", "data=", line["request"]["body"])
    sent = {**line, "request": {**line["request"], "body": empty}}
    signed = _sign(at, sent)
    assert json.loads(at.say(signed).body)["errorCode"] == "E1005"
    assert json.loads(at.say(signed, ("empty-params-signed",)).body)["errorCode"] == "E1001"


def _sign(at: Any, line: dict[str, Any]) -> dict[str, Any]:
    from urllib.parse import parse_qsl

    from simulators.dialects.legacy_shells import signature

    body = line["request"]["body"]
    form = dict(parse_qsl(body, keep_blank_values=True))
    sign = signature(form, at.desk.credentials["app_secret"])
    return {**line, "request": {**line["request"], "body": re.sub("sign=[^&]*", f"sign={sign}", body)}}


def test_no_fault_of_the_table_is_without_a_test() -> None:
    from pathlib import Path

    texts = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert [name for name in faults() if f'"{name}"' not in texts] == []
