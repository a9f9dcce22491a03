"""What differs between two lists, in the terms in which an officer signs for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_WORDS = {ADDED: "新增", REMOVED: "移除", CHANGED: "变更"}
_NAMED_BY = {"/cas": "id", "/peers": "region"}  # rows with a name are compared by it, not by their place


@dataclass(frozen=True, slots=True)
class Change:
    """`at` is a path in which rows stand by name: `/cas/CA001/sectors/engineering`."""

    kind: str
    at: str
    old: Any = None
    new: Any = None

    @property
    def zh(self) -> str:
        values = " → ".join(_short(one) for one in (self.old, self.new) if one is not None)
        return f"{_WORDS[self.kind]} {self.at}: {values}"

    def as_dict(self) -> dict[str, Any]:
        return {"change": self.kind, "at": self.at, "old": self.old, "new": self.new, "zh": self.zh}


def diff(old: Any, new: Any) -> list[Change]:
    """Two members `list`, as `publishing.content_of` gives them; parsed, so of bounded depth."""
    return list(_differ(old, new, ""))


def _differ(old: Any, new: Any, at: str) -> Iterator[Change]:
    if old == new:
        return
    old, new = _rows(old, at), _rows(new, at)
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield Change(CHANGED, at or "/", old, new)
        return
    for name in sorted({*old, *new}):
        here = f"{at}/{name}"
        if name not in old:
            yield Change(ADDED, here, None, new[name])
        elif name not in new:
            yield Change(REMOVED, here, old[name], None)
        else:
            yield from _differ(old[name], new[name], here)


def _rows(value: Any, at: str) -> Any:
    """A list as a table by name, where it has one."""
    name = _NAMED_BY.get(at)
    if not isinstance(value, list):
        return value
    if name and all(isinstance(one, Mapping) and isinstance(one.get(name), str) for one in value):
        return {one[name]: one for one in value}
    if all(isinstance(one, Mapping) and isinstance(one.get("hash"), str) for one in value):
        return {one["hash"]: one for one in value}
    return value


def _short(value: Any) -> str:
    text = (
        str(value.get("name", {}).get("zh", value))
        if isinstance(value, Mapping) and isinstance(value.get("name"), Mapping)
        else str(value)
    )
    return text if len(text) <= 80 else text[:79] + "…"
