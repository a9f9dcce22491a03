"""政务网关 against its papers: three levels, both forms of signature, tickets, item keys, golden lines."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from hub.catalogue.papers import ROOT
from hub.standard import load
from simulators.dialects.gateway_cipher import USER_ID, Hand, Sealing, compact, holds, holds_in_some_way
from simulators.dialects.gateway_gm import gateway_signature
from simulators.senders import sender
from simulators.senders.gateway_voice import question_number
from simulators.systems.books import open_books
from simulators.trading.voice import Saying

Maker = Callable[..., Any]


class Counter:
    """A system of the dialect; requests sealed and signed anew, answers opened and proved."""

    def __init__(self, bench: Maker, ident: str = "P07", **own: Any) -> None:
        self.at = bench("gateway-gm", ident, own=own)
        self.at.lines = {
            line["id"]: line for line in self.at.papers.golden() if line["file"] == "outward.jsonl"
        }
        secret = self.at.desk.credentials
        self.secret = secret
        self.sealing = Sealing(secret["app_id"], secret["app_secret"])
        der = ident == "D11"
        self.hand = Hand(secret["app_id"] if der else USER_ID, "der" if der else "raw")
        self.serial = 0

    def opened(self, body: dict[str, Any]) -> dict[str, Any]:
        plain = self.sealing.open(body["data"]["encData"])
        assert plain is not None
        return dict(json.loads(plain))

    def request(self, ident: str, *, late: Any = 0, **changes: Any) -> dict[str, Any]:
        """The golden request with members of its payload changed; None drops one."""
        line = self.at.lines[ident]["request"]
        body = json.loads(line["body"])
        payload = {n: v for n, v in {**self.opened(body), **changes}.items() if v is not None}
        asked = question_number(line["path"].rpartition("/")[2], payload)
        body["msgid"] = payload.get("msgid", asked)
        return self.signed(line, body, payload, late=late)

    def signed(
        self, line: dict[str, Any], body: dict[str, Any], payload: Any, *, late: int = 0
    ) -> dict[str, Any]:
        body = {**body, "data": {"encData": self.sealing.seal(compact(payload))}}
        body["signData"] = self.hand.sign(self.sealing.text(body, payload), self.secret["sign_key"])
        return {**line, "headers": self.fresh(line["headers"], late), "body": compact(body)}

    def fresh(self, headers: dict[str, str], late: int = 0) -> dict[str, str]:
        self.serial += 1
        stamp, nonce = str(1795309200 + late), f"n{self.serial}"
        sign = gateway_signature(stamp, self.secret["paas_token"], nonce)
        return {**headers, "x-tif-timestamp": stamp, "x-tif-nonce": nonce, "x-tif-signature": sign}

    def raw(self, request: dict[str, Any], *moods: str, late: float = 0.0) -> Any:
        return self.at.say({**self.at.lines["push-gp-project"], "request": request}, moods, late)

    def tell(self, ident: str, *moods: str, late: Any = 0, **changes: Any) -> dict[str, Any]:
        """The opened answer (business) or what was told outside."""
        return self.heard(self.raw(self.request(ident, late=late, **changes), *moods, late=late))

    def heard(self, reply: Any) -> dict[str, Any]:
        told = json.loads(reply.body)
        if str(told.get("code")) != "0":
            return dict(told)
        payload = self.opened(told)
        assert holds_in_some_way(self.sealing, told, payload, self.secret["peer_pub"], self.hand.user_id)
        return payload


def golden_pushes(at: Any) -> list[str]:
    return [ident for ident in at.lines if ident.startswith("push-") and ident != "push-delete"]


def test_golden_requests_are_taken_and_answered_in_golden_words(bench: Maker) -> None:
    for ident in golden_pushes(Counter(bench).at):
        who = "D11" if ident.endswith("-D11") else "P07"
        counter = Counter(bench, who)
        line = counter.at.lines[ident]
        reply = counter.at.say(line, late=1.0)
        told, wanted = json.loads(reply.body), json.loads(line["reply"]["body"])
        assert counter.opened(told) == counter.opened(wanted)
        assert [*told] == [*wanted] and told["code"] == wanted["code"]
        text = counter.sealing.text(told, counter.opened(told))
        assert holds(text, told["signData"], counter.secret["peer_pub"], counter.hand.user_id)
        assert (len(base64.b64decode(told["signData"])) == 64) == (who == "P07")
        assert counter.at.desk.ledger.effects == 1


def test_golden_repetition_read_back_and_delete(bench: Maker) -> None:
    counter = Counter(bench)
    lines = counter.at.lines

    def golden(ident: str) -> dict[str, Any]:
        line = lines[ident]["request"]
        request = {**line, "headers": counter.fresh(line["headers"])}
        return counter.heard(counter.raw(request, late=1.0))

    for ident in ("query-none", "push-gp-project", "business-0001", "query", "push-delete", "query-none"):
        assert golden(ident) == counter.opened(json.loads(lines[ident]["reply"]["body"])), ident


@pytest.mark.parametrize(
    ("ident", "mood"),
    [
        ("gateway-40103", "skew"),
        ("gateway-40104", "nonce-reuse"),
        ("gateway-40305", "x-forwarded-for-needed"),
        ("gateway-42900", "throttled"),
        ("gateway-50200", "backend-unreachable"),
        ("protocol-1999", "protocol-internal-error"),
        ("business-9001", "three-level-status"),
        ("business-9001", "internal-error"),
        ("business-3001", "busy"),
        ("business-2013", "parent-unknown"),
    ],
)
def test_faults_say_the_golden_words(bench: Maker, ident: str, mood: str) -> None:
    counter = Counter(bench)
    line = counter.at.lines[ident]
    reply, wanted = counter.at.say(line, (mood,)), line["reply"]
    assert reply.status == wanted["status"]
    if ident.startswith("business"):
        told = json.loads(reply.body)
        assert counter.opened(told) == counter.opened(json.loads(wanted["body"]))
    else:
        assert reply.body.decode() == wanted["body"]
    assert counter.at.desk.ledger.effects == 0


@pytest.mark.parametrize("who", ["P07", "D11"])
def test_faults_of_the_answers_signature(bench: Maker, who: str) -> None:
    """Each fault is seen in exactly the way that its row says."""
    ways = {"sm2-userid-differs": (False, True), "empties-signed": (True, False), "": (False, False)}
    for mood, (empties, other) in ways.items():
        counter = Counter(bench, who)
        told = json.loads(counter.raw(counter.request("push-gp-project"), *filter(None, [mood])).body)
        payload = counter.opened(told)
        user = counter.sealing.other(counter.hand.user_id) if other else counter.hand.user_id
        for kept in (False, True):
            text = counter.sealing.text(told, payload, empties=kept)
            good = holds(text, told["signData"], counter.secret["peer_pub"], user)
            assert good == (kept == empties or "remark" not in payload["result"]), mood
    counter = Counter(bench, who)
    told = json.loads(counter.raw(counter.request("push-gp-project"), "raw-vs-der-signature").body)
    assert (len(base64.b64decode(told["signData"])) == 64) == (who == "D11")
    spoiled = json.loads(counter.raw(counter.request("push-gp-notice"), "answer-signature-bad").body)
    assert not holds_in_some_way(
        counter.sealing, spoiled, counter.opened(spoiled), counter.secret["peer_pub"], counter.hand.user_id
    )
    assert counter.at.desk.ledger.effects == 2
    spelt = json.loads(counter.raw(counter.request("push-gp-contract"), "number-as-string").body)
    assert spelt["code"] == "0"


def test_the_gate_in_its_order(bench: Maker) -> None:
    counter = Counter(bench)
    good = counter.request("push-gp-project")

    def gate(**headers: str) -> str:
        request = {
            **good,
            "headers": {
                **counter.fresh(good["headers"]),
                **{k.replace("_", "-"): v for k, v in headers.items()},
            },
        }
        return str(json.loads(counter.raw(request).body).get("errcode", ""))

    assert gate(x_tif_paasid="x", X_Forwarded_For="") == "40101"
    assert gate(X_Forwarded_For="", x_tif_timestamp="1") == "40305"
    assert gate(X_Forwarded_For="10.0.0.9") == "40305"
    assert gate(x_tif_timestamp="1795308899", x_tif_signature="0") == "40103"
    assert gate(x_tif_timestamp="soon") == "40103"
    assert gate(x_tif_signature="0" * 64) == "40102"
    assert gate(x_tif_signature=gateway_signature("1795309200", counter.secret["paas_token"], "")) == "40102"
    assert gate() == ""
    request = {**good, "headers": counter.fresh(good["headers"])}
    assert [json.loads(counter.raw(request).body).get("errcode", "") for _ in range(2)] == ["", "40104"]
    lower = {**good, "headers": counter.fresh(good["headers"])}
    lower["headers"]["x-tif-signature"] = lower["headers"]["x-tif-signature"].lower()
    assert "errcode" not in json.loads(counter.raw(lower).body)
    nowhere = counter.raw({**good, "path": "/ebus/ggzy/taxqury", "headers": {}})
    assert (nowhere.status, json.loads(nowhere.body)["errcode"]) == (404, "40400")


def test_the_protocol_in_its_order(bench: Maker) -> None:
    counter = Counter(bench)
    line = counter.at.lines["push-gp-project"]["request"]
    body = json.loads(line["body"])
    payload = counter.opened(body)

    def told(changed: dict[str, Any] | str, inside: Any = payload) -> Any:
        request = counter.signed(line, body | changed, inside) if isinstance(changed, dict) else {
            **line, "headers": counter.fresh(line["headers"]), "body": changed
        }  # fmt: skip
        return json.loads(counter.raw(request).body)["code"]

    assert told(" " * 2_097_153) == 1006
    assert [told(text) for text in ("{", "[]", '{"appId":1.5}', '{"a":1,"a":1}', "{}")] == [1005] * 5
    assert told({"version": "2", "appId": "x"}) == 1004
    assert told({"appId": "x", "timestamp": "20261122000000"}) == 1003
    assert [told({"timestamp": text}) for text in ("20261122084959", "now")] == [1007, 1007]
    assert told({"msgid": "0" * 32}) == 1005
    broken = {**body, "data": {"encData": body["data"]["encData"][:-2]}}
    assert told(compact(broken)) == 1002
    unsigned = {**json.loads(counter.request("push-gp-project")["body"]), "signData": ""}
    assert told(compact(unsigned)) == 1001
    assert counter.at.desk.ledger.effects == 0


def test_a_strict_receiver_takes_its_own_way_of_signing_only(bench: Maker) -> None:
    for who, other, form in (("P07", "APP6200GGZYHUB0001", "raw"), ("D11", USER_ID, "der")):
        counter = Counter(bench, who)
        line = counter.at.lines["push-gp-project"]["request"]
        body = json.loads(line["body"])
        payload = {**counter.opened(body), "relate_code": ""}
        turned = "raw" if form == "der" else "der"
        counter.hand = Hand(counter.hand.user_id, turned)
        assert json.loads(counter.raw(counter.signed(line, body, payload)).body)["code"] == 0, "either form"
        counter.hand = Hand(other, form)
        assert json.loads(counter.raw(counter.signed(line, body, payload)).body)["code"] == 1001
        counter = Counter(bench, who)
        request = counter.signed(line, body, payload)
        kept = json.loads(request["body"])
        text = counter.sealing.text(kept, payload, empties=True)
        kept["signData"] = counter.hand.sign(text, counter.secret["sign_key"])
        assert json.loads(counter.raw({**request, "body": compact(kept)}).body)["code"] == 1001


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"purc_prj_name": ""}, ("2001", "purc_prj_name")),
        ({"program_budget": "many"}, ("2002", "program_budget")),
        ({"data_ver": "1"}, ("2002", "data_ver")),
        ({"is_project": "3", "program_budget": "many"}, ("2002", "program_budget")),
        ({"is_project": "3"}, ("2003", "is_project")),
        ({"oper_type": "2"}, ("2012", "")),
    ],
)
def test_a_badly_filled_record(bench: Maker, change: dict[str, Any], wanted: tuple[str, str]) -> None:
    counter = Counter(bench)
    told = counter.tell("push-gp-project", **change)
    assert (told["bizCode"], told["result"]["field"]) == wanted
    assert counter.at.desk.ledger.effects == 0


def test_versions(bench: Maker) -> None:
    counter = Counter(bench)
    steps: list[tuple[dict[str, Any], str]] = [
        ({"data_ver": 2}, "0000"),
        ({"data_ver": 2, "send_time": "20261122100000", "hub_no": "x"}, "0001"),
        ({"data_ver": 2, "purc_prj_name": "别的"}, "2010"),
        ({}, "2011"),
        ({"data_ver": 3, "oper_type": "2", "purc_prj_name": "别的"}, "0000"),
        ({"data_ver": 4, "oper_type": "3"}, "0000"),
        ({"data_ver": 4}, "2011"),
    ]
    assert [counter.tell("push-gp-project", **c)["bizCode"] for c, _ in steps] == [code for _, code in steps]


def test_quirk_p07_medical_item_key(bench: Maker) -> None:
    other = {"msgid": "a" * 32}
    counter = Counter(bench)
    counter.tell("push-gp-project")
    told = counter.tell("push-gp-project", **other)
    assert (told["bizCode"], told["result"]["field"]) == ("2010", "med_list_codg")
    assert counter.tell("push-gp-project", **other, med_list_codg="XH1")["bizCode"] == "0000"
    for free in (Counter(bench, "P07", item_key=""), Counter(bench, "D11")):
        free.tell("push-gp-project")
        assert free.tell("push-gp-project", **other)["bizCode"] == "0000"


def test_quirk_d11_three_levels(bench: Maker) -> None:
    """A refusal of the business stands inside a success of the protocol; without the quirk it would not."""
    change = {"purc_prj_name": ""}
    counter = Counter(bench, "D11")
    reply = json.loads(counter.raw(counter.request("push-gp-project", **change)).body)
    assert reply["code"] == 0 and counter.opened(reply)["bizCode"] == "2001"
    flat = Counter(bench, "D11", three_levels=False)
    assert json.loads(flat.raw(flat.request("push-gp-project", **change)).body)["code"] == 2001


def tax(bench: Maker, **own: Any) -> Counter:
    counter = Counter(bench, "D16", **own)
    open_books(counter.at.desk, 1)
    return counter


def test_quirk_d16_ticket_then_fetch(bench: Maker) -> None:
    counter = tax(bench)
    first = counter.tell("tax-ticket")
    wanted = counter.opened(json.loads(counter.at.lines["tax-ticket"]["reply"]["body"]))
    assert first == wanted
    again = counter.tell("tax-fetch")
    assert again["bizCode"] == "0000" and again["result"]["in_order"] == "1"
    assert counter.tell("tax-fetch", late=299) == again
    assert counter.tell("tax-fetch", late=0, months=["2026-08"])["bizCode"] == "0002", "another question"
    slow = tax(bench, wait_sec=30)
    assert [slow.tell("tax-ticket", late=late)["bizCode"] for late in (0, 29, 30)] == ["0002", "0002", "0000"]
    gone = tax(bench, answer_kept_s=100)
    assert [gone.tell("tax-ticket", late=late)["bizCode"] for late in (0, 99, 101)] == [
        "0002",
        "0000",
        "0002",
    ]
    at_once = tax(bench, asynchronous=False)
    assert at_once.tell("tax-ticket")["bizCode"] == "0000"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"taxer_code": "916201022243338111"}, "4001"),
        ({"months": ["2027-01"]}, "4002"),
        ({"consent_no": "none"}, "4003"),
        ({"purpose": " "}, "4004"),
        ({"qury_kind": "09"}, "2003"),
        ({"months": "2026-10"}, "2002"),
    ],
)
def test_the_tax_service_refuses(bench: Maker, change: dict[str, Any], code: str) -> None:
    assert tax(bench).tell("tax-ticket", **change)["bizCode"] == code


def test_batches(bench: Maker) -> None:
    counter = Counter(bench, "D11")
    open_books(counter.at.desk, 1)
    first = counter.tell("supervise.data")
    assert first["bizCode"] == "0000" and first["result"]["acp_cnt"] == 1
    assert counter.tell("supervise.data") == {
        "bizCode": "0001",
        "bizMsg": "数据已接收",
        "result": first["result"],
    }
    other = Counter(bench, "D11")
    open_books(other.at.desk, 1)
    assert other.tell("supervise.data", rec_cnt=0)["bizCode"] == "4005"
    assert other.tell("supervise.data", batch_dgst="0" * 64)["bizCode"] == "4006"


# -- what P07 and D11 say to the hub ---------------------------------------------------------------


@pytest.mark.parametrize("who", ["P07", "D11"])
def test_the_voice_says_what_the_golden_requests_say(bench: Maker, who: str) -> None:
    counter = Counter(bench, who)
    records = json.loads((ROOT / "records.json").read_text("utf-8"))
    golden = [
        line
        for line in counter.at.papers.golden()
        if line["id"].startswith("in-push-") and line["id"].endswith(who)
    ]
    assert golden
    for line in golden:
        wanted = json.loads(line["request"]["body"])
        stage = counter.at.side._stages[line["request"]["path"].rpartition("/")[2]]
        voice = sender(counter.at.desk, load())
        at = datetime.fromisoformat(line["at"])
        saying = Saying("", wanted["msgid"], stage, records[stage]["fields"], False, at)
        wire = voice.write(saying, at)
        body = json.loads(wire.body)
        assert wire.path == line["request"]["path"]
        assert counter.opened(body) == counter.opened(wanted)
        assert body["data"] == wanted["data"], "the very octets"
        text = counter.sealing.text(body, counter.opened(body))
        assert holds(text, body["signData"], counter.secret["peer_pub"], counter.hand.user_id)
        heard = voice.read(saying, line["reply"]["status"], line["reply"]["body"].encode())
        assert heard.ok and heard.hub_id == "01998d2e-7a00-7000-8000-000000000001"


def test_the_voice_hears_each_level(bench: Maker) -> None:
    counter = Counter(bench, "P07")
    voice = sender(counter.at.desk, load())
    saying = Saying("", "0" * 32, "gp-project", {})
    wanted = {
        "in-duplicate": (True, True, "0000"),
        "in-conflict": (True, False, "2010"),
        "in-required": (True, False, "2001"),
        "in-gateway-sign": (True, False, "40102"),
        "in-skew": (False, False, "40103"),
        "in-sign": (True, False, "1001"),
    }
    for line in counter.at.papers.golden():
        if line["id"] in wanted:
            heard = voice.read(saying, line["reply"]["status"], line["reply"]["body"].encode())
            assert (heard.done, heard.ok, heard.code) == wanted[line["id"]], line["id"]
    unproved = json.loads(counter.at.lines["answer-bad-signature"]["reply"]["body"])
    assert voice.read(saying, 200, compact(unproved).encode()).code == "answer-unproved"


def test_questions_have_the_golden_numbers(bench: Maker) -> None:
    counter = Counter(bench, "D16")
    for ident, operation in (("tax-ticket", "taxqury"), ("supervise.data", "supndata")):
        body = json.loads(counter.at.lines[ident]["request"]["body"])
        assert question_number(operation, counter.opened(body)) == body["msgid"]
