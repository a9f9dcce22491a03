"""Platforms, their deals, and what a hub would have exported about them at the end of the month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from hub.message import refusing
from hub.quality.ledger import CST, day_of, moment
from hub.quality.model import Noted, QualityRecord
from hub.quality.story.defects import blank, contradict, leave, miscode
from hub.quality.story.habits import Practice, practice
from hub.standard import Standard, load
from hub.standard.model import Fields
from hub.standard.policy import Gate, gate, lifted_by, opens_at
from hub.standard.sample import Project

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
PLATFORMS = ("T01", "T02", "T03", "T04", "T05")
REGIONS = ("620102", "620502", "620902", "621002", "621102")
OPENED = datetime(2026, 6, 8, 9, 0, tzinfo=CST)  # the first notice: its deal is under contract by September
DEALS, EVERY = 38, timedelta(days=3)
TENDER = (
    "eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document",
    "eng-bidder-list", "eng-bid-fingerprint", "eng-bid-opening", "eng-evaluation-report", "eng-candidate",
    "eng-candidate-publicity", "eng-result-notice", "eng-award-letter", "contract-sign",
)  # fmt: skip
PURCHASE = ("gp-project", "gp-notice", "gp-opening", "gp-supplier-list", "gp-deal-notice", "gp-contract")
EACH_BIDDER = frozenset({"eng-bidder-list", "eng-bid-fingerprint", "gp-supplier-list"})
NEVER_OMITTED = frozenset({"eng-tender-notice", "eng-bid-opening", "gp-notice", "gp-opening"})


def tell(
    seed: int = 0, standard: Standard | None = None, never: Iterable[str] = ()
) -> tuple[QualityRecord, ...]:
    """All records of the province up to the end of the month, as its hub would export them then.

    `never` names habits that no platform mends (habits.HABITS).
    """
    book = load() if standard is None else standard
    found: list[QualityRecord] = []
    for place, platform in enumerate(PLATFORMS):
        teller = Teller(book, platform, practice(FIRST, place, frozenset(never)))
        for number in range(DEALS):
            start = OPENED + EVERY * number + timedelta(hours=place)
            deal = seed * 1000 + place * 100 + number
            project = Project(deal, start, REGIONS[place], standard=book)
            stages = PURCHASE if number % 3 == 2 else TENDER
            found += sealed(teller.deal(project, stages, Random(f"story/{deal}")), book)  # noqa: S311 - a story
    return tuple(sorted(found, key=lambda record: (record.received, record.ref)))


@dataclass(frozen=True, slots=True)
class Teller:
    """One platform, reporting in its own way."""

    standard: Standard
    platform: str
    practice: Practice

    def deal(self, project: Project, stages: tuple[str, ...], rng: Random) -> list[QualityRecord]:
        """Every message about one deal that the hub took or refused by the end of the month."""
        found: list[QualityRecord] = []
        for stage in stages:
            happened = project.happens(stage)
            sent = self._sent(stage, happened, rng)
            for bidder in self._records(project, stage):
                event = project.happens(stage, bidder)
                when = None if sent is None else max(sent, event) + timedelta(seconds=rng.randrange(3000))
                fields = project.record(stage, bidder)
                if when is not None:
                    found += self._sends(f"{stage}-{project.seed}-{bidder or 0}", stage, fields, when, rng)
        return [record for record in found if day_of(record.received) <= LAST]

    def _records(self, project: Project, stage: str) -> tuple[int | None, ...]:
        if stage in EACH_BIDDER:
            return tuple(range(len(project.bidders)))
        return project.candidates if stage == "eng-candidate" else (None,)

    def _sent(self, stage: str, happened: datetime, rng: Random) -> datetime | None:
        """When the platform gets round to it: at once, with the next batch, or never."""
        own, day = self.practice, day_of(happened)
        omitted, batched = own.omits.strikes(day, rng), own.batches.strikes(day, rng)
        delay = timedelta(days=rng.randint(1, own.slowest)) if batched else timedelta()
        if not omitted or stage in NEVER_OMITTED:
            return happened + delay
        if day.toordinal() < own.backfill.toordinal() - 30:
            return None
        begun = datetime.combine(max(own.backfill, day), happened.time(), tzinfo=CST)
        return begun + timedelta(days=rng.randrange(9))

    def _sends(
        self, key: str, stage: str, sound: Fields, when: datetime, rng: Random
    ) -> Iterator[QualityRecord]:
        """The first message, and what the platform does about its faults."""
        own, kind, day = self.practice, self.standard.stage(stage), day_of(when)
        fields = leave(kind, sound, rng, own.leaves.chance(day))
        spoiled: Fields | None = None
        for habit, spoil in ((own.blanks, blank), (own.miscodes, miscode), (own.contradicts, contradict)):
            if habit.strikes(day, rng):
                spoiled = spoil(kind, spoiled or fields, rng) or spoiled
        if spoiled is None:
            yield self._judged(key, stage, fields, when, 1)
            return
        first = self._judged(key, stage, spoiled, when, 1)
        yield first
        again = when + timedelta(days=rng.randrange(3), hours=3)
        if own.mends.strikes(day_of(again), rng):
            yield self._judged(key, stage, fields, again, 2 if first.accepted else 1, part=1)

    def _judged(
        self, key: str, stage: str, fields: Fields, when: datetime, version: int, *, part: int = 0
    ) -> QualityRecord:
        """What the hub says to it: the real rules of the standard decide."""
        findings = self.standard.check_fields(stage, fields)
        noted = tuple(Noted(one.code, one.at, one.severity.value) for one in findings)
        ref, op = f"{self.platform}-{key}-{part}", "insert" if version == 1 else "update"
        return QualityRecord(
            self.platform, ref, key, stage, when, not refusing(findings), fields, version, op, noted
        )


def sealed(records: list[QualityRecord], standard: Standard) -> list[QualityRecord]:
    """The records of one deal with their seals, as they stand at the end of the month."""
    first: dict[str, datetime] = {}
    for record in sorted(records, key=lambda one: one.received):
        if record.accepted:
            first.setdefault(record.stage, record.received)
    return [_gated(record, first, standard) for record in records]


def _gated(record: QualityRecord, first: dict[str, datetime], standard: Standard) -> QualityRecord:
    if gate(standard, record.stage) is Gate.NONE:
        return record
    told = moment(opens_at(standard, record.stage, record.fields))
    opened = [first[name] for name in lifted_by(standard, record.stage) if name in first]
    lifted = min([*opened, *([] if told is None else [told])], default=None)
    if lifted is None or day_of(lifted) > LAST:
        return replace(record, sealed=True)
    return replace(record, lifted=lifted)
