"""JSON Schema of `control`: what a system under test can be told to do, and what it answers.

Requests are closed, because a misspelt argument must not be obeyed half; replies are open, because
a vendor may tell more than the suite reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.standard.bindings.json_schema import DIALECT, Part
from hub.standard.bindings.json_values import Schema
from hub.standard.book import Book, nearest
from hub.standard.model import ControlMember


def control_schema(standard: Book, command: str, part: Part = "request") -> Schema:
    """The whole request `{command, arguments}`, or the reply; KeyError names the nearest commands."""
    try:
        one = standard.control[command]
    except KeyError:
        near = ", ".join(nearest(command, standard.control)) or "none is near"
        raise KeyError(f"no control command {command!r}; nearest: {near}") from None
    made = _reply(standard, one.reply) if part == "reply" else _request(standard, command, one.arguments)
    return {
        "$schema": DIALECT,
        "$id": f"urn:hutong:standard:{standard.version}:control:{command}:{part}",
        "title": one.zh,
        "description": f"{one.en}.",
        **made,
    }


def _request(standard: Book, command: str, rows: Iterable[ControlMember]) -> Schema:
    arguments = _object(standard, rows) | {"additionalProperties": False}
    told = {"title": "命令", "description": "Name of the command."}
    return {
        "type": "object",
        "properties": {
            "command": {**told, "const": command},
            "arguments": {"title": "参数", "description": "Arguments of the command.", **arguments},
        },
        "required": ["command", *(["arguments"] if arguments["required"] else [])],
        "additionalProperties": False,
    }


def _reply(standard: Book, rows: Iterable[ControlMember]) -> Schema:
    return _object(standard, rows, nullable=True)


def _object(standard: Book, rows: Iterable[ControlMember], *, nullable: bool = False) -> Schema:
    rows = tuple(rows)
    return {
        "type": "object",
        "properties": {row.name: _member(standard, row, nullable=nullable) for row in rows},
        "required": [row.name for row in rows if row.required],
    }


def _member(standard: Book, row: ControlMember, *, nullable: bool) -> Schema:
    told: Schema = {"title": row.zh, "description": f"{row.en}."}
    if row.type == "any":
        return told
    if row.type == "stage":
        return told | {"type": "string", "enum": [stage.id for stage in standard.stages]}
    kinds = [row.type, *(["null"] if nullable and not row.required else [])]
    told["type"] = kinds[0] if len(kinds) == 1 else kinds
    if row.length is not None and row.type == "string":
        told |= {"minLength": 1, "maxLength": row.length}
    elif row.length is not None:
        told |= {"minimum": 0, "maximum": 10**row.length - 1}
    return told
