"""One row of a mapping table at work: a value goes abroad or comes home, and what is wrong is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.forms import Form, UnmappedError
from adapters.paths import place, reach, text_of
from hub.errors import SenderError
from hub.message import Finding, pointer, shown

CLAUSE = "EX-MAP-01"
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a foreign place, how it is written there, and the unified field it stands for.

    `unified` beginning with `@` is not a field but a circumstance (`@key`, `@sentAt`); a dot in it
    goes down into an object of a service. Where a moment is cut in two, the first half names the other
    in `half` and reads both by `whole`; the second is only written.
    """

    message: str
    stage: str
    direction: str
    foreign: str
    type: str
    unified: str
    form: Form
    half: str = ""
    whole: Form | None = None
    second: bool = False

    def taken(self, texts: Mapping[str, Any], *, leaf: bool = False) -> str:
        """What stands for this row among foreign texts; of a moment cut in two, both halves together.

        A day alone is its beginning; a time alone stays what it is, which no checker takes for a moment.
        """
        names = [tail(name) if leaf else name for name in (self.foreign, self.half)]
        text, later = (found if isinstance(found := texts.get(name), str) else "" for name in names)
        if self.whole is None:
            return text
        return text + (later or "000000") if text else later

    def read(self, text: str) -> Any:
        """The unified value of that text."""
        return (self.whole or self.form).decode(text)


def refuse(findings: list[Finding]) -> None:
    """Raise what `findings` hold against sending; nothing when there are none."""
    if findings:
        raise SenderError(
            "; ".join(f"{one.at} {one.code}" for one in findings),
            code=findings[0].code,
            findings=tuple(findings),
        )


def tail(name: str) -> str:
    """The part of a name below its list: `confinedAction` of `hits[].confinedAction`."""
    return name.partition("[]")[2].lstrip("./")


def item_abroad(rows: list[Row], value: Any, findings: list[Finding]) -> Any:
    """One item of a list as the receiver writes it: a text, or an object without the absent parts."""
    if not tail(rows[0].unified):
        return encoded(rows[0], value, {}, findings) or ""
    item = value if isinstance(value, Mapping) else {}
    texts = {tail(row.foreign): encoded(row, reach(item, tail(row.unified)), item, findings) for row in rows}
    return {name: text for name, text in texts.items() if text is not None}


def item_home(rows: list[Row], item: Any) -> Any:
    """One item of a foreign list in unified names; "" or {} when nothing of it can be read."""
    if not tail(rows[0].unified):
        return rows[0].read(item) if isinstance(item, str) and item else ""
    texts = item if isinstance(item, Mapping) else {}
    found: dict[str, Any] = {}
    for row in rows:
        text = "" if row.second else row.taken(texts, leaf=True)
        if text:
            place(found, tail(row.unified), row.read(text))
    return found


def outward(
    row: Row, fields: Mapping[str, Any], about: Mapping[str, str], findings: list[Finding]
) -> str | None:
    """The foreign text of one row; None when the record has nothing for it or it cannot be said."""
    known = about.get(row.unified) if row.unified.startswith("@") else reach(fields, row.unified)
    return encoded(row, known, fields, findings)


def encoded(row: Row, value: object, record: Mapping[str, Any], findings: list[Finding]) -> str | None:
    """The foreign text of one value; None when there is none or it cannot be said."""
    if type(value) is str:  # asked first: the general way costs as much as all the rest
        text = value
    elif row.form.blob and isinstance(value, Mapping):
        text = text_of(value.get("data"))
        if not text:
            findings.append(finding("mapping.value", _at(row), "附件内容", "只有摘要"))
            return None
    elif isinstance(value, Mapping | list):
        findings.append(finding("mapping.value", _at(row), "标量", type(value).__name__))
        return None
    else:
        text = text_of(value)
    if not text:
        return None
    if not text.isascii() and _HALF.search(text):
        findings.append(finding("mapping.unencodable", _at(row), "成对的代理项", repr(text)))
        return None
    try:
        return row.form.encode(text, record)
    except UnmappedError as error:
        findings.append(finding("hub.code-unmapped", _at(row), str(error), text))
    except ValueError as error:
        findings.append(finding("mapping.value", _at(row), str(error), text))
    return None


def _at(row: Row) -> str:
    return f"/body/fields/{pointer(row.unified)}"


def finding(code: str, at: str, expected: str, observed: str) -> Finding:
    """Why a value has no place abroad."""
    return Finding(code, at, expected, shown(observed), "接收方的接口不能表达此值,请改正后重报", CLAUSE)
