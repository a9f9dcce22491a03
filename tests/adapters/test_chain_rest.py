"""chain-rest: outward only, so its own small set of the contract's promises."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from adapters.chain_rest import DIALECT
from hub.catalogue.papers import Expectation, Papers
from hub.errors import SenderError
from hub.ports import Answer, Call, Kind, Outcome, Outgoing, WireReply, WireRequest
from tests.adapters.contract import AT, BOMB, COMMON, mutants, wire_reply

PUT = {
    "businessId": "e5a306dc90cdff07d2e1ded4a76ed863495dad76d5807f2bcc43268a4aa81fd0",
    "digest": "7b49a736726645e0b88fca73254af1e1849636d7d220bea1671647976850324c",
    "digestAlgorithm": "02",
    "stage": "evidence-head",
    "digestTime": "2026-11-22T09:00:00+08:00",
}
OK = {"evidenceId": "EV1", "evidenceTime": "2026-11-22 09:00:01", "txHash": "0x1", "height": 7}


def put(**change: Any) -> Outgoing:
    return Outgoing("chain.put", "", "insert", 1, {**PUT, **change})


def call() -> Call:
    return Call("B01", "", {"app_id": "hub-6200"}, AT, "n", "k")


def said(body: dict[str, Any], status: int = 200) -> WireReply:
    return WireReply(
        status, {"content-type": "application/json", "retry-after": "3"}, json.dumps(body).encode()
    )


class TestChainRest:
    name = "chain-rest"

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        special = {
            "ok, confirmed": said({**OK, "repeat": False, "state": "CONFIRMED"}),
            "ok, pending": said({**OK, "txHash": "", "height": None, "state": "PENDING"}),
            "duplicate": said({**OK, "repeat": True}),
            "height smaller than an earlier one": said({**OK, "height": 1}),
            "hashType left out": said(OK),
            "slow": said(OK),
            "answer too big": WireReply(200, {}, said(OK).body + b" " * 65536),
            "other HTTP status without errorCode": WireReply(500, {}, b"oops"),
            "unlisted errorCode": said({"errorCode": "WAT"}, 418),
        }
        reply = COMMON.get(row.situation) or special.get(row.situation)
        if reply is None:
            assert row.wire.startswith("errorCode "), row
            reply = said({"errorCode": row.wire.removeprefix("errorCode ")}, int(row.wire_status))
        outcome = DIALECT.decode(reply, put(), call())
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)
        if outcome.code == "chain.throttled":
            assert outcome.data["retry_after"] == 3

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        request = golden["request"]
        asked = put()
        body = json.loads(request["body"])
        operation = request["path"].rpartition("/")[2]
        if operation != "query" and golden["id"] not in ("put-no-app", "put-bad-hash"):
            if operation == "verify":
                fields = {
                    "evidence": {"evidenceId": body["evidenceId"]},
                    "digest": body["hash"],
                    "digestAlgorithm": "02",
                }
                asked = Outgoing("chain.verify", "", "query", 1, fields)
            else:
                asked = put(digest=body["hash"])
            made = DIALECT.encode(asked, call())
            assert (made.method, made.path, made.body.decode()) == (
                request["method"],
                request["path"],
                request["body"],
            )
            assert dict(made.headers) == request["headers"]
        outcome = DIALECT.decode(wire_reply(golden["reply"]), asked, call())
        assert (outcome.kind.value, outcome.code) == tuple(golden["outcome"].values())

    def test_the_answer_is_told_in_unified_names(self) -> None:
        outcome = DIALECT.decode(said({**OK, "state": "CONFIRMED"}), put(), call())
        assert outcome.data == {
            "evidence": {"evidenceId": "EV1", "txHash": "0x1", "height": "7"},
            "evidenceTime": "2026-11-22T09:00:01+08:00",
            "state": "confirmed",
        }
        asked = Outgoing("chain.verify", "", "query", 1, {})
        verified = DIALECT.decode(said({**OK, "result": False, "state": "CONFIRMED"}), asked, call())
        assert verified.data["match"] is False

    def test_a_tree_head_says_nothing_else(self) -> None:
        body = json.loads(DIALECT.encode(put(linkNo=None), call()).body)
        assert set(body) == {"businessId", "hash", "hashType", "info", "submitTime"}

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("digest", "ABCD", "mapping.value"),
            ("digest", PUT["digest"].upper(), "mapping.value"),
            ("digestAlgorithm", "", "mapping.required"),
            ("digestAlgorithm", "99", "hub.code-unmapped"),
            ("businessId", "a b", "mapping.value"),
            ("stage", "x" * 257, "mapping.value"),
        ],
    )
    def test_what_the_chain_would_keep_for_ever_is_checked(self, field: str, value: str, code: str) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(put(**{field: value}), call())
        assert refused.value.code == code

    def test_no_other_message_has_a_place(self) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(replace(put(), message="notice.publish"), call())
        assert refused.value.code == "mapping.no-place"

    def test_the_chain_does_not_call_in(self, inward_row: Expectation) -> None:
        incoming = DIALECT.accept(WireRequest("POST", "/in/B01/x", {}, BOMB), call())
        assert str(DIALECT.reply(Answer(404, "x"), incoming, call()).status) == inward_row.wire_status

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        seeds = [wire_reply(line["reply"]).body for line in Papers.load(self.name).golden()]
        rng = random.Random(1)
        for body in mutants(seeds, 500):
            reply = WireReply(rng.choice((200, 400, 404, 500)), {}, body)
            assert isinstance(DIALECT.decode(reply, put(), call()), Outcome)
        assert DIALECT.decode(WireReply(200, {}, BOMB), put(), call()).kind is Kind.UNKNOWN
