"""What a record or service says abroad, in the order of its table, with its lists where they belong.

The flat way (`FieldMap.abroad`) is enough for records; services have lists between their fields. All
that cannot be said is told at once: a value without a form, a text the receiver's charset cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters import xmltext
from adapters.mapping import FieldMap
from adapters.paths import place, reach, text_of
from adapters.rows import CLAUSE, Row, encoded, item_home, outward, refuse, tail
from hub.errors import SenderError
from hub.message import Finding, pointer, shown


@dataclass(frozen=True, slots=True)
class Part:
    """One foreign place: a text, or the items of a list, each a text or parts of its own."""

    row: Row
    foreign: str
    value: str | Sequence[str | Sequence[Part]]


def said(
    fields: FieldMap, stage: str, direction: str, values: Mapping[str, Any], about: Mapping[str, str]
) -> list[Part]:
    """Everything present, envelope rows first; an absent list is left out, an empty one is a part.

    Raises SenderError with every finding, `mapping.no-place` where the table has no such stage.
    """
    findings: list[Finding] = []
    lists = {rows[0].foreign: (name, rows) for (name, _), rows in fields.lists(stage, direction).items()}
    own = [row for row in fields.rows if row.stage == stage and _ways(row, direction)]
    if not own:
        fields.abroad(stage, direction, values, about)  # tells which stages there are
    made: list[Part] = []
    for row in (*fields.of("*", direction), *own):
        if "[]" not in row.unified:
            text = outward(row, values, about, findings)
            if text is not None:
                made.append(Part(row, row.foreign, text))
        elif row.foreign in lists:
            name, rows = lists[row.foreign]
            items = reach(values, name)
            if isinstance(items, list):
                said_items = [_item(rows, item, findings) for item in items]
                made.append(Part(row, row.foreign.partition("[]")[0], said_items))
    refuse(findings)
    return made


def lists_home(
    fields: FieldMap, stage: str, direction: str, found: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    """Unified lists of those that were there; one that was not stays absent."""
    made: dict[str, Any] = {}
    for (unified, foreign), rows in fields.lists(stage, direction).items():
        if foreign in found:
            items = [item_home(rows, item) for item in found[foreign]]
            place(made, unified, [item for item in items if item])
    return made


def merged(fields: dict[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with the lists put into the objects where they belong."""
    for name, value in lists.items():
        known = fields.get(name)
        fields[name] = known | value if isinstance(known, dict) and isinstance(value, dict) else value
    return fields


def _ways(row: Row, direction: str) -> bool:
    return row.direction == direction or (row.direction == "both" and direction in ("out", "in"))


def _item(rows: list[Row], value: Any, findings: list[Finding]) -> str | list[Part]:
    if not tail(rows[0].unified):
        return text_of(value)
    item = value if isinstance(value, Mapping) else {}
    texts = ((row, encoded(row, reach(item, tail(row.unified)), item, findings)) for row in rows)
    return [Part(row, tail(row.foreign), text) for row, text in texts if text is not None]


def texts(parts: Sequence[Part]) -> Iterator[tuple[Row, str]]:
    """Every text with its row, those of lists too."""
    for part in parts:
        if isinstance(part.value, str):
            yield part.row, part.value
            continue
        for item in part.value:
            if isinstance(item, str):
                yield part.row, item
            else:
                yield from texts(item)


def writable(parts: Sequence[Part], charset: str, *, xml: bool = True) -> None:
    """Raise naming all that the charset (`mapping.charset`) or XML (`mapping.unencodable`) cannot hold."""
    findings: dict[str, Finding] = {}
    for row, text in texts(parts):
        if text.isascii() and not (xml and xmltext.forbidden(text)):
            continue
        told = against(row.unified, text, charset, xml=xml)
        if told is not None:
            findings.setdefault(told.at, told)
    if findings:
        refuse(list(findings.values()))


def against(
    unified: str, text: str, charset: str, *, xml: bool = True, under: str = "/body/fields"
) -> Finding | None:
    """What stands against writing this text; None when it can be written."""
    at = f"{under}/{pointer(unified)}"
    if xml and xmltext.forbidden(text):
        return Finding(
            "mapping.unencodable", at, "XML 1.0 允许的字符", shown(repr(text)), "删除控制字符后重报", CLAUSE
        )
    lacking = unwritable(text, charset)
    if lacking:
        advice = f"接收方的字符集是 {charset},请改用它有的字后重报"
        return Finding("mapping.charset", at, charset, shown(lacking), advice, CLAUSE)
    return None


def unwritable(text: str, charset: str) -> str:
    """The characters a charset lacks, each once, with their code points; "" when it has them all."""
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        found = dict.fromkeys(one for one in text if not _has(charset, one))
        return " ".join(f"{one}(U+{ord(one):04X})" for one in found)
    return ""


def _has(charset: str, one: str) -> bool:
    try:
        one.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def too_large(size: int, limit: int) -> None:
    """Raise when what was written is more than the receiver takes."""
    if size > limit:
        raise SenderError(f"{size} > {limit}", code="mapping.too-large")
