"""The bank's documents: GB2312 out, GB18030 in, names without case, no white space, nothing but one document.

Written from `dialects/bank-tcp-xml/rules.md` 1-3. A character that GB2312 does not have is an error of
whoever wrote it, never a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.message import CST
from simulators.dialects.xmlread import BadXmlError, escape, local, read

PROLOG = '<?xml version="1.0" encoding="gb2312"?>'
END = b"</root>"
_DECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")

Part = tuple[str, "str | Sequence[Part]"]
Parts = Sequence[Part]


@dataclass(frozen=True, slots=True)
class Document:
    """One document as its reader understands it: names in lower case, values as they stand."""

    head: Mapping[str, str]
    body: Mapping[str, str]
    lists: Mapping[str, tuple[Mapping[str, str], ...]]

    @property
    def code(self) -> str:
        return self.head.get("transcode", "")


def whole(received: bytes) -> bool:
    """Does it end with the closing tag, in any case, white space aside?"""
    return received.rstrip().lower().endswith(END)


def understood(raw: bytes) -> Document:
    """Raises BadXmlError: other bytes, no XML, a DOCTYPE, another document element."""
    try:
        text = _DECLARED.sub("", raw.decode("gb18030"), count=1)
    except UnicodeDecodeError as error:
        raise BadXmlError(str(error)) from error
    root = read(text.strip())
    if local(root).lower() != "root":
        raise BadXmlError("the document is no root")
    parts: dict[str, dict[str, str]] = {"head": {}, "body": {}}
    lists: dict[str, list[Mapping[str, str]]] = {}
    for part in root:
        held = parts.get(local(part).lower(), {})
        for element in part:
            name = local(element).lower()
            if len(element):
                lists.setdefault(name, []).append({local(e).lower(): e.text or "" for e in element})
            else:
                held.setdefault(name, element.text or "")
    return Document(parts["head"], parts["body"], {name: tuple(items) for name, items in lists.items()})


def head(code: str, seq: str, now: datetime) -> Parts:
    local_time = now.astimezone(CST)
    return (
        ("TransCode", code),
        ("TransDate", f"{local_time:%Y%m%d}"),
        ("TransTime", f"{local_time:%H%M%S}"),
        ("SeqNo", seq),
    )


def written(top: Parts | None, body: Parts, names: Mapping[str, str] | None = None) -> bytes:
    """The document's bytes; `names` are other spellings of element names. Raises UnicodeEncodeError."""
    inside = "" if top is None else f"<head>{_elements(top, {})}</head>"
    return f"{PROLOG}<root>{inside}<body>{_elements(body, names or {})}</body></root>".encode("gb2312")


def _elements(parts: Parts, names: Mapping[str, str]) -> str:
    text = []
    for name, value in parts:
        spelled = names.get(name, name)
        inside = _text(value) if isinstance(value, str) else _elements(value, names)
        if inside:
            text.append(f"<{spelled}>{inside}</{spelled}>")
    return "".join(text)


def _text(value: str) -> str:
    """Only & < > are escaped."""
    return escape(value).replace("&#13;", "\r")
