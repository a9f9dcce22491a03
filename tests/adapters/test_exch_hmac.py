"""exch-hmac: a fetched secret, a signature that leaves the body out, and no key: so ask first."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest

from adapters.exch_hmac import DIALECT, signing
from hub.catalogue.papers import ROOT, Expectation
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, Kind, Outcome, Session, WireReply, WireRequest
from tests.adapters.contract import AT, HTML, RECEIPT, Contract, wire_reply
from tests.adapters.records import fields_of
from tests.rows import each

SAMPLES = ROOT / "exch-hmac" / "samples"
SID, KEY = "gs-ggzy-hub-6200", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def said(code: object, data: Any = None) -> WireReply:
    body = json.dumps({"code": code, "message": "m", "data": data}).encode()
    return WireReply(200, {"content-type": "application/json"}, body)


class TestExchHmac(Contract):
    name = "exch-hmac"
    files = ("inward.jsonl", "outward.jsonl")
    dialect = DIALECT
    credentials: ClassVar = {"sid": SID, "app_key": KEY}
    variant = "rest-json"

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        return dict(json.loads(request.body))

    def wire(self, row: Expectation) -> WireReply:
        special = {
            "ok": said("0", {"LSH": "1"}),
            "slow": said("0"),
            "ok, code as number": said(0),
            "HTTP 502/504": WireReply(502, {"content-type": "text/html"}, HTML),
            "HTTP 503": WireReply(503, {}, b""),
            "answer too big": WireReply(200, {}, said("0").body + b" " * 1048576),
            "unlisted code": said("7777"),
        }
        if row.situation in special:
            return special[row.situation]
        assert row.wire.startswith("code "), row
        return said(row.wire.split(" ")[1])

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if row.situation.startswith("soap-cdata-package"):
            pytest.skip("of the other variant: test_exch_package")
        if row.situation.startswith("asked before resend"):
            self.check_asked(row)
            return
        super().test_answers_mean_what_the_papers_say(row)
        if "string or number" in row.wire:
            outcome = DIALECT.decode(said(int(row.wire.split(" ")[1])), self.record(), self.call())
            assert (outcome.kind.value, outcome.code) == (row.kind, row.code)

    def record(self, **change: Any) -> Any:
        return self.outgoing("contract-sign", fields_of(self.papers, "contract-sign", "out", 1), **change)

    def check_asked(self, row: Expectation) -> None:
        """The shell makes the outcome of it; True is `found`, False is `not there`."""
        pushed = json.loads(DIALECT.encode(self.record(), self.call()).body)
        older = {**pushed, "BBH": "7"}
        there = said("0", {"ZS": 2, "JLLB": [{"SJ": older}, {"SJ": pushed}]})
        absent = said(0, {"ZS": 1, "JLLB": [{"SJ": older}]})
        reply = there if row.situation.endswith(": found") else absent
        assert DIALECT.asked(reply, self.record(), self.call()) is (row.kind == "duplicate")

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        def auth(code: str) -> tuple[Answer, Incoming]:
            return Answer(401, "auth.failed"), self.incoming(authenticated=False, context={"auth": code})

        findings = (
            Finding("field.required", "/body/fields/NOTICE_NAME", "x", "y"),
            Finding("field.length", "/body/fields/NOTICE_CONTENT"),
        )
        return {
            "accepted": (Answer(202, "0000", data=RECEIPT), None),
            "duplicate (same digest)": (Answer(200, "0000", data=RECEIPT), None),
            "conflict": (Answer(409, "idempotency.conflict"), None),
            "sign mismatch, unknown sid, sid of another system": auth("1001"),
            "secret expired": auth("1002"),
            "rtime off by more than 300 s": auth("1003"),
            "not online": (Answer(403, "member.not-online"), None),
            "finding field.required / code.unknown / other": (
                Answer(422, "message.refused", findings=findings),
                self.incoming(stage="eng-result-notice"),
            ),
            "malformed body": (
                Answer(422, "x"),
                self.incoming(findings=(Finding("envelope.malformed"),)),
            ),
            "over limit": (Answer(413, "x"), None),
            "overload": (Answer(503, "hub.busy"), None),
            "internal error": (Answer(500, "hub.internal"), None),
        }[row.situation]

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        answer = json.loads(reply.body)
        assert answer["code"] == row.wire.split(" ")[1].strip('",')
        if row.kind in ("delivered", "duplicate"):
            assert answer["data"]["LSH"] == RECEIPT["hubId"]
        if row.situation.startswith("finding"):
            assert "GGBT:field.required" in answer["message"]
            assert "GGNR:field.length" in answer["message"]

    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        ends = datetime.fromtimestamp(1795311000, AT.tzinfo)
        call = super().golden_call(golden, **change)
        return replace(call, session=Session(golden["secrets"]["secret"], ends))

    def golden_outward(self, golden: dict[str, Any]) -> None:
        if golden["request"]["path"] != "/gateway/secret":
            super().golden_outward(golden)
            return
        call = replace(self.golden_call(golden), session=None)
        found = DIALECT.session(wire_reply(golden["reply"]), call)
        if golden["id"] == "secret":
            request = DIALECT.login(call)
            assert request is not None
            assert (request.path, dict(request.headers), request.body) == (
                golden["request"]["path"],
                golden["request"]["headers"],
                b"",
            )
            assert isinstance(found, Session)
            assert (found.value, signing.millis(found.expires)) == ("S3cr3t-2026-11-22-0001", "1795311000000")
        else:
            assert isinstance(found, Outcome)
            assert found.code == golden["outcome"]["code"]

    def test_credit_query_both_ways(self) -> None:
        fields = {
            "party": {"type": "1", "code": "916201022243338110", "name": "兰州恒筑建设有限公司"},
            "point": "award",
            "atTime": "2026-12-20T10:00:00+08:00",
            "purpose": "定标前核验",
        }
        outgoing = replace(self.record(), message="credit.query", stage="", fields=fields)
        request = DIALECT.encode(outgoing, self.call())
        assert request.body == (SAMPLES / "credit.query.request.json").read_bytes()
        assert DIALECT.ask(outgoing, self.call()) is None
        barred = DIALECT.decode(
            WireReply(200, {}, (SAMPLES / "credit.query.barred.reply.json").read_bytes()),
            outgoing,
            self.call(),
        )
        assert dict(barred.data) == {
            "creditCheckNo": "HY2026122000000002",
            "barred": True,
            "sourceSystem": "R01",
            "asOf": "2026-12-20T09:00:00+08:00",
            "commitments": [],
            "hits": [
                {
                    "VIOLATING_CODE": "WF-2026-0001",
                    "kind": "barred",
                    "confinedAction": "1",
                    "CONFINED_START": "2026-01-01T00:00:00+08:00",
                    "CONFINED_END": "2027-12-31T23:59:59+08:00",
                    "blocking": True,
                }
            ],
        }

    def test_section_never_leaves_with_a_credit_query(self) -> None:
        fields = {"party": {"type": "1", "code": "X", "name": "N"}, "section": {"BID_SECTION_CODE": "E1"}}
        outgoing = replace(self.record(), message="credit.query", stage="", fields=fields)
        assert b"E1" not in DIALECT.encode(outgoing, self.call()).body

    def test_a_session_is_renewed_in_its_last_minute(self) -> None:
        assert DIALECT.login(self.call(session=Session("s", AT + timedelta(seconds=61)))) is None
        assert DIALECT.login(self.call(session=Session("s", AT + timedelta(seconds=59)))) is not None
        assert DIALECT.login(self.call(session=None)) is not None

    @pytest.mark.parametrize("data", [None, {}, {"secret": "AAAA", "endTime": "1"}, {"secret": 1}, [1], "x"])
    def test_a_secret_that_is_none_is_told_so(self, data: Any) -> None:
        found = DIALECT.session(said("0", data), self.call())
        assert isinstance(found, Outcome)
        assert found.kind is Kind.UNKNOWN

    @pytest.mark.parametrize(
        "reply",
        [
            said("0"),
            said("0", {"ZS": 1}),
            said("0", {"ZS": 1, "JLLB": []}),
            said("3001"),
            WireReply(502, {}, b""),
            WireReply(200, {}, HTML),
        ],
    )
    def test_an_answer_that_tells_nothing_is_none(self, reply: WireReply) -> None:
        assert DIALECT.asked(reply, self.record(), self.call()) is None

    def test_nothing_listed_is_no(self) -> None:
        assert DIALECT.asked(said("0", {"ZS": 0, "JLLB": []}), self.record(), self.call()) is False

    def test_the_hub_as_provider_needs_no_memory(self) -> None:
        """Fetch, push under what was fetched, and the same secret is refused once it has run out."""
        bare = self.call(session=None)
        fetch = DIALECT.login(bare)
        assert fetch is not None
        incoming = DIALECT.accept(fetch, bare)
        session = DIALECT.session(DIALECT.reply(Answer(422, "message.refused"), incoming, bare), bare)
        assert isinstance(session, Session)
        assert timedelta(minutes=5) <= session.expires - AT <= timedelta(minutes=30)
        push = DIALECT.encode(self.record(), self.call(session=session))
        assert DIALECT.accept(push, bare).authenticated
        late = session.expires + timedelta(seconds=1)
        again = DIALECT.encode(self.record(), self.call(session=session, now=late))
        expired = DIALECT.accept(again, replace(bare, now=late))
        assert expired.context["auth"] == "1002"

    @each(
        ("header", "value", "code"),
        [
            ("sid", "other", "1001"),
            ("sid", "\udcff", "1001"),
            ("rid", "RID-HTQD-000009", "1001"),
            ("rid", "\udcff", "1001"),
            ("rtime", "0", "1003"),
            ("rtime", "²", "1003"),
            ("rtime", "9" * 40, "1003"),
            ("sign", "", "1001"),
            ("sign", "\udcff", "1001"),
        ],
    )
    def test_every_header_is_judged(self, header: str, value: str, code: str) -> None:
        request = DIALECT.encode(self.record(), self.call())
        incoming = DIALECT.accept(replace(request, headers={**request.headers, header: value}), self.call())
        assert (incoming.authenticated, incoming.context["auth"]) == (False, code)
        assert (
            json.loads(DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call()).body)["code"] == code
        )

    def test_rid_of_another_service(self) -> None:
        call = self.call(credentials={**self.credentials, "rid_htqd": "RID-OTHER"})
        incoming = DIALECT.accept(DIALECT.encode(self.record(), call), self.call())
        assert incoming.context["auth"] == "1005"
