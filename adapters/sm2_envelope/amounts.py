"""Amounts of systems that count in fen: integers on their wire, yuan everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from adapters import jsontext
from adapters.forms import plain
from adapters.rows import finding, refuse
from adapters.situation import bad
from adapters.sm2_envelope.papers import AMOUNTS, FIELDS, IN_FEN
from hub.message import Finding, pointer, shown

_HUNDRED = Decimal(100)


def to_fen(system: str, carried: str, direction: str, body: dict[str, Any]) -> dict[str, Any]:
    """Every amount as an integer; raises `mapping.amount` naming those that have parts of a fen."""
    findings: list[Finding] = []

    def turned(name: str, value: Any) -> Any:
        fen = Decimal(value) * _HUNDRED
        if fen == fen.to_integral_value():
            return jsontext.Number(format(fen.to_integral_value(), "f"))
        findings.append(finding("mapping.amount", _at(carried, name), "整分", str(value)))
        return value

    if system in IN_FEN:
        body = _each(carried, direction, body, turned)
        refuse(findings)
    return body


def to_yuan(
    system: str, carried: str, direction: str, body: dict[str, Any]
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Every integer of fen as yuan; what is no integer is a finding and stays as it is."""
    findings: list[Finding] = []

    def turned(name: str, value: Any) -> Any:
        text = jsontext.scalar(value)
        try:
            if text is None or not text.lstrip("-").isdecimal():
                raise ValueError(name)
            return plain(Decimal(text) / _HUNDRED)
        except (ValueError, InvalidOperation):
            findings.append(bad("field.format", _at(carried, name), "以分计的整数", shown(str(value))))
            return value

    if system not in IN_FEN:
        return body, ()
    return _each(carried, direction, body, turned), tuple(findings)


def _at(carried: str, name: str) -> str:
    """Where the unified message has it."""
    unified = next((row.unified for row in FIELDS.rows if (row.stage, row.foreign) == (carried, name)), name)
    return f"/body/fields/{pointer(unified)}"


def _each(
    carried: str, direction: str, body: dict[str, Any], turned: Callable[[str, Any], Any]
) -> dict[str, Any]:
    """The body with its amounts turned; amounts stand at the top or one object below."""
    ways = (direction, "both" if direction in ("in", "out") else direction)
    names = {name for stage, way, name in AMOUNTS if stage == carried and way in ways}

    def walk(part: dict[str, Any], above: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in part.items():
            if isinstance(value, dict):
                made[name] = walk(value, f"{above}{name}/")
            else:
                known = f"{above}{name}" in names and value not in (None, "")
                made[name] = turned(f"{above}{name}", value) if known else value
        return made

    return walk(body, "")
