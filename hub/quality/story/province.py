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

SEED = 5  # the month that documents show; any other seed tells the same story
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
PLATFORMS = ("T01", "T02", "T03", "T04", "T05")
REGIONS = ("620102", "620502", "620902", "621002", "621102")
OPENED = datetime(2026, 6, 8, 9, 0, tzinfo=CST)  # the first notice: its deal is under contract by September
BACKFILLED = 45  # days that a platform looks back when it fills its gaps
DEALS, EVERY = 57, timedelta(days=2)
TENDER = (
    "eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document",
    "eng-bidder-list", "eng-bid-fingerprint", "eng-bid-opening", "eng-evaluation-report", "eng-candidate",
    "eng-candidate-publicity", "eng-result-notice", "eng-award-letter", "contract-sign",
)  # fmt: skip
PURCHASE = ("gp-project", "gp-notice", "gp-opening", "gp-supplier-list", "gp-deal-notice", "gp-contract")
EACH_BIDDER = frozenset({"eng-bidder-list", "eng-bid-fingerprint", "gp-supplier-list"})
NEVER_OMITTED = frozenset({"eng-tender-notice", "eng-bid-opening", "gp-notice", "gp-opening"})


def tell(
    seed: int = SEED,
    standard: Standard | None = None,
    never: Iterable[str] = (),
    only: Iterable[str] = PLATFORMS,
) -> tuple[QualityRecord, ...]:
    """All records of the province up to the end of the month, as its hub would export them then.

    `never` names habits that no platform mends (habits.HABITS); `only` the platforms to tell of.
    """
    book = load() if standard is None else standard
    found: list[QualityRecord] = []
    wanted = frozenset(only)
    for place, platform in enumerate(PLATFORMS):
        if platform not in wanted:
            continue
        teller = Teller(book, platform, practice(FIRST, place, frozenset(never)))
        for number in range(DEALS):
            start = OPENED + EVERY * number + timedelta(hours=place)
            deal = seed * 1000 + place * 100 + number
            project = Project(deal, start, REGIONS[place], standard=book)
            stages = PURCHASE if number % 3 == 2 else TENDER
            found += sealed(teller.deal(project, stages), book)
    return tuple(sorted(found, key=lambda record: (record.received, record.ref)))


def _chance(*names: object) -> Random:
    """Chance for one aspect of one record: a habit taken away leaves all other accidents as they were."""
    return Random("/".join(map(str, ("story", *names))))  # noqa: S311 - a story, not a secret


@dataclass(frozen=True, slots=True)
class Teller:
    """One platform, reporting in its own way."""

    standard: Standard
    platform: str
    practice: Practice

    def deal(self, project: Project, stages: tuple[str, ...]) -> list[QualityRecord]:
        """Every message about one deal that the hub took or refused by the end of the month."""
        found: list[QualityRecord] = []
        for stage in stages:
            sent = self._sent(f"{stage}-{project.seed}", stage, project.happens(stage))
            for bidder in self._records(project, stage):
                if sent is None:
                    continue
                key = f"{stage}-{project.seed}-{bidder or 0}"
                pause = timedelta(seconds=_chance(key, "pause").randrange(3000))
                when = max(sent, project.happens(stage, bidder)) + pause
                found += self._sends(key, stage, project.record(stage, bidder), when)
        return [record for record in found if day_of(record.received) <= LAST]

    def _records(self, project: Project, stage: str) -> tuple[int | None, ...]:
        if stage in EACH_BIDDER:
            return tuple(range(len(project.bidders)))
        return project.candidates if stage == "eng-candidate" else (None,)

    def _sent(self, name: str, stage: str, happened: datetime) -> datetime | None:
        """When the platform gets round to it: at once, with the next batch, when backfilling, or never."""
        own, day = self.practice, day_of(happened)
        batched = own.batches.strikes(day, _chance(name, "batches"))
        delay = timedelta(days=_chance(name, "delay").randint(1, own.slowest)) if batched else timedelta()
        if stage in NEVER_OMITTED or not own.omits.strikes(day, _chance(name, "omits")):
            return happened + delay
        if day.toordinal() < own.backfill.toordinal() - BACKFILLED:
            return None
        begun = datetime.combine(max(own.backfill, day), happened.time(), tzinfo=CST)
        return begun + timedelta(days=_chance(name, "backfill").randrange(14))

    def _sends(self, key: str, stage: str, sound: Fields, when: datetime) -> Iterator[QualityRecord]:
        """The first message, and what the platform does about its faults."""
        own, kind, day = self.practice, self.standard.stage(stage), day_of(when)
        fields = leave(kind, sound, _chance(key, "leaves"), own.leaves.chance(day))
        spoiled: Fields | None = None
        for name, habit, spoil in (
            ("blanks", own.blanks, blank),
            ("miscodes", own.miscodes, miscode),
            ("contradicts", own.contradicts, contradict),
        ):
            chance = _chance(key, name)
            if habit.strikes(day, chance):
                spoiled = spoil(kind, spoiled or fields, chance) or spoiled
        if spoiled is None:
            yield self._judged(key, stage, fields, when, 1)
            return
        first = self._judged(key, stage, spoiled, when, 1)
        yield first
        chance = _chance(key, "mends")
        if own.mends.strikes(day, chance):
            again = when + timedelta(days=chance.randrange(3), hours=3)
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
