"""Where what stands in a typed message: the tables as trees, which encoder and decoder walk alike.

A leaf says which type its bare characters have. An object without members is a free one: whatever
it holds travels as `<member name="…">`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.message import shape
from hub.standard.book import Book
from hub.standard.model import Service, ServiceField, Stage

RECORD_PUT = "record.put"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value; `type` as in the tables."""

    type: str = "string"


@dataclass(frozen=True, slots=True)
class Array:
    """Any number of `item` elements (`file` in the list of attachments)."""

    item: Leaf | Tree
    name: str = "item"


@dataclass(frozen=True, slots=True)
class Tree:
    """Members by name; others are written as `<member name>`."""

    members: Mapping[str, Leaf | Array | Tree] = field(default_factory=dict)


Shape = Leaf | Array | Tree
FREE = Tree()


def _row(members: Sequence[shape.Member]) -> Tree:
    return Tree({one.name: Leaf("integer" if one.kind is int else "string") for one in members})


_SIGN = _row(shape.SIGN)
HEAD = Tree({**{one.name: Leaf() for one in shape.HEAD if one.name != "sign"}, "sign": _SIGN})
FILES = Array(_row(shape.FILE), "file")
_PLAIN: dict[str, Shape] = {"op": Leaf(), "key": Leaf(), "version": Leaf("integer")}


class Shapes:
    """The trees of one standard, made when asked for; a type within a type is made once."""

    def __init__(self, standard: Book) -> None:
        self._standard = standard
        self._stages: dict[str, Tree] = {}
        self._types: dict[str, Tree] = {}

    def message(self, service: Service | None, stage: Stage | None) -> Tree:
        """A whole message: head, then the body of its stage or of its service."""
        ext = FREE
        if service is not None and service.body == "service":
            fields = self.rows(service.request)
        else:
            fields = FREE if stage is None else self.stage(stage)
            own = () if service is None else tuple(row for row in service.request if row.of is None)
            ext = self.rows(own)
        return Tree({"head": HEAD, "body": Tree({**_PLAIN, "fields": fields, "ext": ext, "files": FILES})})

    def stage(self, stage: Stage) -> Tree:
        """The fields of a stage."""
        if stage.id not in self._stages:
            self._stages[stage.id] = Tree({one.name: _leaf(one.type) for one in stage.fields})
        return self._stages[stage.id]

    def rows(self, rows: Sequence[ServiceField]) -> Tree:
        """The rows of a service or of a common type."""
        return Tree({row.name: self._shape(row) for row in rows})

    def _shape(self, row: ServiceField) -> Shape:
        if row.type == "array":
            inside = self._type(row.item or "") if row.item in self._standard.types else _leaf(row.item or "")
            return Array(inside)
        if row.type == "blobref":
            return self._type("fileRef")
        if row.type == "object":
            return self._type(row.ref) if row.ref else FREE
        return _leaf(row.type)

    def _type(self, name: str) -> Tree:
        if name not in self._types:
            self._types[name] = self.rows(self._standard.types[name])
        return self._types[name]


def _leaf(kind: str) -> Leaf:
    return Leaf(kind if kind in ("integer", "boolean") else "string")
