"""What every adapter owes, tested once and inherited; a dialect's own test adds what is peculiar.

The judge of translation is the papers' table (`Papers.expected_foreign`), never the adapter's.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.catalogue.papers import Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import (
    Answer,
    Call,
    Dialect,
    Incoming,
    Kind,
    Outcome,
    Outgoing,
    Session,
    WireReply,
    WireRequest,
)
from tests.adapters.records import fields_of, take
from tests.rows import each

AT = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
HUB_ID = "01998d2e-7a00-7000-8000-000000000001"
RECEIPT = {"hubId": HUB_ID, "receiptState": "accepted", "receivedTime": "2026-11-22T09:00:01+08:00"}
HTML = b"<!DOCTYPE html><html><head><title>x</title></head><body></body></html>"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/passwd">]><a>&c;&x;</a>'
)
# what every dialect says about HTTP as such; `Contract.wire` asks here first
COMMON: dict[str, WireReply] = {
    "HTTP 404": WireReply(404, {}, b"x"),
    "HTTP 413": WireReply(413, {}, b""),
    "HTTP 429": WireReply(429, {"retry-after": "7"}, b"slow"),
    "HTTP 500": WireReply(500, {}, b"Internal Server Error"),
    "HTTP 502/503/504": WireReply(503, {}, HTML),
    "HTML with 200": WireReply(200, {"content-type": "text/html"}, HTML),
    "broken body": WireReply(200, {"content-type": "application/json"}, b'{"sta'),
    "empty body": WireReply(200, {}, b""),
}


class Contract:
    """Set `name`, `dialect`, `credentials`; say how a request's record is read and an answer is made."""

    name: ClassVar[str] = ""
    dialect: ClassVar[Dialect]
    credentials: ClassVar[dict[str, str]] = {}
    variant: ClassVar[str] = ""
    system: ClassVar[str] = "D09"
    sender: ClassVar[str] = "T03"
    charset: ClassVar[str] = "utf-8"  # what it can hold
    nonce: ClassVar[str] = "000102030405060708090a0b0c0d0e0f"
    text: ClassVar[st.SearchStrategy[str]] = st.text(
        st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=60
    )

    # -- what a dialect tells about itself ------------------------------------------------------
    @classmethod
    def stages(cls) -> list[str]:
        papers = Papers.load(cls.name)
        return [s for s in papers.stages() if papers.rows(s, "out")]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        """The record in a request, read without the adapter: foreign name -> text, absent left out."""
        raise NotImplementedError

    def wire(self, row: Expectation) -> WireReply:
        """The answer that a row of expected.csv describes."""
        raise NotImplementedError

    def clear(self, request: WireRequest) -> WireRequest:
        """The request with its body deciphered, where a dialect enciphers it."""
        return request

    def inward_request(self, request: WireRequest) -> WireRequest:
        """Our own request turned into what a foreign system would send to us."""
        return request

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        """The hub's answer behind an inward row, and the Incoming if not the ordinary one."""
        raise NotImplementedError

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        """Is the reply what the row says?"""
        raise NotImplementedError

    def record_of(self, stage: str, seed: int, *, share: float = 1.0) -> dict[str, Any]:
        """A lawful record; a dialect whose columns have room for little makes its own."""
        fields = fields_of(self.papers, stage, "out", seed, share=share)
        return {
            name: self.writable(value) if isinstance(value, str) else value for name, value in fields.items()
        }

    # -- instruments ---------------------------------------------------------------------------
    @property
    def papers(self) -> Papers:
        return Papers.load(self.name)

    def call(self, **change: Any) -> Call:
        session = Session("S-1", AT.replace(year=2027))
        base = Call(self.system, self.variant, self.credentials, AT, self.nonce, "key-1", session)
        return replace(base, **change)

    def writable(self, text: str) -> str:
        return text.encode(self.charset, "ignore").decode(self.charset)

    def outgoing(self, stage: str, fields: dict[str, Any], **change: Any) -> Outgoing:
        message = next(row.message for row in self.papers.fields if row.stage == stage)
        base = Outgoing(message, stage, "insert", 1, fields, sender=self.sender, key="K-1", hub_id=HUB_ID)
        return replace(base, **change)

    def incoming(self, **change: Any) -> Incoming:
        """A call understood and proven, of the first stage carried."""
        stage = self.stages()[0]
        message = next(row.message for row in self.papers.fields if row.stage == stage)
        base = Incoming(message, stage, "insert", "k", 1, "k:1:insert", {}, authenticated=True)
        return replace(base, **change)

    # -- the contract --------------------------------------------------------------------------
    def test_a_record_arrives_as_the_papers_say(self, stage: str) -> None:
        for seed in range(3):
            fields = self.record_of(stage, seed, share=0.7 if seed else 1.0)
            request = self.dialect.encode(self.outgoing(stage, fields), self.call())
            expected = self.papers.expected_foreign(stage, fields, self.system)
            held = self.foreign(request)
            assert {name: held.get(name) for name in expected} == expected

    def test_the_row_key_is_that_of_the_papers_in_every_attempt(self, stage: str) -> None:
        fields = self.record_of(stage, 1)
        key = self.papers.row_key(self.sender, stage, "K-1")
        for version, nonce in ((1, self.nonce), (2, self.nonce[::-1])):
            outgoing = self.outgoing(stage, fields, version=version)
            made = self.dialect.encode(outgoing, self.call(nonce=nonce))
            assert key.encode() in self.clear(made).body

    def test_an_absent_and_an_empty_field_look_the_same(self, stage: str) -> None:
        fields = self.record_of(stage, 5, share=0.0)
        empty = {row.standard: "" for row in self.papers.rows(stage) if not row.standard.startswith("@")}
        bare = self.clear(self.dialect.encode(self.outgoing(stage, fields), self.call()))
        for nothing in ("", None):
            padded = {**dict.fromkeys(empty, nothing), **fields}
            made = self.dialect.encode(self.outgoing(stage, padded), self.call())
            assert self.clear(made) == bare

    def test_a_stage_without_place_is_refused(self) -> None:
        with pytest.raises(SenderError) as refused:
            self.dialect.encode(replace(self.outgoing(self.stages()[0], {}), stage="no-such"), self.call())
        assert refused.value.code == "mapping.no-place"

    def test_every_bad_value_is_named(self) -> None:
        stage, bad = self.with_bad_values()
        if not bad:
            pytest.skip("every form of this dialect takes any text")
        with pytest.raises(SenderError) as refused:
            self.dialect.encode(self.outgoing(stage, bad), self.call())
        assert {f.at.rpartition("/")[2] for f in refused.value.findings} == set(bad)

    def with_bad_values(self) -> tuple[str, dict[str, str]]:
        for stage in self.stages():
            rows = [r for r in self.papers.rows(stage) if not r.standard.startswith("@")]
            bad = {r.standard: "?" for r in rows if r.form.partition(":")[0] in ("int", "datetime", "code")}
            if len(bad) > 1:
                return stage, bad
        return self.stages()[0], {}

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        reply = COMMON.get(row.situation) or self.wire(row)
        fields = self.record_of(self.stages()[0], 1)
        outcome = self.dialect.decode(reply, self.outgoing(self.stages()[0], fields), self.call())
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)
        if row.kind == "retry" and reply.status == 429:
            assert outcome.data["retry_after"] == 7

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        answer, incoming = self.answer(inward_row)
        reply = self.dialect.reply(answer, incoming or self.incoming(), self.call())
        assert str(reply.status) == inward_row.wire_status
        self.inward_ok(inward_row, reply)

    def test_round_trip_keeps_every_field(self, stage: str) -> None:
        for seed in range(3):
            fields = self.record_of(stage, seed, share=0.6 if seed else 1.0)
            self.check_round_trip(stage, fields)

    def test_round_trip_of_standard_samples(self, stage: str) -> None:
        standard = pytest.importorskip("hub.standard")
        envelope = standard.load().sample(stage, 7)
        self.check_round_trip(stage, envelope["body"]["fields"])

    def test_round_trip_of_any_text(self) -> None:
        for stage in self.stages()[:2]:
            self.any_text(stage)

    def any_text(self, stage: str) -> None:
        rows = [r for r in self.papers.rows(stage) if r.form == "text" and not r.standard.startswith("@")][:4]

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(self.text, min_size=len(rows), max_size=len(rows)))
        def holds(values: list[str]) -> None:
            fields = self.record_of(stage, 3)
            fields.update(dict(zip((r.standard for r in rows), values, strict=True)))
            self.check_round_trip(stage, fields)

        holds()

    @each(
        "value",
        ["𠮷𡃁", "a]]>b", "行一\n行二\t尾", "0012", " 前后空格 ", "&amp;<b>", "+%2B=", "''\"\\", "￥１２３"],
    )
    def test_texts_that_trip_translators(self, value: str) -> None:
        stage = self.stages()[0]
        fields = self.record_of(stage, 2)
        for row in self.papers.rows(stage):
            if row.form == "text" and not row.standard.startswith("@"):
                fields[row.standard] = self.writable(value)
        self.check_round_trip(stage, fields)

    @each("value", ["12345678901234567890.12", "0.10", "0012.50", "99999999999999999999"])
    def test_decimals_keep_their_digits(self, value: str) -> None:
        for stage in self.stages():
            amounts = [r for r in self.papers.rows(stage) if r.form.startswith("amount")]
            if not amounts:
                continue
            fields = self.record_of(stage, 2)
            for row in amounts:
                fields[row.standard] = value
            request = self.dialect.encode(self.outgoing(stage, fields), self.call())
            expected = self.papers.expected_foreign(stage, fields, self.system)
            held = self.foreign(request)
            assert [held[row.foreign] for row in amounts] == [expected[row.foreign] for row in amounts]
            self.check_round_trip(stage, fields)

    def check_round_trip(self, stage: str, fields: dict[str, Any]) -> None:
        request = self.dialect.encode(self.outgoing(stage, fields), self.call())
        incoming = self.dialect.accept(self.inward_request(request), self.call(system=self.sender))
        assert incoming.authenticated, incoming
        assert (incoming.stage, incoming.op, incoming.version) == (stage, "insert", 1)
        assert not incoming.findings
        assert incoming.key == self.papers.row_key(self.sender, stage, "K-1")
        for row in self.papers.rows(stage):
            if row.standard.startswith("@"):
                continue
            sent, came = take(fields, row.standard), take(dict(incoming.fields), row.standard)
            kind, _, rest = row.form.partition(":")
            if kind == "amount" and ":" in rest and sent:
                factor = {"0": 1, "1": 10000}
                unit = rest.partition(":")[2]
                was = Decimal(sent) * factor.get(str(fields.get(unit)), 1)
                assert Decimal(came) * factor[incoming.fields[unit]] == was
            elif kind == "list" and sent:
                assert came == ";".join(part for part in sent.split(";") if part)
            else:
                assert came == (None if sent in (None, "") else sent), row.foreign
        assert not incoming.ext

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        if golden["file"] == "inward.jsonl":
            self.golden_inward(golden)
        else:
            self.golden_outward(golden)

    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        return self.call(credentials=golden["secrets"], now=datetime.fromisoformat(golden["at"]), **change)

    def golden_outward(self, golden: dict[str, Any]) -> None:
        call = self.golden_call(golden, variant=self.golden_variant(golden))
        request = wire_request(golden["request"])
        incoming = self.dialect.accept(self.inward_request(request), replace(call, system=self.sender))
        outgoing = self.golden_outgoing(golden, incoming)
        if outgoing is not None:
            made = self.dialect.encode(outgoing, call)
            ours = self.papers.row_key(self.sender, outgoing.stage, outgoing.key)
            body = made.body.decode().replace(ours, incoming.key)
            assert (made.method, made.path, body) == (request.method, request.path, request.body.decode())
            for name, value in golden["request"]["headers"].items():
                assert made.headers[name] == value
        outcome = self.dialect.decode(
            wire_reply(golden["reply"]), outgoing or self.outgoing(self.stages()[0], {}), call
        )
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def golden_variant(self, golden: dict[str, Any]) -> str:
        return self.variant

    def golden_outgoing(self, golden: dict[str, Any], incoming: Incoming) -> Outgoing | None:
        """What must have been said so that this request was sent; None when we do not send such."""
        if not incoming.stage or not incoming.authenticated:
            return None
        keys = ("N-1", "N-2", "S-1", "K-1")
        matching = (k for k in keys if self.papers.row_key(self.sender, incoming.stage, k) == incoming.key)
        return Outgoing(
            incoming.message,
            incoming.stage,
            incoming.op,
            incoming.version,
            incoming.fields,
            sender=self.sender,
            key=next(matching, "K-1"),
            hub_id=HUB_ID,
        )

    def golden_inward(self, golden: dict[str, Any]) -> None:
        system = golden["request"]["path"].split("/")[2]
        call = self.golden_call(golden, system=system, variant=self.golden_variant(golden))
        incoming = self.dialect.accept(wire_request(golden["request"]), call)
        reply = self.dialect.reply(self.golden_answer(golden, incoming), incoming, call)
        expected = golden["reply"]
        assert (reply.status, reply.body.decode()) == (expected["status"], expected["body"])
        for name, value in expected["headers"].items():
            assert reply.headers[name] == value

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        return {
            "delivered": Answer(202, "0000", data=RECEIPT),
            "duplicate": Answer(200, "0000", data=RECEIPT),
        }.get(golden["outcome"]["kind"], refused_by_hub(golden["outcome"]["code"], incoming))

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        stage = self.stages()[0]
        outgoing = self.outgoing(stage, self.record_of(stage, 1))
        request = self.dialect.encode(outgoing, self.call())
        inward = self.inward_request(request)
        good = [self.dialect.reply(Answer(202, "0000", data=RECEIPT), self.incoming(), self.call()).body]
        good += [wire_reply(line["reply"]).body for line in self.papers.golden()]
        for body in mutants([inward.body, *good], 500):
            reply = WireReply(random.Random(len(body)).choice((200, 500, 400)), {}, body)
            assert isinstance(self.dialect.decode(reply, outgoing, self.call()), Outcome)
            assert isinstance(self.dialect.session(reply, self.call()), Session | Outcome)
            assert isinstance(self.dialect.asked(reply, outgoing, self.call()), Outcome | bool | None)
            incoming = self.dialect.accept(replace(inward, body=body), self.call(system=self.sender))
            assert isinstance(self.dialect.reply(answer_to(incoming), incoming, self.call()), WireReply)

    def test_entities_stay_inert(self) -> None:
        reply = WireReply(200, {"content-type": "text/xml"}, BOMB)
        outcome = self.dialect.decode(reply, self.outgoing(self.stages()[0], {}), self.call())
        assert outcome.kind is not Kind.DELIVERED
        assert "root:" not in outcome.foreign + json.dumps(dict(outcome.data))
        inward = WireRequest("POST", self.inward_path(), {"Content-Type": "text/xml"}, BOMB)
        incoming = self.dialect.accept(inward, self.call(system=self.sender))
        assert not incoming.authenticated
        assert incoming.findings

    def inward_path(self) -> str:
        stage = self.stages()[0]
        fields = self.record_of(stage, 1)
        return self.inward_request(self.dialect.encode(self.outgoing(stage, fields), self.call())).path

    def test_the_published_samples_are_read(self) -> None:
        replies = [
            p
            for p in sorted((self.papers.root / "samples").iterdir())
            if ".reply." in p.name and "empty" not in p.name
        ]
        assert replies
        for path in replies:
            outcome = self.dialect.decode(
                WireReply(200, {}, path.read_bytes()), self.outgoing(self.stages()[0], {}), self.call()
            )
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            if path.name.startswith("error."):
                assert outcome.kind is not Kind.DELIVERED, path.name


