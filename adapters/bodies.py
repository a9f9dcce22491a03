"""JSON bodies under a mapping table: nested objects, lists and JSON types, in the order of the table.

A foreign name `A/B` is member B of object A, `X[]/Y` member Y of each item of array X. What a record does
not have is left out, or written as the one value that the dialect has for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters import jsontext
from adapters.mapping import FieldMap
from adapters.paths import reach
from adapters.rows import Row
from adapters.situation import bad
from hub.errors import SenderError
from hub.message import Finding, shown

OMITTED: Final = object()
_ENVELOPE = {"/body/key": "@key", "/body/op": "@op", "/body/version": "@version"}


@dataclass(frozen=True, slots=True)
class Read:
    """A body taken apart: texts by foreign name, lists by theirs, and what had the wrong shape."""

    texts: dict[str, str | None] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


class Bodies:
    """`absent` is what stands for nothing: OMITTED, "" or None; a list is then an empty one, if `hollow`."""

    def __init__(self, fields: FieldMap, absent: object, *, hollow: bool = True) -> None:
        self.fields, self.absent, self.hollow = fields, absent, hollow
        self._lists: dict[tuple[str, str], dict[str, list[Row]]] = {}

    def write(
        self, carried: str, direction: str, values: Mapping[str, Any], about: Mapping[str, str]
    ) -> dict[str, Any]:
        """The body of a record or service, envelope rows first; a delete has nothing but those.

        Raises SenderError as `FieldMap.abroad` does, with the findings of lists among the others.
        """
        bare = about.get("@op") == "delete"
        rows = self._item_rows(carried, direction)
        lists, found = self._lists_abroad(carried, direction, values) if rows else ({}, ())
        try:
            pairs = self.fields.abroad(carried, direction, {} if bare else values, about)
        except SenderError as error:
            raise _refused((*error.findings, *found)) from None
        if found:
            raise _refused(found)
        body: dict[str, Any] = {}
        for row, text in pairs:
            if not bare or row.stage == "*":
                self._put(body, row, text)
        if any("/" in row.foreign for row, _ in pairs):
            body = self._without_hollow(body)
        return self._in_order(carried, direction, body, lists, rows) if rows and not bare else body

    def _lists_abroad(
        self, carried: str, direction: str, values: Mapping[str, Any]
    ) -> tuple[dict[str, list[Any]], tuple[Finding, ...]]:
        try:
            lists = self.fields.lists_abroad(carried, direction, values)
        except SenderError as error:
            return {}, error.findings
        if self.hollow:
            return lists, ()
        given = {
            name
            for one, name in self.fields.lists(carried, direction)
            if isinstance(reach(values, one), list)
        }
        return {name: items for name, items in lists.items() if name in given}, ()

    def _put(self, body: dict[str, Any], row: Row, text: str | None) -> None:
        above, nested, name = row.foreign.rpartition("/")
        value = self.absent if text is None else typed(row, text)
        place = body.setdefault(above, {}) if nested else body
        if value is not OMITTED:
            place[name] = value

    def _without_hollow(self, body: dict[str, Any]) -> dict[str, Any]:
        """An object without any member that says something is nothing itself."""
        full: dict[str, Any] = {}
        for name, value in body.items():
            if isinstance(value, dict) and all(inner is self.absent for inner in value.values()):
                if self.absent is not OMITTED:
                    full[name] = self.absent
            else:
                full[name] = value
        return full

    def _in_order(
        self,
        carried: str,
        direction: str,
        body: dict[str, Any],
        lists: Mapping[str, list[Any]],
        rows: Mapping[str, list[Row]],
    ) -> dict[str, Any]:
        """The lists put between the other members, where the table has them."""
        made: dict[str, Any] = {}
        for row in self.fields.rows:
            if row.stage != carried or row.direction != direction:
                continue
            name = row.foreign.partition("[]")[0] if "[]" in row.unified else row.foreign.partition("/")[0]
            if name in rows:
                if name in lists:
                    made[name] = [self._item(rows[name], item) for item in lists[name]]
            elif name in body:
                made[name] = body[name]
        return made

    def _item(self, rows: list[Row], item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        full: dict[str, Any] = {}
        for row in rows:
            name = _leaf(row)
            value = typed(row, item[name]) if name in item else self.absent
            if value is not OMITTED:
                full[name] = value
        return full

    def _item_rows(self, carried: str, direction: str) -> dict[str, list[Row]]:
        """Rows of each list, by its foreign name."""
        found = self._lists.get((carried, direction))
        if found is None:
            lists = self.fields.lists(carried, direction)
            found = {foreign: rows for (_, foreign), rows in lists.items()}
            self._lists[carried, direction] = found
        return found

    def read(self, carried: str, direction: str, body: Mapping[str, Any]) -> Read:
        """Members as texts; an object or array where the table has none is a finding."""
        lists = self._item_rows(carried, direction)
        rows = self.fields.of(carried, direction)
        objects = {row.foreign.partition("/")[0] for row in rows if "/" in row.foreign}
        read, wrong = Read(), []
        for name, value in body.items():
            if name in objects and isinstance(value, Mapping):
                read.texts.update({f"{name}/{inner}": jsontext.scalar(one) for inner, one in value.items()})
            elif name in lists and isinstance(value, list):
                read.lists[name] = [_plain(item) for item in value]
            elif isinstance(value, dict | list):
                at = _unified(rows, name)
                wrong.append(bad("field.format", f"/body/fields/{at}", "标量", shown(str(value))))
            else:
                read.texts[name] = jsontext.scalar(value)
        return Read(read.texts, read.lists, tuple(wrong))

    def home(self, carried: str, direction: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Unified fields of a service's request or reply."""
        read = self.read(carried, direction, body)
        fields = self.fields.home(carried, direction, read.texts).fields
        found = self.fields.lists_home(carried, direction, read.lists)
        if not self.hollow:
            known = self.fields.lists(carried, direction)
            found = {one: found[one] for one, name in known if name in read.lists}
        return fields | found

    def name_of(self, carried: str, at: str) -> str:
        """The caller's own name of the place a finding points at; "" when it has none."""
        if at in _ENVELOPE:
            rows, wanted = self.fields.of("*", "in"), _ENVELOPE[at]
            return next((row.foreign for row in rows if row.unified == wanted), "")
        steps = at.removeprefix("/body/fields/").split("/")
        wanted = ".".join(step for step in steps if not step.isdigit())
        rows = tuple(row for row in self.fields.rows if row.stage == carried and row.direction != "reply")
        return next((row.foreign for row in rows if row.unified.replace("[]", "") == wanted), "")


def typed(row: Row, text: str) -> Any:
    """The text as the JSON type of its row."""
    if row.type == "integer":
        return jsontext.Number(int(text))
    return text == "true" if row.type == "boolean" else text


def _leaf(row: Row) -> str:
    return row.foreign.partition("[]")[2].lstrip("./")


def _plain(item: Any) -> Any:
    if isinstance(item, Mapping):
        return {name: jsontext.scalar(value) for name, value in item.items()}
    return jsontext.scalar(item)


def _unified(rows: tuple[Row, ...], foreign: str) -> str:
    return next((row.unified for row in rows if row.foreign == foreign), foreign)


def _refused(findings: tuple[Finding, ...]) -> SenderError:
    told = "; ".join(f"{one.at} {one.code}" for one in findings)
    return SenderError(told, code=findings[0].code, findings=findings)
