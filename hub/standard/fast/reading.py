"""Bytes to rows of values in one pass of C: msgspec types generated from the tables.

The types say what costs nothing there: which members there are, which must be there, which are text.
The rest is said of the whole row at once (`plan`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub.message.shape import SIGN, Member
from hub.message.strict import MAX_INTEGER
from hub.standard.fast.plan import BODY_TEXTS, FRAME, HEAD_TEXTS, Record

Broken = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _texts(members: tuple[Member, ...]) -> list[Any]:
    """Text members of the envelope; `""` for those left out that may be."""
    return [(one.name, str) if one.required else (one.name, str, "") for one in members]


def _type(name: str, members: list[Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, members, forbid_unknown_fields=True, kw_only=True, gc=False)


_SIGN = _type("Sign", [(member.name, str) for member in SIGN])
_HEAD = _type("Head", [*_texts(HEAD_TEXTS), ("sign", _SIGN | None, None)])
_BODY = _type(
    "Body",
    [
        *_texts(BODY_TEXTS), ("version", Any), ("fields", msgspec.Raw),
        ("ext", dict[str, Any] | None, None), ("files", list[Any] | None, None),
    ],
)  # fmt: skip
envelope = msgspec.json.Decoder(_type("Envelope", [("head", _HEAD), ("body", _BODY)])).decode


def fields(stage: str, record: Record) -> Callable[[bytes], msgspec.Struct]:
    """The fields of a stage from their bytes, in the order of the record; raises one of `Broken`."""
    texts = record.texts - len(FRAME)
    members: list[Any] = []
    for number, name in enumerate(record.names):
        kind: Any = str if number < texts else Any
        members.append((name, kind) if name in record.required else (name, kind, ""))
    return msgspec.json.Decoder(_type(f"Fields_{stage.replace('-', '_')}", members)).decode


def unambiguous(raw: bytes, sign: object, body: tuple[Any, ...], row: tuple[Any, ...], texts: int) -> bool:
    """Would `hub.message.parse` find nothing in the text of this accepted message? False also when in doubt.

    The decoder keeps the last of two members of one name and says nothing. But each name and each
    string stands between two quotation marks, and it is known how many there should be: a text that
    lost a member has more; so has one with a member that is there and empty, which is looked at again.
    Floats, strange names and lone surrogates were never accepted.
    """
    version, _, ext, files = body[-4:]
    if ext or files or version > MAX_INTEGER:
        return False
    # Of a text its name and itself count, of the rest the name.
    pairs = len(row) - row.count("")
    bare = _OTHERS + (ext is not None) + (files is not None)
    if sign is not None:
        pairs, bare = pairs + len(SIGN), bare + 1
    marks = 4 * pairs + 2 * bare
    if texts != len(row):
        marks -= 2 * [*map(type, row[texts:])].count(int)
    seen = raw.count(b'"')
    if b"\\" in raw:
        if b"\\u0000" in raw:
            return False
        seen -= raw.replace(b"\\\\", b"").count(b'\\"')
    return seen == marks


_OTHERS = 4  # head, body, version, fields
