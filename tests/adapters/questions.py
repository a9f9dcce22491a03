"""Questions and answers of services with lists and files, and how the papers' table wants them abroad."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from certs.algorithms.digest import digest
from hub.catalogue.forms import abroad
from hub.catalogue.papers import FieldRow, Papers
from hub.message import CST
from tests.adapters.records import put, take, value_of


def rows_of(papers: Papers, service: str, direction: str) -> tuple[FieldRow, ...]:
    return tuple(r for r in papers.fields if (r.stage, r.direction) == (service, direction))


def blob(octets: bytes) -> dict[str, Any]:
    """A file as the shell hands it to a codec."""
    name = digest(octets).hex()
    held = base64.b64encode(octets).decode()
    media = "application/octet-stream"
    return {"name": name, "digest": f"sm3:{name}", "size": len(octets), "media": media, "data": held}


def service_fields(
    papers: Papers, service: str, direction: str, seed: int, share: float = 1.0
) -> dict[str, Any]:
    """A lawful request or reply; with `share` below 1 some optional fields are missing."""
    rng = random.Random(seed)
    fields: dict[str, Any] = {}
    for row in rows_of(papers, service, direction):
        value: Any = blob(rng.randbytes(40)) if row.form == "blob" else value_of(row, papers, rng)
        if row.required or rng.random() <= share:
            _put(fields, row.standard, value)
    for row in rows_of(papers, service, direction):
        kind, _, rest = row.form.partition(":")
        unit = rest.partition(":")[2]
        if kind == "amount" and unit and take(fields, row.standard) is not None:
            put(fields, unit, rng.choice("01"))
    return fields


def _put(fields: dict[str, Any], standard: str, value: Any) -> None:
    """Lists have two items; where two rows are halves of one moment, the first value stays."""
    path, is_list, leaf = standard.partition("[]")
    if not is_list:
        if take(fields, path) is None:
            put(fields, path, value)
        return
    if take(fields, path) is None:
        put(fields, path, [] if not leaf else [{}, {}])
    items = take(fields, path)
    if not leaf:
        items += [value, value]
    for item in items if leaf else ():
        put(item, leaf.lstrip("."), value)


def text_of(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value["data"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def expected(papers: Papers, service: str, direction: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Foreign path -> text, or list of texts or of objects of texts; what is absent is left out."""
    made: dict[str, Any] = {}
    flat = dict(_flat(fields))
    for row in rows_of(papers, service, direction):
        path, is_list, leaf = row.standard.partition("[]")
        name, _, part = row.foreign.partition("[]")
        value = take(fields, path)
        if value is None:
            continue
        if not is_list:
            made[row.foreign] = _abroad(row, value, flat, papers)
        elif not leaf:
            made[name] = [_abroad(row, one, flat, papers) for one in value]
        else:
            items = made.setdefault(name, [{} for _ in value])
            for item, one in zip(items, value, strict=True):
                if take(one, leaf.lstrip(".")) is not None:
                    item[part.lstrip("/")] = _abroad(row, take(one, leaf.lstrip(".")), flat, papers)
    return made


def _abroad(row: FieldRow, value: Any, flat: Mapping[str, str], papers: Papers) -> str:
    return text_of(value) if row.form == "blob" else abroad(row.form, text_of(value), flat, papers.codes)


def _flat(fields: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping) and "data" not in value:
            yield from _flat(value, f"{above}{name}.")
        elif not isinstance(value, list):
            yield f"{above}{name}", text_of(value)


def unified(
    papers: Papers, service: str, direction: str, body: Mapping[str, Any], *, fen: bool = False
) -> dict[str, Any]:
    """Unified fields of a published JSON body, read by the papers' table."""
    also = {"out": "both", "in": "both"}.get(direction, direction)
    fields: dict[str, Any] = {}
    for row in (r for r in papers.fields if r.stage == service and r.direction in (direction, also)):
        path, is_list, leaf = row.standard.partition("[]")
        name, _, part = row.foreign.partition("[]")
        held: Any = body
        for step in name.split("/"):
            held = held.get(step) if isinstance(held, Mapping) else None
        if held is None or row.standard.startswith("@"):
            continue
        if row.form == "datetime:HHmmss":  # the second half of a moment
            put(fields, path, f"{take(fields, path)[:10]}T{held[:2]}:{held[2:4]}:{held[4:]}+08:00")
        elif not is_list:
            put(fields, path, _home(row, held, papers, fen))
            unit = row.form.split(":")[2:]
            if row.form.startswith("amount:") and unit:
                put(fields, unit[0], "0")
        elif not leaf:
            put(fields, path, [_home(row, one, papers, fen) for one in held])
        else:
            if take(fields, path) is None:
                put(fields, path, [{} for _ in held])
            for item, one in zip(take(fields, path), held, strict=True):
                if part.lstrip("/") in one:
                    put(item, leaf.lstrip("."), _home(row, one[part.lstrip("/")], papers, fen))
    return fields


def _home(row: FieldRow, held: Any, papers: Papers, fen: bool) -> Any:
    kind, _, rest = row.form.partition(":")
    text = text_of(held)
    if kind == "blob":
        return blob(base64.b64decode(text))
    if kind == "code":
        back = {foreign: ours for ours, foreign in papers.codes[rest].items()}
        return {"true": True, "false": False}.get(back[text], back[text])
    if kind == "amount" and fen:
        return format((Decimal(held) / 100).normalize(), "f")
    if kind == "int":
        return int(text)
    if kind in ("datetime", "date"):
        return _moment(text, rest, kind)
    return text


def _moment(text: str, pattern: str, kind: str) -> str:
    if pattern == "epoch-ms":
        return datetime.fromtimestamp(int(text) / 1000, CST).isoformat()
    digits = re.sub(r"[^0-9]", "", text)
    moment = datetime.strptime(digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=CST)
    return moment.isoformat() if kind == "datetime" else moment.date().isoformat()
