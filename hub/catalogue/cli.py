"""`hutong systems`: the catalogue on the terminal or as one JSON document."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from hub.catalogue.load import load
from hub.catalogue.model import System

SUMMARY = "接入系统目录:135 个系统 / the catalogue of connected systems"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("id", nargs="?", metavar="ID", help="系统编号,如 D09 / one system")
    parser.add_argument("--json", action="store_true", help="一份 JSON / one JSON document")


def run(args: argparse.Namespace) -> int:
    """Exit 0, or 2 for an id that is not in the catalogue."""
    catalogue = load()
    if args.id is None:
        rows = [row(system) for system in catalogue.systems]
        print(json.dumps(rows, ensure_ascii=False) if args.json else _table(rows))
        return 0
    system = catalogue.by_id.get(args.id.upper())
    if system is None:
        print(f"目录中没有 {args.id} / no such system", file=sys.stderr)
        return 2
    detail = _detail(system)
    print(json.dumps(detail, ensure_ascii=False) if args.json else _lines(detail))
    return 0


def row(system: System) -> dict[str, Any]:
    """The members contracts.md promises for each of the 135 rows."""
    return {
        "id": system.id,
        "zh": system.zh,
        "en": system.en,
        "tier": system.tier,
        "kind": system.kind,
        "dialect": system.dialect,
        "dir": system.dir,
        "messages": list(system.messages),
        "provenance": system.named,
    }


def _detail(system: System) -> dict[str, Any]:
    catalogue = load()
    return {
        **row(system),
        "variant": system.variant,
        "region": system.region,
        "owner": system.owner,
        "auth": system.auth,
        "encoding": system.encoding,
        "quirks": list(system.quirks),
        "aliases": list(system.aliases),
        "seed": system.seed,
        "note": system.note,
        "papers": system.dialect in catalogue.with_papers(),
        "subscriptions": [
            {"stage": s.stage, "message": s.message, "region": s.region}
            for s in catalogue.subscriptions
            if s.receiver == system.id
        ],
    }


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [f"{r['id']:<4} {r['tier']:<10} {r['kind']:<14} {r['dialect']:<18} {r['zh']}" for r in rows]
    return "\n".join([*lines, f"共 {len(rows)} 个系统 / {len(rows)} systems"])


def _lines(detail: dict[str, Any]) -> str:
    return "\n".join(f"{name:<14} {_text(value)}" for name, value in detail.items() if value not in ("", []))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_text(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values())
    return str(value)
