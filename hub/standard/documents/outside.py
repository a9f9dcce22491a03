"""Names of the connected systems, and which of them get which stage.

The catalogue stands above the standard, so it is read here as the data it is (two CSV files beside this
package), never imported; where it is missing, ids stand for names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hub.standard.documents.rows import Cells, rows


@cache
def systems() -> Mapping[str, tuple[str, str]]:
    """Id to names; families of a letter (`T*`) and the hub itself too."""
    named = {row["id"]: (row["zh"], row["en"]) for row in _catalogue("systems.csv")}
    return named | {"hub": ("枢纽", "the hub"), "T*": ("第三方电子交易系统", "third-party trading systems"),
                    "M*": ("市级平台系统", "municipal platforms"), "X*": ("县级平台系统", "county platforms"),
                    "C*": ("数字证书机构", "certificate authorities"),
                    "F*": ("金融机构", "banks and insurers"),
                    "*": ("任一系统", "any system")}  # fmt: skip


@cache
def receivers() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Stage to (system, message) of the subscription table."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in _catalogue("subscriptions.csv"):
        found.setdefault(row["stage"], []).append((row["receiver"], row["message"]))
    return {stage: tuple(dict.fromkeys(pairs)) for stage, pairs in found.items()}


def _catalogue(name: str) -> tuple[Cells, ...]:
    try:
        return rows("hub.catalogue", name)
    except (ModuleNotFoundError, FileNotFoundError):
        return ()
