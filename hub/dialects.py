"""Finds the dialects by entry point; a broken one disables itself and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from hub.ports import Dialect, Gateway

log = logging.getLogger(__name__)

GROUP, GATEWAYS = "hutong.dialects", "hutong.gateways"
_ASKED = ("speaks", "bounds", "fresh", "ask")
_FACE = ("login", "session", "encode", "decode", "ask", "asked", "accept", "reply")


@dataclass(frozen=True, slots=True)
class Found:
    """`loaded` by name; `broken` tells why each missing one is missing (for `hutong doctor`); `gateways`
    speak to the signature servers of CAs."""

    loaded: Mapping[str, Dialect]
    broken: Mapping[str, str]
    gateways: Mapping[str, Gateway] = field(default_factory=dict)


def find() -> Found:
    """All installed dialects and gateways."""
    found = load(entry_points(group=GROUP))
    gateways, broken = _gateways(entry_points(group=GATEWAYS))
    return Found(found.loaded, {**found.broken, **broken}, gateways)


def _gateways(entries: Iterable[EntryPoint]) -> tuple[dict[str, Gateway], dict[str, str]]:
    loaded: dict[str, Gateway] = {}
    broken: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: entry.name):
        try:
            gateway = entry.load()
            if not all(callable(getattr(gateway, name, None)) for name in _ASKED):
                raise TypeError(f"not all of {', '.join(_ASKED)}")
        except Exception as error:  # the same: a translator of whatever origin
            broken[entry.name] = f"{type(error).__name__}: {error}"
            log.error("gateway %s disabled: %s", entry.name, broken[entry.name])
        else:
            loaded[entry.name] = gateway
    return loaded, broken


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
