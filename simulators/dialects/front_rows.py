"""Rows of the front-end tables as one system has them: columns, forms, lengths, charset, ROW_SM3.

Written from `dialects/front-db/rules.md` 2, 3, 5 and 7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache
from typing import Any

from certs.algorithms.digest import digest
from hub.catalogue.papers import ROOT, FieldRow, Papers
from simulators.listening import Row, Value
from simulators.sheet import Sheet, Wrong, empty
from simulators.translate import flattened, write_moment, write_value

NAME = "front-db"
_SIZED = re.compile(r"VARCHAR\(([0-9]+)\)")
_MADE = re.compile(r"^CREATE (?:TABLE|VIEW) (\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """What `[systems.X]` of the papers says of one system's tables."""

    system: str
    code: str
    flavour: str
    forms: Mapping[str, str]
    in_place: bool
    closed: tuple[time, time] | None
    area_decimals: int | None
    views: bool
    shared: bool

    @classmethod
    def of(cls, system: str, without: frozenset[str] = frozenset()) -> Layout:
        """`without` are quirks that this system is to do without (to show what they change)."""
        facts = Papers.load(NAME).facts
        own = facts["systems"][system]
        quirks = frozenset(own["quirk_ids"]) - without
        first, last = (time.fromisoformat(text) for text in own.get("closed", ("00:00", "00:00")))
        return cls(
            system,
            str(own["source_code"]),
            str(own["flavour"]),
            facts["times"][own["times"]] if "varchar14-times" in quirks else {},
            "updates-in-place" in quirks,
            (first, last) if "night-window" in quirks else None,
            own.get("area_decimals") if "area-two-decimals" in quirks else None,
            "read-only-views" in quirks,
            "shared-front-end" in quirks,
        )

    def schema(self, engine: str) -> str:
        return (ROOT / NAME / f"{self.flavour}.{engine}.sql").read_text("utf-8")

    def tables(self, prefix: str) -> tuple[str, ...]:
        """The tables (or views) of one prefix that the papers' DDL makes; answers to questions apart."""
        made, answers = _MADE.findall(self.schema("sqlite")), Papers.load(NAME).facts["answers"].values()
        return tuple(name for name in made if name.startswith(prefix) and name not in answers)

    def now(self, at: datetime) -> str:
        """A moment as this system's time columns have it."""
        form = "datetime:yyyy-MM-dd HH:mm:ss"
        return write_moment(self.forms.get(form, form).partition(":")[2], at)

    def sheet(self, stage: str, op: str) -> Sheet:
        return _sheet(stage if op != "delete" else "", tuple(self.forms.items()))

    def columns(self, stage: str) -> tuple[str, ...]:
        """The columns of the stage itself, without the envelope."""
        return tuple(row.foreign for row in stage_rows(stage))

    def unkeepable(self, stage: str, row: Row) -> Wrong | None:
        """The first text that is too long, or that the database's charset does not have."""
        for field in stage_rows(stage):
            value = row.get(field.foreign)
            if isinstance(value, str) and not self.fits(field.foreign_type, value):
                return Wrong("length", field.foreign)
        for field in stage_rows(stage):
            value = row.get(field.foreign)
            if isinstance(value, str) and not self.keepable(value):
                return Wrong("charset", field.foreign)
        return None

    def keepable(self, text: str) -> bool:
        return _encodable(text, "gbk") if self.flavour == "oracle-gbk" else _encodable(text, "utf-8")

    def fits(self, kind: str, text: str) -> bool:
        gbk = self.flavour == "oracle-gbk"
        octets = len(text.encode("gbk" if gbk else "utf-8", "replace"))
        if kind == "CLOB":
            limits = Papers.load(NAME).facts["flavours"][self.flavour]
            return octets <= int(limits["clob_bytes"])
        sized = _SIZED.fullmatch(kind)
        if sized is None:
            return True
        most = int(sized[1])
        return octets <= 2 * most if gbk else len(text) <= most

    def written(
        self, stage: str, key: str, version: int, op: str, fields: Mapping[str, Any], now: datetime
    ) -> dict[str, Value]:
        """A whole SB_ row: what this system says of its own accord."""
        papers = Papers.load(NAME)
        row: dict[str, Value] = {
            "SOURCE_CODE": self.code,
            "ROW_ID": key,
            "CZLX": papers.codes["czlx"][op],
            "VERSION_NO": version,
            "FROM_SYS": self.system,
            "SEND_TIME": self.now(now),
        }
        if op != "delete":
            row |= self._fields(stage, fields)
        row |= {"ROW_SM3": row_sm3(stage, row), "IN_TIME": self.now(now), "SYNC_FLAG": "0"}
        return row

    def _fields(self, stage: str, fields: Mapping[str, Any]) -> dict[str, Value]:
        flat, found = _joined(flattened(fields)), dict[str, Value]()
        for each in stage_rows(stage, "in"):
            if empty(flat.get(each.standard)):
                continue
            text = write_value(self.form(each), flat, Papers.load(NAME).codes)
            found[each.foreign] = int(text) if each.foreign_type.startswith("NUMBER(") else text
        return found

    def form(self, row: FieldRow) -> FieldRow:
        return replace(row, form=self.forms.get(row.form, row.form))


@cache
def stage_rows(stage: str, direction: str = "out") -> tuple[FieldRow, ...]:
    """The columns of a record, or of a question or notice."""
    papers = Papers.load(NAME)
    return papers.rows(stage, direction) or papers.rows(stage, "request")


@cache
def stage_of(table: str) -> str:
    """`eng-tender-notice` for XF_ZBGG, SB_ZBGG and V_ZBGG."""
    suffix = table.partition("_")[2]
    return str(next(stage for stage, name in Papers.load(NAME).facts["tables"].items() if name == suffix))


def table_of(prefix: str, stage: str) -> str:
    return prefix + str(Papers.load(NAME).facts["tables"][stage])


def row_sm3(stage: str, row: Row) -> str:
    """The digest over `NAME=value` lines; null columns are left out."""
    names = ("CZLX", "VERSION_NO", *(each.foreign for each in stage_rows(stage)))
    text = "\n".join(f"{name}={row[name]}" for name in names if row.get(name) is not None)
    return digest(text.encode("utf-8")).hex()


@cache
def _sheet(stage: str, forms: tuple[tuple[str, str], ...]) -> Sheet:
    papers, known = Papers.load(NAME), dict(forms)
    rows: Iterator[FieldRow] = iter((*papers.rows("*"), *(stage_rows(stage) if stage else ())))
    return Sheet([replace(row, form=known.get(row.form, row.form)) for row in rows], papers.codes)


def _joined(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Lists under the name that rows give them (`equipment[]`), as text parted by `;`."""
    return {
        f"{name}[]" if isinstance(value, list) else name: ";".join(map(str, value))
        if isinstance(value, list)
        else value
        for name, value in flat.items()
    }


def _encodable(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
