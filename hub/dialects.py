"""Finds the dialects by entry point; a broken one disables itself and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from hub.ports import Dialect

log = logging.getLogger(__name__)

GROUP = "hutong.dialects"
_FACE = ("login", "session", "encode", "decode", "ask", "asked", "accept", "reply")


@dataclass(frozen=True, slots=True)
class Found:
    """`loaded` by name; `broken` tells why each missing one is missing (for `hutong doctor`)."""

    loaded: Mapping[str, Dialect]
    broken: Mapping[str, str]


def find() -> Found:
    """All installed dialects."""
    return load(entry_points(group=GROUP))


def load(entries: Iterable[EntryPoint], *, report: Callable[[str], None] = log.error) -> Found:
    loaded: dict[str, Dialect] = {}
    broken: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.name):
        try:
            dialect = entry.load()
            lacking = [name for name in _FACE if not callable(getattr(dialect, name, None))]
            if lacking:
                raise TypeError(f"no method {', '.join(lacking)}")
        except Exception as error:  # a translator of whatever origin must not stop the hub
            broken[entry.name] = f"{type(error).__name__}: {error}"
            report(f"dialect {entry.name} disabled: {broken[entry.name]}")
        else:
            loaded[entry.name] = dialect
    return Found(loaded, broken)
