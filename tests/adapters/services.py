"""Requests and replies of services made from the papers' table, and how the papers want them written.

Shared by the dialects whose services have lists; nothing here knows an adapter.
"""

from __future__ import annotations

import random
from typing import Any

from hub.catalogue.forms import abroad
from hub.catalogue.papers import FieldRow, Papers
from tests.adapters.records import put, take, value_of

# One foreign place: a text, or a list of items that are texts or places themselves.
Node = tuple[str, Any]


def said(
    papers: Papers, service: str, direction: str, seed: int, *, share: float = 1.0, charset: str = "utf-8"
) -> dict[str, Any]:
    """Lawful unified fields of a request or reply; with `share` below 1 some optional ones are absent."""
    rng = random.Random(seed)
    fields: dict[str, Any] = {}
    lists: dict[str, list[FieldRow]] = {}
    for row in papers.rows(service, direction):
        if "[]" in row.standard:
            lists.setdefault(row.standard.partition("[]")[0], []).append(row)
        elif row.required or rng.random() <= share:
            put(fields, row.standard, _value(row, papers, rng, charset))
    for name, rows in lists.items():
        if rng.random() <= share:
            items = [
                _item(rows, papers, rng, share, charset)
                for _ in range(rng.randrange(3 if share < 1 else 1, 4))
            ]
            put(fields, name, items)
    return fields


def _item(rows: list[FieldRow], papers: Papers, rng: random.Random, share: float, charset: str) -> Any:
    if rows[0].standard.endswith("[]"):
        return _value(rows[0], papers, rng, charset)
    item: dict[str, Any] = {}
    for number, row in enumerate(rows):
        if not number or rng.random() <= share:
            put(item, _below(row.standard), _value(row, papers, rng, charset))
    return item


def _value(row: FieldRow, papers: Papers, rng: random.Random, charset: str) -> Any:
    value = value_of(row, papers, rng)
    if row.form == "int":
        return value
    return value.encode(charset, "ignore").decode(charset) if isinstance(value, str) else value


def _below(standard: str) -> str:
    return standard.partition("[]")[2].lstrip(".")


def written(papers: Papers, service: str, direction: str, fields: dict[str, Any]) -> list[Node]:
    """What the papers' table makes of them, in its order; an absent field or list has no place."""
    made: list[Node] = []
    done: set[str] = set()
    rows = papers.rows(service, direction)
    for row in rows:
        name, mark, _ = row.standard.partition("[]")
        value = take(fields, name)
        if not mark:
            if value not in (None, ""):
                made.append((row.foreign, _text(row, value, papers)))
            continue
        if name in done or value is None:
            continue
        done.add(name)
        group = [one for one in rows if one.standard.partition("[]")[0] == name and "[]" in one.standard]
        made.append((_list_name(row), [_written_item(group, item, papers) for item in value]))
    return made


def _written_item(rows: list[FieldRow], item: Any, papers: Papers) -> Any:
    if rows[0].standard.endswith("[]"):
        return _text(rows[0], item, papers)
    values = ((row, take(item, _below(row.standard))) for row in rows)
    return [
        (row.foreign.rpartition("/")[2], _text(row, value, papers))
        for row, value in values
        if value not in (None, "")
    ]


def _list_name(row: FieldRow) -> str:
    """`hits/hit` of `hits/hit/kind`, `commitments/commitment` as it is, `hits` of `hits[]/kind`."""
    if "[]" in row.foreign:
        return row.foreign.partition("[]")[0]
    return "/".join(row.foreign.split("/")[:2])


def _text(row: FieldRow, value: Any, papers: Papers) -> str:
    if row.form == "blob":
        return str(value["data"])
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return abroad(row.form, text, {}, papers.codes)


def differing(papers: Papers, service: str, direction: str, one: Any, other: Any) -> list[str]:
    """Standard names in which two bodies differ; a list that is empty in one may be absent in the other."""
    names = dict.fromkeys(row.standard.partition("[]")[0] for row in papers.rows(service, direction))
    return [name for name in names if (take(one, name) or None) != (take(other, name) or None)]
