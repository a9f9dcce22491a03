"""Writing `peers.toml`: the addresses and sandbox secrets the hub needs to reach the fleet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def render(peers: Mapping[str, Any]) -> str:
    """TOML of nested tables of strings and lists of strings (JSON strings are TOML basic strings)."""
    lines = ["# written by `hutong sim up`; sandbox only"]
    for ident, peer in peers["systems"].items():
        _table(lines, f"systems.{ident}", peer)
    return "\n".join(lines) + "\n"


def _table(lines: list[str], name: str, table: Mapping[str, Any]) -> None:
    lines += ["", f"[{name}]"]
    lines += [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            _table(lines, f"{name}.{key}", value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, peers: Mapping[str, Any]) -> None:
    """Replace the file in one step, so that a hub that watches it never reads half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text(render(peers), encoding="utf-8")
    draft.replace(path)
