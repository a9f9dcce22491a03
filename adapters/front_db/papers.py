"""Names and limits of the papers that both faces need, and who has which tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.answers import AnswerTable
from adapters.mapping import FieldMap, table

ANSWERS = AnswerTable.beside(__package__)
KEY_SHAPE = "HEX32"
LIMIT = 4 * 1024 * 1024
OVERDUE = 86400  # seconds
CLOB_GBK, CLOB_UTF8 = 1048576, 65535  # octets
AREA = "PARCEL_AREA"
# stage or message -> end of the table's name, in the order in which the tables are looked at
TABLES = {
    "eng-project": "XM",
    "eng-section": "BD",
    "eng-tender-notice": "ZBGG",
    "eng-bidder-list": "TBR",
    "eng-bid-opening": "KB",
    "eng-evaluation-report": "PBBG",
    "eng-result-notice": "ZBJG",
    "contract-sign": "HT",
    "witness-record": "JZ",
    "archive-record": "DA",
    "forest-grass-deal": "LQ",
    "entry.accept": "SLJG",
    "witness.exception": "JZYC",
    "venue.query": "CDCX",
    "seat.query": "XWCX",
}
ANSWERED = {"venue.query": "SB_CDCX_DA", "seat.query": "SB_XWCX_DA"}
LISTS = {"entry.accept": ("reasons",), "venue.query": ("equipment",), "seat.query": ("equipment",)}
_COUNTY = (
    "eng-section",
    "eng-tender-notice",
    "eng-bidder-list",
    "eng-bid-opening",
    "eng-evaluation-report",
    "eng-result-notice",
    "entry.accept",
)
_PREFECTURE = (*_COUNTY[:-1], "witness-record", "archive-record", "entry.accept")


@dataclass(frozen=True, slots=True)
class Site:
    """One system: its code in the rows, how its database is, what it reports."""

    code: str
    reports: tuple[str, ...]
    gbk: bool = True
    written_is_delivered: bool = False
    area_decimals: int | None = None


SITES: Mapping[str, Site] = {
    "M13": Site("622900", _PREFECTURE),
    "M14": Site("623000", _PREFECTURE),
    "X03": Site("620123", _COUNTY),
    "X09": Site("620522", _COUNTY),
    "X15": Site("620722", _COUNTY),
    "X37": Site("622923", _COUNTY),
    "X14": Site("620721", _COUNTY, gbk=False),
    "X20": Site("620825", _COUNTY, gbk=False),
    "X26": Site("621021", _COUNTY, gbk=False),
    "X32": Site("621124", _COUNTY, gbk=False),
    "L01": Site("620800", ("witness-record", "witness.exception"), gbk=False),
    "D19": Site("620000", (), written_is_delivered=True),
    "D22": Site("620000", ("eng-project", "forest-grass-deal"), area_decimals=2),
}


def _fields(forms: Mapping[str, str]) -> FieldMap:
    rows = [{**row, "form": forms.get(row["form"], row["form"])} for row in table(__package__, "mapping.csv")]
    return FieldMap(rows, table(__package__, "codes.csv"))


DATES = _fields({})
DIGITS = _fields(
    {
        "datetime:yyyy-MM-dd HH:mm:ss": "datetime:yyyyMMddHHmmss",
        "date:yyyy-MM-dd": "date:yyyyMMdd'000000'",
    }
)


def fields_of(site: Site) -> FieldMap:
    """Columns and forms: the systems in UTF-8 are those that keep times as 14 digits."""
    return DATES if site.gbk else DIGITS


def _room(type_: str, *, gbk: bool) -> Callable[[str], str] | None:
    """Says what a text is too long for, "" when it has room; None for columns without such a limit."""
    found = re.fullmatch(r"VARCHAR\(([0-9]+)\)", type_)
    if found is None and type_ != "CLOB":
        return None
    if not gbk and found is not None:
        most = int(found[1])
        return lambda text: "" if len(text) <= most else f"<= {most} 字"
    octets = CLOB_UTF8 if not gbk else CLOB_GBK if found is None else 2 * int(found[1])
    charset = "gbk" if gbk else "utf-8"
    least = octets // (2 if gbk else 4)  # so few characters always have room

    def room(text: str) -> str:
        if len(text) <= least or len(text.encode(charset, "replace")) <= octets:
            return ""
        return f"<= {octets} 字节 ({charset})"

    return room


ROOMS: Mapping[bool, Mapping[str, Callable[[str], str] | None]] = {
    gbk: {row.type: _room(row.type, gbk=gbk) for row in DATES.rows} for gbk in (True, False)
}


def number(type_: str) -> bool:
    """Is it a column of whole numbers (NUMBER(n)); amounts and areas (NUMBER) are texts on the wire."""
    return type_.startswith("NUMBER(")


def column_text(value: Any) -> str | None:
    """A value of a column as text; None for NULL. Half a character is damaged text like any other."""
    if value is None:
        return None
    return str(value).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
