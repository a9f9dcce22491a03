"""What the contract asks of dialects whose systems are met in tables and folders: a carrier played by a test.

Nobody calls, so what a request brings in other dialects a look brings here; and the answer to a caller is
what `settle` writes back.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, ClassVar

from hub.catalogue.papers import FieldRow, Papers
from hub.ports import Answer, Incoming, Polls, WireReply, WireRequest
from tests.adapters.contract import AT, BOMB, HTML, Contract, mutants
from tests.adapters.records import put, value_of

Played = Callable[[WireRequest], WireReply]


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def ok(value: Any) -> WireReply:
    return WireReply(200, {}, compact(value).encode("utf-8", "surrogatepass"))


def body_of(request: WireRequest) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(request.body)
    return value


class Told:
    """A carrier that notes what it is asked and answers by `play`."""

    def __init__(self, play: Played) -> None:
        self.play, self.asked = play, list[WireRequest]()

    async def __call__(self, request: WireRequest) -> WireReply:
        self.asked.append(request)
        return self.play(request)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body_of(one) for one in self.asked]


def service_fields(papers: Papers, service: str, way: str, seed: int, share: float = 1.0) -> dict[str, Any]:
    """A question, an answer or a notification; `X[].y` are objects of a list, `X[]` and `list:` its texts."""
    rng = random.Random(seed)
    fields: dict[str, Any] = {}
    for row in papers.rows(service, way):
        if rng.random() > share and not row.required:
            continue
        name, listed, leaf = row.standard.partition("[]")
        texts = row.form.startswith("list") or (listed and not leaf)
        value = [f"甲{n}" for n in range(2)] if texts else value_of(row, papers, rng)
        if isinstance(value, str):
            value = value.replace("𠮷", "")[:8] if row.form == "text" else value
        if leaf.startswith("."):
            items = fields.setdefault(name, [{}, {}])
            for item in items:
                item[leaf[1:].removesuffix("[]")] = value
        else:
            put(fields, name, value)
    return fields


class PolledContract(Contract):
    """`text` has room everywhere; `small` makes a lawful text for a column of the papers."""

    text_stage: ClassVar[str] = "eng-section"
    text_field: ClassVar[str] = "BID_SECTION_CONTENT"
    # Each dialect has its own way with these: what is looked at is no request, a verdict no reply.
    test_golden_transcripts = None  # type: ignore[assignment]
    test_inward_answers_are_those_of_the_papers = None  # type: ignore[assignment]
    test_the_published_samples_are_read = None  # type: ignore[assignment]  # they are requests

    def record_of(self, stage: str, seed: int, *, share: float = 1.0) -> dict[str, Any]:
        rng = random.Random(seed)
        fields: dict[str, Any] = {}
        for row in self.papers.rows(stage, "out"):
            if row.standard.startswith("@"):
                continue
            value = self.small(row, value_of(row, self.papers, rng), rng)
            if rng.random() <= share or row.required:
                fields[row.standard] = value
        return fields

    def small(self, row: FieldRow, value: Any, rng: random.Random) -> Any:
        return value

    def any_text(self, stage: str) -> None:
        """The room of most columns is small; the one with room takes any text the charset has."""
        from hypothesis import HealthCheck, given, settings

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(self.text)
        def holds(value: str) -> None:
            fields = {**self.record_of(self.text_stage, 3), self.text_field: value}
            self.check_round_trip(self.text_stage, fields)

        holds()

    def test_a_call_is_told_nothing(self) -> None:
        dialect = self.dialect
        for body in (b"", BOMB, HTML, b'{"look":[]}'):
            request = WireRequest("POST", f"/in/{self.system}/x", {}, body)
            incoming = dialect.accept(request, self.call())
            assert not incoming.authenticated and incoming.findings
            reply = dialect.reply(Answer(401, "auth.failed"), incoming, self.call())
            assert (reply.status, json.loads(reply.body)) == (404, {"error": "path.unknown"})

    def test_entities_stay_inert(self) -> None:
        outcome = self.dialect.decode(
            WireReply(200, {}, BOMB), self.outgoing(self.stages()[0], {}), self.call()
        )
        assert outcome.kind.value != "delivered"
        assert "root:" not in outcome.foreign + json.dumps(dict(outcome.data))

    def test_a_session_is_nobodys(self) -> None:
        assert self.dialect.login(self.call()) is None
        assert self.dialect.ask(self.outgoing(self.stages()[0], {}), self.call()) is None

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        stage = self.stages()[0]
        outgoing = self.outgoing(stage, self.record_of(stage, 1))
        good = [json.dumps(line["reply"]["body"]).encode() for line in self.papers.golden()]
        good += [line["reply"]["body"].encode() for line in self.papers.golden()]
        for body in mutants(good, 400):
            for status in (200, 503):
                assert self.dialect.decode(WireReply(status, {}, body), outgoing, self.call()).code

    def poller(self, carry: Any, system: str = "") -> Any:
        """With the clock of the contract."""
        raise NotImplementedError

    def answered(self, code: str, incoming: Incoming) -> Answer:
        """What the hub decides, by its stable code."""
        from tests.adapters.contract import RECEIPT, refused_by_hub

        if code in ("ok", "delivered"):
            return Answer(202, "0000", data=RECEIPT)
        if code == "receiver.duplicate":
            return Answer(200, "0000", data=RECEIPT)
        if code == "hub.busy":
            return Answer(503, "hub.busy", retry_after=1)
        return refused_by_hub(code, incoming)

    def test_it_polls(self) -> None:
        assert isinstance(self.dialect, Polls)


__all__ = ["AT", "PolledContract", "Told", "body_of", "compact", "ok", "service_fields"]
