"""One exchange read by the papers: which record or service it was, and each box in the standard's names.

A page shows what came on the left and this on the right. It is our own reading of `fields.csv`, by the
simulators' hand (`nested`, `translate`), never the hub's. Which form a body fills is found by its names; what
was enciphered is read from the row that it left in the system's own ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.journal import Exchange
from simulators.nested import Body
from simulators.pages.forms import Form, forms, recognised
from simulators.pages.forms import raw as raw_of
from simulators.pages.opened import text_of, trees
from simulators.pages.unsealed import unsealed
from simulators.sheet import empty, moment
from simulators.state import Record
from simulators.system import System
from simulators.translate import flattened

NATIVE = "hub-unified-v1"


@dataclass(frozen=True, slots=True)
class Box:
    """One value on both sides."""

    foreign: str
    raw: str
    standard: str
    value: str
    zh: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says. `how`: names (told by its boxes) or ledger (the row it is about, as that stands now).

    `plain` is what was inside, where the body was enciphered."""

    stage: str
    direction: str
    how: str
    boxes: tuple[Box, ...]
    plain: str = ""


def read(system: System, exchange: Exchange) -> tuple[Reading | None, Reading | None]:
    """The readings of request and reply; a reply is read as an answer to what was asked, if that is known."""
    request, said = exchange.request, exchange.reply
    body = request.body or request.query.encode("utf-8")
    asked = (
        _of(system, body, request.headers, "request", exchange.stage)
        or _left(system, exchange)
        or _of(system, body, request.headers, "request")
    )
    if said is None:
        return asked, None
    return asked, _of(system, said.body, said.headers, "reply", "" if asked is None else asked.stage)


def read_text(dialect: str, text: str, side: str, stage: str = "") -> Reading | None:
    """The best reading of one body; None when no form (of that stage, if one is given) is filled."""
    found = list(trees(text))
    if dialect == NATIVE:
        return next((reading for tree in found if (reading := _native(tree)) is not None), None)
    known = recognised(dialect, found, side, stage)
    return None if known is None else _reading(dialect, *known)


def _of(
    system: System, body: bytes, headers: Mapping[str, str], side: str, stage: str = ""
) -> Reading | None:
    if not body:
        return None
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    text, charset = text_of(body, kind)
    if charset == "hex":
        return None
    plain = unsealed(system, text)
    found = read_text(system.desk.dialect, plain or text, side, stage)
    if found is not None:
        return replace(found, plain=plain)
    return Reading("", side, "plain", (), plain) if plain and not stage else None


def _left(system: System, exchange: Exchange) -> Reading | None:
    """The row that the call was about, as it stands now in the system's own tables."""
    held = system.desk.ledger.find(exchange.stage, exchange.key) if exchange.key else None
    return None if held is None else of_record(system, held)


def of_record(system: System, record: Record) -> Reading:
    """A row of the system's own tables in the standard's names."""
    dialect = system.desk.dialect
    if dialect == NATIVE:
        boxes = tuple(Box(n, _said(v), n, _said(v), "") for n, v in flattened(record.fields).items())
        return Reading(record.message, "both", "ledger", boxes)
    choice = [form for form in forms(dialect, "reply") if form.stage == record.message]
    if not choice:
        boxes = tuple(Box(name, _said(value), "", "", "") for name, value in record.fields.items())
        return Reading(record.message, "", "ledger", boxes)
    form = max(choice, key=lambda form: form.filled(record.fields, form.own))
    found = _reading(dialect, form, record.fields)
    return Reading(found.stage, found.direction, "ledger", found.boxes)


def _reading(dialect: str, form: Form, tree: Mapping[str, Any]) -> Reading:
    codes = Papers.load(dialect).codes
    rows = [(row, raw) for row in (*form.envelope, *form.own) if not empty(raw := raw_of(row, tree))]
    halves = _halves(rows)
    boxes = []
    for row, raw in rows:
        told = _told(row, codes, tree)
        here = row.standard.partition("[]")[0]
        value = halves.get(row.standard) or told.pop(here, told.pop(row.standard, raw))
        boxes.append(Box(row.foreign, _said(raw), row.standard, _said(value), row.zh))
        boxes += [Box("", "", name, _said(unit), "") for name, unit in told.items() if name != here]
    return Reading(form.stage, form.direction, "names", tuple(boxes))


def _halves(rows: list[tuple[FieldRow, Any]]) -> dict[str, str]:
    """Moments whose day and hour stand in two boxes, read together."""
    apart: dict[str, list[tuple[str, str]]] = {}
    for row, raw in rows:
        kind, _, pattern = row.form.partition(":")
        if kind in ("datetime", "date"):
            apart.setdefault(row.standard, []).append((pattern, _said(raw)))
    whole = {}
    for name, parts in apart.items():
        at = moment(" ".join(p for p, _ in parts), " ".join(t for _, t in parts)) if len(parts) == 2 else None
        if at is not None:
            whole[name] = at.isoformat(timespec="seconds") + "+08:00"
    return whole


def _told(row: FieldRow, codes: Mapping[str, Mapping[str, str]], tree: Mapping[str, Any]) -> dict[str, Any]:
    """A box in the standard's own writing, with the unit that its form implies; nothing if none fits."""
    try:
        return Body((row,), codes).home(tree)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        return {}


def _native(tree: Mapping[str, Any]) -> Reading | None:
    """The native dialect needs no translation: head and body, field by field under their own names."""
    head, body = tree.get("head"), tree.get("body")
    if not isinstance(head, Mapping) or not isinstance(body, Mapping):
        return None
    fields = {name: value for name, value in flattened(body).items() if not empty(value)}
    boxes = tuple(
        Box(name, _said(value), name.removeprefix("fields."), _said(value), "")
        for name, value in fields.items()
    )
    return Reading(str(head.get("stage") or head.get("msgType", "")), "both", "names", boxes)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
