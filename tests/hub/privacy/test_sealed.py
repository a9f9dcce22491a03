"""Before its gate nobody but its sender has a sealed record deciphered, whatever is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from core_kit import CENTRE, Bench, Reader, until

import hub as hub_package
from hub.engine import Hub
from hub.journal import claims
from hub.journal.vault import Vault
from hub.privacy.subjects import Asked

SECTION = ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice")
SEALED = ("eng-bidder-list", "eng-bid-margin", "eng-bid-fingerprint")
OUTSIDE = (CENTRE, Reader("T03"), Reader("D09"), Reader("public"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Entries the vault has deciphered, in order."""
    seen: list[int] = []
    real = Vault.open

    def open_(self: Vault, seq: int, stored: bytes) -> Any:
        seen.append(seq)
        return real(self, seq, stored)

    monkeypatch.setattr(Vault, "open", open_)
    return seen


async def bids(bench: Bench, hub: Hub) -> list[str]:
    for stage in SECTION:
        assert (await bench.send(hub, stage)).data["receiptState"] == "accepted"
    ids = []
    for stage in SEALED:
        answer = await bench.send(hub, stage)
        assert answer.data["receiptState"] == "accepted", answer
        ids.append(str(answer.data["hubId"]))
    return ids


def asked_of(hub: Hub, who: Reader, ids: list[str], subject: str) -> Iterator[Any]:
    """Every public question of the hub, with arguments that mean the sealed records."""
    table: dict[str, list[tuple[Any, ...]]] = {
        "trace": [(who, one) for one in ids],
        "proof": [(who, one) for one in ids],
        "find": [(who, "T01", f"{one}") for one in ids],
        "outbox": [(who, state) for state in (None, "sealed", "waiting", "delivered", "dead")],
        "examined": [(who,)],
        "held_of": [(who, Asked(subject=subject))],
        "status": [()],
        "metrics": [()],
        "registry": [()],
        "heads": [(0,)],
    }
    for name, calls in table.items():
        method = getattr(hub, name, None)
        assert method is not None, name
        for arguments in calls:
            yield method(*arguments)


async def test_no_question_has_a_sealed_record_deciphered(tmp_path: Path, opened: list[int]) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03", by_hand=True)
    ids = await bids(bench, hub)
    await hub.timers.seal()
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    seqs = {hub._parts.index.by_hub_id(one).seq for one in ids}
    opened.clear()
    fields = bench.record("eng-bidder-list")["body"]["fields"]
    subject = fields["PM_CODE"]
    for who in OUTSIDE:
        said = list(asked_of(hub, who, ids, subject))
        assert subject not in json.dumps(said, default=str)
        await hub.erase(who, Asked(subject=subject), "unlawful")
        await hub.release(who, ids[0])
        await hub.retry(who, list(range(100)))
    await hub.replay(CENTRE, {"stage": "eng-bidder-list"})
    await hub.timers.tick()
    await hub.timers.maintain()
    assert not seqs & set(opened)

    proof = hub.proof(Reader("T01"), ids[0])
    assert "raw" in proof["entries"][0], "its own record is read back by its sender"
    assert set(opened) & seqs == {min(seqs)}
    assert fields["PM_CODE"].encode() not in b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )
    opened.clear()
    assert (await bench.send(hub, "eng-bid-opening")).data["receiptState"] == "accepted"
    await until(lambda: "eng-bidder-list" in bench.transport.stages("D09"))
    assert seqs & set(opened), "after its gate it goes its way"
    await hub.drain()


async def test_no_claim_is_taken_on_trust(tmp_path: Path, opened: list[int]) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    ids = await bids(bench, hub)
    journal, index = hub._parts.reading.journal, hub._parts.index
    row = index.by_hub_id(ids[0])
    opened.clear()
    planned = [delivery.id for delivery in index.deliveries(row.seq)]
    false = (
        claims.OPEN, claims.JUDGING, claims.own("T03"), claims.own("centre"), claims.own(""),
        claims.own("T01 "), claims.delivering(0), *map(claims.delivering, planned),
        claims.delivering(row.seq * 64 + 63), claims.own("T03", message=row.seq),
    )  # fmt: skip
    for claim in false:
        entry = journal.entry(row.seq, claim)
        assert (entry.raw, entry.withheld) == (b"", True), claim
    store = hub._parts.store.journal
    assert store.entry(row.seq, claims.JUDGING).withheld, "not held, so nothing to judge again"
    assert opened == []
    assert journal.entry(row.seq, claims.own("T01")).raw
    await hub.drain()


def test_bytes_are_deciphered_in_one_place_and_claimed_in_few() -> None:
    """Whoever adds to these lists has to say here on what ground the new place reads."""
    root = Path(hub_package.__file__).parent
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in root.rglob("*.py")}
    opens = {name for name, text in texts.items() if "ault.open(" in text}
    assert opens == {"journal/sqlite.py"}
    claimed = {name for name, text in texts.items() if "journal.claims import" in text}
    assert claimed <= {
        "journal/port.py",  # the word itself
        "journal/sqlite.py",  # where it is looked into
        "delivery/lane.py",  # to those who may hold it early, or now
        "evidence/proof.py",  # to its sender
        "examined.py",  # to its sender
        "pipeline/acceptance.py",  # a held message judged again
        "services/desk.py",  # a question, within its own exchange
        "services/sources.py",  # the sender's own question asked again, and the answer to it
        "callbacks.py",  # a question, as its own, to see whom a callback names
        "bids/taking.py",  # what it wrote itself, to whoever delivered it
        "bids/desk.py",  # to whoever delivered it; once its opening has begun, to who runs the section
        "bids/box.py",  # once its opening has begun
        "bids/reading.py",  # once its opening has begun
    }
