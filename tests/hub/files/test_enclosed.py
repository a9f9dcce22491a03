"""Octets inside messages: kept under their digest on arrival, written out only to whom it may be shown."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from core_kit import Clock, FakeDialect, FakePeers

from certs.algorithms.digest import digest
from hub import standard
from hub.delivery.attempt import Caller
from hub.delivery.limits import Limits
from hub.errors import SenderError
from hub.failpoints import FailPoints
from hub.message import CST, Finding
from hub.polling.lane import PollLane
from hub.ports import Answer, Incoming, Kind, Outcome, Outgoing, WireReply, WireRequest

RNG = random.Random(17)


def blob(octets: bytes, **change: Any) -> dict[str, Any]:
    name = f"sm3:{digest(octets, 'sm3').hex()}"
    about = {"name": "a.pdf", "digest": name, "size": len(octets), "media": "application/pdf"}
    return {**about, "data": base64.b64encode(octets).decode(), **change}


def bare(file: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in file.items() if name != "data"}


class Enclosing(FakeDialect):
    """Writes out files up to a size, and remembers what it was given."""

    def __init__(self, most: int = 1 << 20, told: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.most, self.told, self.given = most, told or {}, None

    def encloses(self, system: str, message: str, stage: str) -> int:
        return self.most

    def encode(self, outgoing: Outgoing, call: Any) -> WireRequest:
        self.given = outgoing
        return WireRequest("POST", "/put", {}, b"{}")

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Any) -> Outcome:
        return Outcome(Kind.DELIVERED, "ok", data=self.told)


class Silent:
    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        return WireReply(200, {}, b"{}")


@dataclass(frozen=True)
class Row:
    id: str
    kind: str = "supervision"
    dialect: str = "fake"
    variant: str = ""


async def said(world: Any, system: str, dialect: Any, outgoing: Outgoing) -> tuple[Any, Outcome]:
    """One delivery by the very caller that lanes and services use, and what its dialect was given."""
    caller = Caller(
        Row(system), dialect, Silent(), FakePeers(), Clock(), lambda: "n", FailPoints("", realm="sandbox"),
        Limits(60), world.hub._parts.enclosures,
    )  # fmt: skip
    outcome = await caller.deliver(outgoing, "key", unsure=False)
    return dialect.given, outcome


def incoming(stage: str, files: tuple[Any, ...], **change: Any) -> Incoming:
    sample = standard.load().sample(stage, 1, sender="T01", start=datetime.now(CST) - timedelta(days=200))
    body = sample["body"]
    made = Incoming(
        "notice.publish", stage, "insert", body["key"], 1, f"{body['key']}:1:insert", body["fields"],
        authenticated=True, files=files,
    )  # fmt: skip
    return replace(made, **change)


async def _lineage(world: Any) -> None:
    for stage in ("eng-project", "eng-tender-project", "eng-section"):
        assert (await world.record(stage)).status == 202


async def test_what_came_in_a_record_is_kept_under_its_digest_and_named_in_the_record(world):
    await _lineage(world)
    file = blob(b"%PDF-1.4 one\n%%EOF\n")
    here = await world.hub.unpack("T01", incoming("eng-tender-notice", (file,)))
    assert here.files == (bare(file),)
    assert await world.fetch("T01", file["digest"]) == (206, base64.b64decode(file["data"]))
    named = replace(here, files=({**here.files[0], "role": "doc"},))
    answer = await world.hub.submit_foreign("T01", named)
    assert answer.code == "0000", answer
    trace = await world.call("T01", "trace", answer.data["hubId"])
    assert trace["files"] == [{"digest": file["digest"], "there": True}]
    again = await world.hub.unpack("T01", incoming("eng-tender-notice", (file,)))
    assert again.files == here.files


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "sm3:" + "0" * 64},
        {"digest": "md5:" + "0" * 32},
        {"size": 3},
        {"data": "!!!"},
    ],
)
async def test_what_is_not_as_it_is_called_is_refused_and_not_kept(world, change):
    file = blob(RNG.randbytes(300))
    with pytest.raises(SenderError) as refused:
        await world.hub.unpack("T01", incoming("eng-tender-notice", ({**file, **change},)))
    assert (refused.value.status, refused.value.code) == (422, "file.digest")
    assert not [path for path in world.lying() if path.suffix == ""]


@pytest.mark.parametrize("why", ["unproved", "findings", "offline"])
async def test_whoever_will_be_refused_leaves_no_file(world, why):
    file = blob(RNG.randbytes(200))
    system = "T09" if why == "offline" else "T01"
    call = incoming("eng-tender-notice", (file,), authenticated=why != "unproved")
    if why == "findings":
        call = replace(call, findings=(Finding("field.required", "/body/fields/A", "x", "", "", "X"),))
    here = await world.hub.unpack(system, call)
    assert here.files == (bare(file),), "the octets are gone whatever becomes of it"
    assert not world.lying() or all(path.name == "files.key" for path in world.lying())


async def test_a_file_larger_than_a_piece_comes_and_goes_whole(world):
    octets = RNG.randbytes((2 << 20) + 77)
    file = blob(octets)
    here = await world.hub.unpack("T01", incoming("eng-tender-notice", (file,)))
    given, _ = await said(
        world,
        "T01",
        Enclosing(4 << 20),
        Outgoing("x", "eng-tender-notice", "insert", 1, {}, files=here.files),
    )
    assert given.files[0]["data"] == file["data"]


async def test_only_a_receiver_that_may_have_the_file_is_given_it(world):
    await _lineage(world)
    assert (await world.record("eng-tender-notice")).status == 202
    body = RNG.randbytes(5000)
    file = blob(body)
    await world.hub.unpack("T01", incoming("eng-bid-fingerprint", (file,)))
    sent = await world.record("eng-bid-fingerprint", files=[file["digest"]], bidder=0, role="fingerprint")
    assert sent.document["receipt"]["receiptState"] == "accepted", sent
    saying = Outgoing("x", "eng-bid-fingerprint", "insert", 1, {}, files=(bare(file),))
    for system in ("D09", "D01", "P02"):
        given, _ = await said(world, system, Enclosing(), saying)
        assert given.files == (bare(file),), f"{system} before the opening"
    assert (await world.record("eng-bid-opening")).status == 202
    given, _ = await said(world, "D09", Enclosing(), saying)
    assert given.files == (file,)
    given, _ = await said(world, "D09", Enclosing(most=4999), saying)
    assert given.files == (bare(file),), "no room in that dialect"
    two = replace(saying, files=(bare(file), bare(file)))
    given, _ = await said(world, "D09", Enclosing(most=9999), two)
    assert [one.get("data") for one in given.files] == [file["data"], None], "room for one of two"
    given, _ = await said(world, "P02", Enclosing(), saying)
    assert given.files == (bare(file),)


async def test_a_dialect_that_encloses_nothing_is_not_touched(world):
    file = blob(RNG.randbytes(20))
    await world.hub.unpack("T01", incoming("eng-tender-notice", (file,)))
    saying = Outgoing("x", "eng-tender-notice", "insert", 1, {"A": "1"}, files=(bare(file),))
    enclosures = world.hub._parts.enclosures
    assert await enclosures.outgoing(FakeDialect(), "T01", saying) is saying
    assert await enclosures.outgoing(Enclosing(most=0), "T01", saying) is saying


async def test_a_question_takes_the_askers_file_along_and_brings_one_back(world):
    asked, told = blob(RNG.randbytes(90)), blob(b"0\x03\x02\x01\x05")
    await world.hub.unpack("T01", Incoming("ca.verify", "", "", "", 0, "m", {"f": asked}, authenticated=True))
    dialect = Enclosing(told={"token": told, "list": [{"file": told}], "state": "done"})
    saying = Outgoing("ca.verify", "", "query", 1, {"certificate": bare(asked), "n": "1"}, sender="T01")
    given, outcome = await said(world, "C03", dialect, saying)
    assert given.fields == {"certificate": asked, "n": "1"}
    assert outcome.data == {"token": bare(told), "list": [{"file": bare(told)}], "state": "done"}
    assert await world.fetch("T01", told["digest"]) == (206, b"0\x03\x02\x01\x05")
    assert (await world.fetch("T03", told["digest"]))[0] == 404
    given, _ = await said(world, "C03", Enclosing(), replace(saying, sender="T03"))
    assert given.fields["certificate"] == bare(asked), "T03 has not sent it"


async def test_an_answer_whose_file_is_another_is_broken_and_who_asked_unnamed_gets_the_name_only(world):
    told = blob(b"abc")
    saying = Outgoing("ca.sign", "", "query", 1, {}, sender="T01")
    _, outcome = await said(world, "C03", Enclosing(told={"s": {**told, "size": 9}}), saying)
    assert (outcome.kind, outcome.code) == (Kind.UNKNOWN, "receiver.broken-body")
    _, outcome = await said(world, "C03", Enclosing(told={"s": told}), replace(saying, sender="hub"))
    assert outcome.data == {"s": bare(told)}
    assert (await world.fetch("T01", told["digest"]))[0] == 404


async def test_an_answer_to_a_foreign_caller_has_the_octets_it_may_read(world):
    told = blob(RNG.randbytes(64))
    asked = Incoming("contract.draft", "", "", "", 0, "m", {}, authenticated=True)
    answer = Answer(200, "0000", data={"contractFile": bare(told), "draftNo": "1"})
    assert (await world.hub.pack(Enclosing(), "T01", asked, answer)).data == answer.data
    await world.hub.unpack("T01", replace(asked, fields={"x": told}))
    packed = await world.hub.pack(Enclosing(), "T01", asked, answer)
    assert packed.data == {"contractFile": told, "draftNo": "1"}
    assert (await world.hub.pack(Enclosing(), "T03", asked, answer)).data == answer.data
    assert await world.hub.pack(FakeDialect(), "T01", asked, answer) is answer


async def test_octets_of_a_file_never_reach_the_journal(world):
    """The marker would be seen in the record itself; entries are read back opened."""
    await _lineage(world)
    marker = base64.b64encode(b"MARKER-of-a-file-in-a-message").decode()
    file = blob(b"MARKER-of-a-file-in-a-message")
    here = await world.hub.unpack("T01", incoming("eng-tender-notice", (file,)))
    named = replace(here, files=({**here.files[0], "role": "doc"},))
    answer = await world.hub.submit_foreign("T01", named)
    assert answer.code == "0000"
    row = world.hub._parts.index.by_hub_id(answer.data["hubId"])
    entry = world.hub._parts.reading.journal.entry(row.seq)
    assert file["digest"] in entry.raw.decode()
    assert marker not in entry.raw.decode()
    assert json.loads(entry.raw)["body"]["files"][0]["size"] == 29


async def test_what_lies_in_a_folder_brings_its_files_too(world):
    none: Any = None
    lane = PollLane(
        "T01", none, none, none, none, none, none, none, none, none, none, world.hub._parts.enclosures
    )
    good, wrong = blob(b"%PDF-1.4 two\n%%EOF\n"), blob(b"three", size=9)
    here = await lane._unpacked(incoming("eng-tender-notice", (good,)))
    assert (here.files, here.findings) == ((bare(good),), ())
    assert (await world.fetch("T01", good["digest"]))[0] == 206
    here = await lane._unpacked(incoming("eng-tender-notice", (wrong,)))
    assert here.files == (bare(wrong),)
    assert [finding.code for finding in here.findings] == ["file.digest"], (
        "one bad file does not stop the rest"
    )
    assert (await world.fetch("T01", wrong["digest"]))[0] == 404
