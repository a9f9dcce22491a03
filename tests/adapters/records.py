"""Records made from the papers' own table, so that the contract needs nothing of the adapters."""

from __future__ import annotations

import base64
import random
from typing import Any

from certs.algorithms.digest import digest
from hub.catalogue.papers import FieldRow, Papers


def value_of(row: FieldRow, papers: Papers, rng: random.Random) -> Any:
    """A lawful value of the unified field behind one row."""
    kind, _, rest = row.form.partition(":")
    if kind == "int":
        return rng.randrange(0, 9)
    if kind == "datetime":
        day = f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
        return f"{day}T0{rng.randrange(10)}:05:0{rng.randrange(10)}+08:00"
    if kind == "date":
        return f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    if kind == "amount":
        return f"{rng.randrange(1, 10**9)}.{rng.randrange(1, 10)}"
    if kind == "code":
        codes = sorted(papers.codes[rest])
        code = rng.choice(codes)
        return {"true": True, "false": False}.get(code, code)
    if kind == "blob":
        return blob(rng.randbytes(rng.randrange(1, 60)))
    if kind == "list":
        return ";".join(f"{row.standard[:3]}{rng.randrange(10**6)}" for _ in range(rng.randrange(1, 4)))
    return f"{row.zh}<{rng.randrange(10**6)}>&\"𠮷'"


def blob(octets: bytes) -> dict[str, Any]:
    """A file as the shell gives it to a codec."""
    found = digest(octets, "sm3").hex()
    data = base64.b64encode(octets).decode("ascii")
    about = {"size": len(octets), "media": "application/octet-stream"}
    return {"name": found, "digest": f"sm3:{found}", **about, "data": data}


def fields_of(papers: Papers, stage: str, direction: str, seed: int, *, share: float = 1.0) -> dict[str, Any]:
    """A record of one stage (dotted names become objects); with `share` below 1 some are absent."""
    rng = random.Random(seed)
    rows = papers.rows(stage, direction)
    fields: dict[str, Any] = {}
    for row in rows:
        if row.standard.startswith("@"):
            continue
        value = value_of(row, papers, rng)
        if rng.random() <= share or row.required:
            put(fields, row.standard, value)
    for row in rows:  # an amount in 万元 or 元 has its unit beside it
        kind, _, rest = row.form.partition(":")
        if kind == "amount" and ":" in rest and row.standard in fields:
            fields[rest.partition(":")[2]] = rng.choice("01")
    return fields


def put(fields: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        fields = fields.setdefault(name, {})
    fields[last] = value


def take(fields: dict[str, Any], path: str) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
