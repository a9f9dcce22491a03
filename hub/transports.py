"""Finds who carries what is not HTTP, by the scheme of an address, and loads it only when it is needed.

A hub whose peers all speak HTTP needs none of these libraries; one that lacks a library says so where the
address is used, and everybody else is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from hub.errors import DriverMissingError
from hub.ports import CarrierMaker

GROUP = "hutong.transports"
HTTP = frozenset({"http", "https"})


@cache
def installed() -> Mapping[str, EntryPoint]:
    """By scheme, and by method (in capitals) for what is made of several."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def schemes() -> frozenset[str]:
    """The schemes an address may have."""
    return HTTP | {name for name in installed() if name.islower()}


def maker(name: str) -> CarrierMaker:
    """Who carries under this name; DriverMissingError where nobody is installed or it cannot be loaded."""
    entry = installed().get(name)
    if entry is None:
        raise DriverMissingError(name, "hutong-adapters", "files")
    try:
        made: CarrierMaker = entry.load()
    except ImportError as error:
        raise DriverMissingError(name, error.name or str(error), "files") from error
    return made
