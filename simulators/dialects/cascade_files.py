"""Cascade files: records as lines of JSON, the schema of a set, signatures, and how a file is looked at.

Written from `dialects/cascade-db-file/rules.md` 3-5, 7 and 8.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from certs.algorithms.digest import mac
from hub.catalogue.papers import FieldRow, Papers
from simulators.nested import Body

NAME = "cascade-db-file"
UNPACKED = 64 * 2**20


class Unfit(Exception):
    """A file cannot be taken, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@cache
def form(stage: str) -> Body:
    """Envelope and stage (or notice) as one JSON form; "" is the envelope alone."""
    papers = Papers.load(NAME)
    return Body(tuple(_typed(row) for row in (*papers.rows("*"), *_own(stage))), papers.codes)


@cache
def body(stage: str) -> Body:
    """The stage's own members."""
    return Body(tuple(_typed(row) for row in _own(stage)), Papers.load(NAME).codes)


def _own(stage: str) -> tuple[FieldRow, ...]:
    papers = Papers.load(NAME)
    return (papers.rows(stage) or papers.rows(stage, "request")) if stage else ()


def _typed(row: FieldRow) -> FieldRow:
    """`number` is a JSON integer here."""
    return replace(row, foreign_type="integer") if row.foreign_type == "number" else row


@cache
def field_schema(stage: str) -> str:
    """What a publish row says the columns are."""
    rows = (*Papers.load(NAME).rows("*"), *_own(stage))
    told = [
        {"name": r.foreign, "type": r.foreign_type, "required": int(r.required), "comment": r.zh}
        for r in rows
    ]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def fits(text: str, stage: str) -> bool:
    """Does a published schema hold every column that is required, and none that nobody knows?"""
    try:
        names = {str(each["name"]) for each in json.loads(text)}
    except (ValueError, TypeError, KeyError):
        return False
    known = json.loads(field_schema(stage))
    return {e["name"] for e in known if e["required"]} <= names <= {e["name"] for e in known}


def line(head: Mapping[str, Any], stage: str, fields: Mapping[str, Any]) -> str:
    """One record as it stands in a file."""
    own = body(stage).abroad(fields) if fields else {}
    return json.dumps({**head, **own}, ensure_ascii=False, separators=(",", ":")) + "\n"


def signature(key: str, octets: bytes) -> str:
    """HMAC-SM3 in lower case hexadecimal."""
    return mac(octets, key.encode("utf-8")).hex()


def short_id(text: str) -> str:
    """Ids of publish and description rows."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def records(described: Mapping[str, Any], files: Sequence[bytes] | None, key: str) -> list[Any]:
    """What the described file holds; raises Unfit with the first code of rules.md 7."""
    if not files:
        raise Unfit("C11")
    size = sum(map(len, files))
    if size != int(described["size"]):
        raise Unfit("C14" if size < int(described["size"]) else "C12")
    if described["type"] != "4" and described["signature"] != signature(key, files[0]):
        raise Unfit("C13")
    try:
        found = [
            json.loads(text) for octets in files for text in _lines(octets, described["compress"] == "1")
        ]
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise Unfit("C15") from error
    if len(found) != int(described["record_count"]) or not all(isinstance(each, dict) for each in found):
        raise Unfit("C15")
    return found


def _lines(octets: bytes, compressed: bool) -> list[str]:
    if compressed:
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        octets = unpacker.decompress(octets, UNPACKED)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("not whole, or too much")
    return [text for text in octets.decode("utf-8").split("\n") if text]


def compressed(octets: bytes) -> bytes:
    return gzip.compress(octets, mtime=0)
