"""绑定 json: JSON Schema 2020-12 of every stage and service, made from the tables when asked.

Made in memory and never kept, so that a schema cannot be older than the tables. What a schema cannot
say of a message stands in `BEYOND`; the checker says it.
"""

from __future__ import annotations

from typing import Literal

from hub.standard.bindings import json_envelope
from hub.standard.bindings.json_rows import rows
from hub.standard.bindings.json_values import Schema, Shelf
from hub.standard.book import Book, nearest
from hub.standard.model import Service

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Rules of the checker that stay beyond a schema, and why. Warnings do not refuse, so no schema says them.
BEYOND: dict[str, str] = {
    "party.code-check": "校验位要计算 / the check character is arithmetic (GB 32100, GB 11643)",
    "R11": "两个字段的值互为前缀 / one value begins with another, which no keyword compares",
    "deal.check-character": "仅提示 / a warning: the official rule is unpublished",
    "code.region-outside": "仅提示 / a warning: regions of other provinces are not looked up",
    "file.role": "仅提示 / a warning: roles outside the list are let through",
    "R04": "须知登记状态 / held for a person to release",
    "R05": "须知登记状态 / the parent must be known to the hub",
    "R06": "须知登记状态 / unique and frozen codes",
    "R07": "须知登记状态 / only the owner changes a record",
    "R08": "须知登记状态 / the natural key repeats",
}
Part = Literal["request", "reply"]


def json_schema(standard: Book, stage_id: str, *, signed: bool = True) -> Schema:
    """The whole envelope of a record of one stage; KeyError names the nearest stages.

    `signed=False` is the same for messages before they are signed (samples, drafts).
    """
    shelf = Shelf(standard)
    stage = standard.stage(stage_id)
    made = stage_envelope(standard, stage_id, shelf, signed=signed)
    told = f"Envelope of stage {stage.id}, {stage.en}."
    return _document(standard, f"stage:{stage_id}", stage.zh, told, made, shelf)


def stage_envelope(standard: Book, stage_id: str, shelf: Shelf, *, signed: bool) -> Schema:
    """The same without its definitions, for documents that hold many."""
    carrying = [name for name, one in standard.services.items() if _carries(one, stage_id)]
    types = [json_envelope.RECORD_PUT, *carrying]
    return json_envelope.record([standard.stage(stage_id)], types, shelf, signed=signed)


def _carries(service: Service, stage_id: str) -> bool:
    return service.body == "record" and (stage_id in service.carries or "*" in service.carries)


def service_schema(standard: Book, name: str, part: Part = "request", *, signed: bool = True) -> Schema:
    """The envelope that asks a service, or the fields of its reply; KeyError names the nearest services."""
    service = _service(standard, name)
    shelf = Shelf(standard)
    make = service_envelope if part == "request" else service_reply
    made = make(standard, name, shelf, signed=signed)
    told = f"{'Envelope' if part == 'request' else 'Reply'} of {name}, {service.en}."
    zh = service.zh if part == "request" else f"{service.zh}:应答"
    return _document(standard, f"service:{name}:{part}", zh, told, made, shelf)


def service_envelope(standard: Book, name: str, shelf: Shelf, *, signed: bool) -> Schema:
    """The request of a service, without definitions."""
    service = _service(standard, name)
    if service.body == "service":
        return json_envelope.service_request(service, shelf, signed=signed)
    stages = standard.stages
    if "*" not in service.carries:
        stages = tuple(standard.stage(stage_id) for stage_id in service.carries)
    return json_envelope.record(stages, [name], shelf, signed=signed)


def service_reply(standard: Book, name: str, shelf: Shelf, *, signed: bool = True) -> Schema:
    """The fields of a reply, without definitions. One that says `found: false` need say no more."""
    service = _service(standard, name)
    told = f"Reply of {service.name}, {service.en}."
    made = rows(service.reply, shelf, zh=f"{service.zh}:应答", en=told)
    if not any(row.name == "found" and row.type == "boolean" for row in service.reply):
        return made
    required = made.pop("required", [])
    missed = {"properties": {"found": {"const": False}}, "required": ["found"]}
    return made | {"if": missed, "else": {"required": required}}


def _service(standard: Book, name: str) -> Service:
    try:
        return standard.services[name]
    except KeyError:
        near = ", ".join(nearest(name, standard.services)) or "none is near"
        raise KeyError(f"no service {name!r} in the standard; nearest: {near}") from None


def _document(standard: Book, name: str, zh: str, en: str, made: Schema, shelf: Shelf) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": f"urn:hutong:standard:{standard.version}:{name}",
        **made,
        "title": zh,
        "description": en,
        "$defs": dict(sorted(shelf.definitions.items())),
    }
