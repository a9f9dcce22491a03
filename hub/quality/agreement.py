"""Cross-record consistency: one deal code, agreeing amounts, a winner from among the candidates, ...

A record is compared, when it comes to count, with what of its section counts already, each record in
its last version. So a disagreement is told once, at the later of the two, and names the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hub.quality.config import Agreement, QualityConfig
from hub.quality.ledger import Entry, Ledger, moment, text
from hub.standard.amounts import yuan

DEAL_CODES = ("UNIFIED_DEAL_CODE", "UNIFIED_DEAL_CODES")
PUBLIC = timedelta(days=3)  # REG54: candidates are public for three days at least
TOLERANCE = Decimal("0.01")
Known = dict[str, dict[str, Entry]]  # of one section: stage -> record key -> last version


@dataclass(frozen=True, slots=True)
class Clash:
    """A broken rule at `entry`; `other` is the record it disagrees with, if it is about two."""

    rule: str
    entry: Entry
    at: str
    other: Entry | None = None


@dataclass(frozen=True, slots=True)
class Clashes:
    """All disagreements by the `ref` of the later record, and when the last of a record's was gone."""

    found: Mapping[str, tuple[Clash, ...]]
    resolved: Mapping[str, datetime]

    def of(self, ref: str) -> tuple[Clash, ...]:
        return self.found.get(ref, ())


class Comparison:
    """One pass over a ledger.

    Records of a section are compared with one another and with those of the whole deal (a tender project
    has no section); sections of one deal never with each other.
    """

    def __init__(self, config: QualityConfig) -> None:
        self._rows: dict[str, list[Agreement]] = defaultdict(list)
        for row in config.agreements:
            self._rows[row.stage].append(row)
        self._sections: dict[str, Known] = defaultdict(lambda: defaultdict(dict))
        self._deals: dict[str, Known] = defaultdict(lambda: defaultdict(dict))
        self._open: dict[str, list[Entry]] = defaultdict(list)
        self.found: dict[str, tuple[Clash, ...]] = {}
        self.resolved: dict[str, datetime] = {}

    def take(self, entry: Entry) -> None:
        """The next accepted record in counting order."""
        own = self._sections[entry.section] if entry.section else self._deals[entry.deal]
        if entry.record.op == "delete":
            own[entry.record.stage].pop(entry.record.key, None)
            return
        told = self._told(entry)
        if told:
            self.found[entry.record.ref] = told
        own[entry.record.stage][entry.record.key] = entry
        self._look_again(entry)
        if told:
            self._open[entry.deal].append(entry)

    def _told(self, entry: Entry) -> tuple[Clash, ...]:
        section = self._sections[entry.section] if entry.section else {}
        deal = self._deals[entry.deal] if entry.deal else {}
        around = {**deal, **{stage: records for stage, records in section.items() if records}}
        rows = self._rows.get(entry.record.stage, [])
        return (*_deal_code(entry, section), *_agree(entry, around, rows), *_publicity(entry))

    def _look_again(self, entry: Entry) -> None:
        """A correction of one record can end the disagreement of another."""
        still = []
        for one in self._open[entry.deal]:
            if one.identity == entry.identity:
                continue
            if self._told(one):
                still.append(one)
            else:
                self.resolved[one.record.ref] = entry.counted
        self._open[entry.deal] = still


def clashes(ledger: Ledger, config: QualityConfig) -> Clashes:
    """Compare a platform's records, in the order in which they came to count."""
    comparison = Comparison(config)
    for entry in ledger.entries:
        if entry.record.accepted:
            comparison.take(entry)
    return Clashes(comparison.found, comparison.resolved)


def _deal_code(entry: Entry, known: Known) -> Iterator[Clash]:
    """X01, against the first record of the section that bears a code."""
    field, own = _codes(entry)
    if not own:
        return
    for other in (one for stage in known.values() for one in stage.values()):
        theirs = _codes(other)[1]
        if theirs and other.identity != entry.identity:
            if not own & theirs:
                yield Clash("X01", entry, field, other)
            return


def _codes(entry: Entry) -> tuple[str, frozenset[str]]:
    for name in DEAL_CODES:
        value = text(entry.record, name)
        if value:
            return name, frozenset(value.removesuffix(";").split(";"))
    return "", frozenset()


def _publicity(entry: Entry) -> Iterator[Clash]:
    """X05."""
    fields = entry.record.fields
    start, end = moment(fields.get("PUBLICITY_START_TIME")), moment(fields.get("PUBLICITY_END_TIME"))
    if start is not None and end is not None and end - start < PUBLIC:
        yield Clash("X05", entry, "PUBLICITY_END_TIME")


def _agree(entry: Entry, known: Known, rows: Iterable[Agreement]) -> Iterator[Clash]:
    for row in rows:
        others = list(known.get(row.with_stage, {}).values())
        if row.how == "member":
            yield from _member(row, entry, others)
        elif row.how == "equal":
            yield from _equal(row, entry, others)
        else:
            yield from _amount(row, entry, others)


def _member(row: Agreement, entry: Entry, others: list[Entry]) -> Iterator[Clash]:
    """X03: each of the codes stands among those of the other stage, once there are any."""
    among = {code for other in others for code in _parts(other, row.with_field)}
    if among and not set(_parts(entry, row.field)) <= among:
        yield Clash(row.rule, entry, row.field, others[-1])


def _equal(row: Agreement, entry: Entry, others: list[Entry]) -> Iterator[Clash]:
    own, theirs = text(entry.record, row.field), text(others[-1].record, row.with_field) if others else ""
    if own and theirs and own != theirs:
        yield Clash(row.rule, entry, row.field, others[-1])


def _amount(row: Agreement, entry: Entry, others: list[Entry]) -> Iterator[Clash]:
    """X02, in yuan whatever the unit; a rate or a missing amount is not compared."""
    if row.how == "amount-of-winner":
        winners = set(_parts(entry, "WIN_BIDDER_CODE"))
        others = [other for other in others if winners & set(_parts(other, "WIN_CANDIDATE_CODE"))]
    if not others:
        return
    own = _yuan(entry, row.field, row.unit)
    theirs = _yuan(others[-1], row.with_field, row.with_unit)
    # An amount in ten thousand yuan with six decimals is exact to a fen; no more is asked.
    if own is not None and theirs is not None and abs(own - theirs) > TOLERANCE:
        yield Clash(row.rule, entry, row.field, others[-1])


def _yuan(entry: Entry, field: str, unit: str) -> Decimal | None:
    fields = entry.record.fields
    return yuan(fields.get(field), fields.get(unit)) if fields.get("PRICE_FORM_CODE", "1") == "1" else None


def _parts(entry: Entry, field: str) -> list[str]:
    return [part for part in text(entry.record, field).split(";") if part]
