"""The binding-neutral record: a message taken apart into what every binding carries, and together again.

JSON tells apart what a column or an element shows as characters only: `null`, `""`, `"7"`, 7, `true`,
`"true"` and what is nested. `Written` keeps the kind beside the characters, so that each binding need
only decide where it puts the two; `natural` says when the kind can be left out, because the table of
fields gives it back. A member that is absent has no `Written` at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.message import Finding, parse, pointer

Kind = Literal["null", "string", "integer", "boolean", "json"]
KINDS: tuple[Kind, ...] = ("null", "string", "integer", "boolean", "json")
CLAUSE = "EX-BND-01"
MAX_INTEGER = 2**53
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
# What XML 1.0 (2.2, Char) can carry; PostgreSQL and file names are content with a part of the rest.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Written:
    """One value as characters, and the JSON kind it had."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One envelope in parts; `head` is without `sign`. `None` means that the member is absent.

    `body` holds the plain members (op, key, version, in the order given) beside the three containers.
    """

    head: Mapping[str, Any]
    sign: Mapping[str, Any] | None
    body: Mapping[str, Any]
    fields: Mapping[str, Any]
    ext: Mapping[str, Any] | None
    files: tuple[Mapping[str, Any], ...] | None

    @property
    def stage(self) -> str:
        return str(self.head.get("stage", ""))

    def envelope(self) -> dict[str, Any]:
        """The native envelope again; canonical form does not depend on the order of members."""
        head = dict(self.head) | ({} if self.sign is None else {"sign": dict(self.sign)})
        body = {**self.body, "fields": dict(self.fields)}
        if self.ext is not None:
            body["ext"] = dict(self.ext)
        if self.files is not None:
            body["files"] = [dict(row) for row in self.files]
        return {"head": head, "body": body}


def split(envelope: Any) -> Record | tuple[Finding, ...]:
    """The parts of an envelope whose containers have their types; whether the rest is right is not asked."""
    wrong = tuple(
        Finding("envelope.type", at, expected, type(found).__name__, "按信封的结构组织报文", CLAUSE)
        for at, expected, good, found in _containers(envelope)
        if not good
    )
    if wrong:
        return wrong
    head, body = dict(envelope["head"]), dict(envelope["body"])
    sign, fields = head.pop("sign", None), body.pop("fields")
    ext, files = body.pop("ext", None), body.pop("files", None)
    return Record(head, sign, body, fields, ext, None if files is None else tuple(files))


def _containers(envelope: Any) -> Iterator[tuple[str, str, bool, Any]]:
    parts = envelope if isinstance(envelope, dict) else {}
    head, body = parts.get("head"), parts.get("body")
    yield "", "{head, body}", set(parts) == {"head", "body"}, envelope
    yield "/head", "object", isinstance(head, dict), head
    yield "/body", "object", isinstance(body, dict), body
    if isinstance(head, dict) and "sign" in head:
        yield "/head/sign", "object", isinstance(head["sign"], dict), head["sign"]
    if not isinstance(body, dict):
        return
    yield "/body/fields", "object", isinstance(body.get("fields"), dict), body.get("fields")
    if "ext" in body:
        yield "/body/ext", "object", isinstance(body["ext"], dict), body["ext"]
    if "files" in body:
        rows = body["files"]
        good = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        yield "/body/files", "array of objects", good, rows


def write(value: Any) -> Written:
    """A JSON value as kind and characters. What is nested becomes JSON text with members sorted."""
    if value is None:
        return Written("null", "")
    if isinstance(value, bool):
        return Written("boolean", "true" if value else "false")
    if isinstance(value, str):
        return Written("string", value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return Written("integer", str(value))
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Written("json", text)


def read(written: Written) -> Any:
    """The value again; ValueError when characters and kind do not fit (a stranger wrote them)."""
    kind, text = written.kind, written.text
    if kind == "string":
        return text
    if kind == "null" and not text:
        return None
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and _INTEGER.fullmatch(text) and len(text) <= 17 and abs(int(text)) <= MAX_INTEGER:
        return int(text)
    if kind == "json":
        parsed = parse(text.encode("utf-8", "surrogatepass"))
        if not parsed.findings:
            return parsed.value
    raise ValueError(f"not a {kind}")


def natural(type_: str, text: str) -> Kind:
    """The kind that bare characters have in a field of this type, when nobody said another one.

    `type_` is a type of the tables: integers beyond 2^53 are strings there, all text is.
    """
    if type_ == "integer" and _INTEGER.fullmatch(text) and len(text) <= 17 and abs(int(text)) <= MAX_INTEGER:
        return "integer"
    if type_ == "boolean" and text in ("true", "false"):
        return "boolean"
    return "string"


def unwritable(value: Any, at: str = "", *, refused: re.Pattern[str] = NOT_XML) -> Iterator[Finding]:
    """Every character of names and texts that a binding cannot carry: refused by name, never dropped."""
    if isinstance(value, str):
        found = refused.search(value)
        if found is not None:
            observed = f"U+{ord(found.group()):04X} @ {found.start()}"
            advice = "删除该字符,或改用 JSON 绑定"
            yield Finding("binding.character", at, "该绑定能承载的字符", observed, advice, CLAUSE)
    elif isinstance(value, dict):
        for name, member in value.items():
            where = f"{at}/{pointer(name)}"
            yield from unwritable(name, where, refused=refused)
            yield from unwritable(member, where, refused=refused)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            yield from unwritable(member, f"{at}/{index}", refused=refused)
