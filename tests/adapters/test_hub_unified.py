"""hub-unified-v1: the message passes through unchanged, under the hub's own envelope and signature."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.hub_unified import DIALECT
from certs.algorithms.signature import SIGNATURES, family
from certs.testpki.issue import new_key
from hub.catalogue.papers import ROOT, Expectation
from hub.errors import SettingsError
from hub.message import Finding, Key, sign, verify
from hub.ports import Answer, Call, Incoming, Kind, Outcome, Outgoing, WireReply, WireRequest
from hub.standard import load
from tests.adapters.contract import AT, BOMB, COMMON, HUB_ID, RECEIPT, mutants, wire_reply

CREDENTIALS = {"key_id": "centre-p02-1", "secret": "p02-demo-secret-0123456789abcdef", "alg": "hmac-sha256"}
SAMPLES = ROOT / "hub-unified-v1" / "samples"
STAGES = ("eng-tender-notice", "eng-bid-opening", "eng-candidate-publicity", "eng-result-notice")


def call(**change: Any) -> Call:
    return replace(Call("P02", "", CREDENTIALS, AT, "n0000000000000001", "k"), **change)


def outgoing(stage: str = "eng-tender-notice", **change: Any) -> Outgoing:
    """What the core hands over: integers as text, the original envelope beside."""
    envelope = load().sample(stage, 11)
    body = envelope["body"]
    fields = {n: str(v) if isinstance(v, int) else v for n, v in body["fields"].items()}
    base = Outgoing(
        "notice.publish", stage, "insert", 1, fields, {}, (), envelope, sender="T03", key="N-1", hub_id=HUB_ID
    )
    return replace(base, **change)


def said(status: int, body: dict[str, Any]) -> WireReply:
    return WireReply(
        status, {"content-type": "application/json", "retry-after": "7"}, json.dumps(body).encode()
    )


class TestHubUnified:
    name = "hub-unified-v1"

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        ok = {"code": "0000", "receipt": {"receiptId": "P1", "receivedTime": "t"}}
        special = {
            "ok": said(202, ok),
            "slow": said(202, ok),
            "duplicate": said(200, ok),
            "bad signature, unknown key": said(401, {"code": "auth.key"}),
            "nonce reused": said(401, {"code": "auth.nonce"}),
            "time outside 300 s": said(401, {"code": "auth.time-window"}),
            "2xx with code other than 0000": said(200, {"code": "9999", "msg": "?"}),
            "internal error": WireReply(500, {}, b"oops"),
            "answer too big": WireReply(200, {}, b" " * 4194305),
            "HTTP 502/504": WireReply(502, {}, b"x"),
        }
        reply = special.get(row.situation) or COMMON.get(row.situation)
        if reply is None:
            assert row.wire.startswith("problem"), row
            reply = said(int(row.wire_status), {"code": "x.y", "findings": []})
        outcome = DIALECT.decode(reply, outgoing(), call())
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        request, said_ = golden["request"], outgoing()
        if request["method"] == "POST" and golden["id"] not in ("push-bad-sign", "push-clock"):
            envelope = json.loads(request["body"])
            head, body = envelope["head"], envelope["body"]
            said_ = outgoing(
                stage=head["stage"],
                message=head["msgType"],
                fields=body["fields"],
                envelope={"head": {"realm": "sandbox"}},
                key=body["key"],
            )
            made = DIALECT.encode(said_, call(now=datetime.fromisoformat(head["time"]), nonce=head["nonce"]))
            assert (made.path, made.body.decode(), dict(made.headers)) == (
                request["path"],
                request["body"],
                request["headers"],
            )
        outcome = DIALECT.decode(wire_reply(golden["reply"]), said_, call())
        assert (outcome.kind.value, outcome.code) == tuple(golden["outcome"].values())

    @pytest.mark.parametrize("stage", STAGES)
    def test_fields_leave_exactly_as_they_were_signed(self, stage: str) -> None:
        said_ = outgoing(stage)
        assert said_.envelope is not None
        body = json.loads(DIALECT.encode(said_, call()).body)["body"]
        assert body["fields"] == said_.envelope["body"]["fields"]
        assert body["ext"]["origin"] == {"from": "T03", "hubId": HUB_ID}

    def test_a_field_that_is_kept_back_does_not_leave(self) -> None:
        said_ = outgoing()
        kept = {name: value for name, value in said_.fields.items() if name != "TENDERER_NAME"}
        hidden = said_.fields["TENDERER_NAME"]
        raw = DIALECT.encode(replace(said_, fields=kept), call()).body.decode()
        assert "TENDERER_NAME" not in raw
        assert hidden not in json.loads(raw)["body"]["fields"].values()

    def test_msg_id_is_the_same_in_every_attempt(self) -> None:
        heads = [
            json.loads(
                DIALECT.encode(outgoing(), call(now=AT + timedelta(seconds=s), nonce=f"nonce-000{s}")).body
            )["head"]
            for s in (1, 2)
        ]
        assert heads[0]["msgId"] == heads[1]["msgId"] == "0fb13534fe1daf96876e29b6866080a7:1:insert"
        assert heads[0]["nonce"] != heads[1]["nonce"]

    # -- inward ---------------------------------------------------------------------------------
    def signed(self, **head: Any) -> bytes:
        envelope = load().sample("eng-tender-notice", 5)
        envelope["head"].update({"from": "T01", "time": "2026-11-22T09:00:00+08:00", **head})
        key = Key("centre-p02-1", "T01", "hmac-sha256", CREDENTIALS["secret"].encode())
        return json.dumps(sign(envelope, key), ensure_ascii=False).encode()

    def accept(self, body: bytes, **change: Any) -> Incoming:
        wire = WireRequest("POST", "/in/T01/uis/v1/messages", {}, body)
        return DIALECT.accept(wire, call(system="T01", **change))

    def test_a_native_message_passes_through(self) -> None:
        body = self.signed()
        incoming = self.accept(body)
        sent = json.loads(body)
        assert incoming.authenticated, incoming.findings
        assert (incoming.message_id, incoming.key) == (sent["head"]["msgId"], sent["body"]["key"])
        assert incoming.fields == sent["body"]["fields"]
        assert incoming.context["nonce"] == sent["head"]["nonce"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"now": AT + timedelta(seconds=301)}, "auth.time-window"),
            ({"credentials": {**CREDENTIALS, "secret": "other"}}, "auth.signature"),
            ({"credentials": {**CREDENTIALS, "key_id": "other"}}, "auth.key"),
            ({"credentials": {}}, "auth.key"),
            ({"system": "T02"}, "auth.key"),
        ],
    )
    def test_the_proof_is_judged(self, change: dict[str, Any], code: str) -> None:
        wire = WireRequest("POST", "/uis/v1/messages", {}, self.signed())
        incoming = DIALECT.accept(wire, replace(call(system="T01"), **change))
        assert not incoming.authenticated
        assert [finding.code for finding in incoming.findings] == [code]

    def test_one_changed_byte(self) -> None:
        incoming = self.accept(self.signed().replace(b'"version": 1', b'"version": 2'))
        assert [finding.code for finding in incoming.findings] == ["auth.signature"]

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        good = self.accept(self.signed())
        bad = replace(good, authenticated=False, findings=(Finding("auth.signature", "/head/sign"),))
        findings = (Finding("field.required", "/body/fields/A"), Finding("code.unknown", "/body/fields/B"))
        answer, incoming = {
            "accepted": (Answer(202, "0000", data=RECEIPT), good),
            "duplicate": (Answer(200, "0000", data=RECEIPT), good),
            "conflict": (Answer(409, "idempotency.conflict"), good),
            "findings": (Answer(422, "message.findings", findings=findings), good),
            "not online": (Answer(403, "member.not-online"), good),
            "signature": (Answer(401, "auth.signature"), bad),
            "overload": (Answer(429, "hub.busy", retry_after=3), good),
        }[inward_row.situation]
        reply = DIALECT.reply(answer, incoming, call())
        body = json.loads(reply.body)
        assert str(reply.status) == inward_row.wire_status
        if inward_row.kind in ("delivered", "duplicate"):
            assert (body["code"], body["hubId"], body["receipt"]) == ("0000", HUB_ID, RECEIPT)
        else:
            assert reply.headers["Content-Type"].startswith("application/problem+json")
        if inward_row.situation == "findings":
            assert [finding["code"] for finding in body["findings"]] == ["field.required", "code.unknown"]
        if inward_row.situation == "overload":
            assert reply.headers["Retry-After"] == "3"

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        good = self.signed()
        for body in mutants([good, *(p.read_bytes() for p in SAMPLES.iterdir())], 500):
            incoming = self.accept(body)
            assert isinstance(DIALECT.reply(Answer(401, "auth.failed"), incoming, call()), WireReply)
            assert isinstance(DIALECT.decode(WireReply(200, {}, body), outgoing(), call()), Outcome)
        assert DIALECT.decode(WireReply(200, {}, BOMB), outgoing(), call()).kind is Kind.UNKNOWN

    @pytest.mark.parametrize(
        "body", [b"\xb0\xa1", b"{", b'{"head":1}', b'{"a":1.5}', b'{"a":1,"a":2}', b"[]"]
    )
    def test_what_is_no_message_is_told_so(self, body: bytes) -> None:
        reply = DIALECT.reply(Answer(401, "auth.failed"), self.accept(body), call())
        problem = json.loads(reply.body)
        assert (reply.status, problem["code"]) == (400, "message.malformed")
        assert problem["findings"]


@pytest.mark.parametrize("alg", list(SIGNATURES))
def test_key_pairs_both_ways(alg: str) -> None:
    """The hub signs what it delivers, and believes what the peer signed with its own."""
    hubs, peers = new_key(alg), new_key(alg)
    agreed = {
        "key_id": "centre-p02-2", "alg": alg, "private": b64encode(hubs).decode(), "peer_key_id": "P02-1",
        "public": b64encode(family(alg).public_of(peers)).decode(),
    }  # fmt: skip
    asked = call(credentials=agreed)
    sent = json.loads(DIALECT.encode(outgoing(), asked).body)
    known = Key("centre-p02-2", "centre", alg, public=family(alg).public_of(hubs))
    assert verify(sent, lambda key_id: known if key_id == known.key_id else None) == []
    envelope = load().sample("eng-tender-notice", 3)
    envelope["head"] |= {"from": "P02", "time": AT.isoformat(timespec="seconds")}

    def heard(key: Key) -> Incoming:
        raw = json.dumps(sign(envelope, key)).encode()
        return DIALECT.accept(WireRequest("POST", "/uis/v1/messages", {}, raw), asked)

    assert heard(Key("P02-1", "P02", alg, private=peers)).authenticated
    for private, key_id in ((hubs, "P02-1"), (peers, "centre-p02-2")):
        assert not heard(Key(key_id, "P02", alg, private=private)).authenticated
    with pytest.raises(SettingsError, match=r"credentials\.private"):
        DIALECT.encode(outgoing(), call(credentials={**agreed, "private": "AAAA"}))
