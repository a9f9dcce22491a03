"""Names and limits of the papers that both faces need, and who has which sets of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from adapters.answers import AnswerTable
from adapters.forms import compile_form
from adapters.mapping import FieldMap, table
from certs.algorithms.digest import mac

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
MOMENT = compile_form("datetime:yyyy-MM-dd HH:mm:ss", {})
KEY_SHAPE = "hex32"
LIMIT = 16 * 1024 * 1024
UNPACKED = 64 * 1024 * 1024
KEEP_DAYS = 30
HUB = "HUB"
TITLE = "公共资源交易-"


@dataclass(frozen=True, slots=True)
class Set:
    """One set of data: its code, its number in the catalogue, its name."""

    code: str
    catalogue: str
    title: str


SETS: Mapping[str, Set] = {
    "eng-tender-notice": Set("zbgg", "620000-ggzy-0001", "招标公告与资格预审公告"),
    "eng-result-notice": Set("zbjg", "620000-ggzy-0002", "中标结果公告"),
    "contract-sign": Set("htqd", "620000-ggzy-0003", "合同签订"),
    "subject-legal-person": Set("frxx", "620000-ggzy-0004", "法人主体信息"),
    "supervise-alert": Set("jgyj", "620000-ggzy-0005", "项目报警(监管预警)"),
    "supervise.event": Set("jgsj", "620000-ggzy-0006", "监管事件流"),
    "report.receipt": Set("sbhz", "620000-ggzy-0007", "上报回执"),
}
CARRIED = {one.code: name for name, one in SETS.items()}


@dataclass(frozen=True, slots=True)
class Site:
    """One system: how it is called, and what it publishes for us."""

    code: str
    publishes: tuple[str, ...]


SITES: Mapping[str, Site] = {
    "D13": Site("GSDX", ("contract-sign", "subject-legal-person", "report.receipt")),
    "D20": Site("GSJW", ()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """What a publish row says of one column."""

    name: str
    type: str
    required: bool
    comment: str


@cache
def columns(carried: str) -> tuple[Column, ...]:
    """The envelope and the rows of one set, in the order of the table."""
    rows = [row for row in table(__package__, "mapping.csv") if row["stage"] in ("*", carried)]
    return tuple(Column(row["foreign"], row["type"], row["required"] == "1", row["comment"]) for row in rows)


def direction(carried: str, way: str) -> str:
    """`request` for messages that are no records, else the way a record goes."""
    return "request" if "." in carried else way


def signature(octets: bytes, key: str) -> str:
    """HMAC-SM3 of a file, lower hex."""
    return mac(octets, key.encode()).hex()