def refused_by_hub(code: str, incoming: Incoming) -> Answer:
    """What the hub answers when it refuses for `code`."""
    status = {"idempotency.conflict": 409, "system.suspended": 403, "auth.failed": 401, "hub.busy": 503}
    finding = Finding(code, "/body/fields/NOTICE_NAME", "1-500 字", "")
    return Answer(status.get(code, 422), code, findings=(finding,))


def answer_to(incoming: Incoming) -> Answer:
    """A hub's answer to whatever was understood."""
    if not incoming.authenticated:
        return Answer(401, "auth.failed")
    if incoming.findings:
        return Answer(422, "message.refused", findings=incoming.findings)
    return Answer(202, "0000", data=RECEIPT)


def wire_request(line: dict[str, Any]) -> WireRequest:
    return WireRequest(line["method"], line["path"], line["headers"], octets(line))


def wire_reply(line: dict[str, Any]) -> WireReply:
    headers = {name.lower(): value for name, value in line["headers"].items()}
    return WireReply(line["status"], headers, octets(line))


def octets(line: dict[str, Any]) -> bytes:
    """The body of a transcript; what is not UTF-8 stands there as Base64."""
    return base64.b64decode(line["body_b64"]) if "body_b64" in line else line.get("body", "").encode()


def mutants(seeds: list[bytes], count: int) -> list[bytes]:
    """Cut, doubled, flipped, spliced and random bodies, the same in every run."""
    rng = random.Random(20261122)
    made: list[bytes] = [b"", b"\xff\xfe\x00", b"[" * 5000, b'{"a":' * 3000, b"<a>" * 5000, BOMB, HTML]
    while len(made) < count:
        body = bytearray(rng.choice(seeds))
        at = rng.randrange(len(body) + 1)
        match rng.randrange(6):
            case 0:
                del body[at:]
            case 1:
                body[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            case 2:
                for _ in range(rng.randrange(1, 6)):
                    if body:
                        body[rng.randrange(len(body))] = rng.randrange(256)
            case 3:
                body[at:at] = body[: rng.randrange(1, 200)]
            case 4:
                del body[at : at + rng.randrange(1, 40)]
            case _:
                body = bytearray(rng.randbytes(rng.randrange(300)))
        made.append(bytes(body))
    return made
