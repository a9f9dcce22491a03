"""JSON Schema of objects: the fields of a stage, the rows of a service, common types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.standard.bindings.json_values import BLANK, Schema, Shelf, blank, given, optional, value
from hub.standard.check.slot import Slot, of_field, of_row
from hub.standard.model import Condition, Field, ServiceField, Stage


def stage_fields(stage: Stage, shelf: Shelf) -> Schema:
    """`body.fields` of a record that is inserted or updated, with the conditional rules."""
    return shelf.ref(f"{stage.id}.fields", lambda: _stage_fields(stage, shelf))


def deleted_fields(stage: Stage, shelf: Shelf) -> Schema:
    """`body.fields` of a deletion: any of the fields, none required, those required elsewhere also null."""

    def make() -> Schema:
        whole = f"{stage_fields(stage, shelf)['$ref']}/properties"
        members: dict[str, Schema] = {}
        for field in stage.fields:
            forms: list[Schema] = [{"$ref": f"{whole}/{field.name}"}, blank(shelf)]
            members[field.name] = {"anyOf": [*forms, {"type": "null"}] if field.required else forms}
        return {
            "title": f"{stage.zh}(删除)",
            "description": "Fields of a deletion: the key names the record, fields may be repeated.",
            "type": "object",
            "properties": members,
            "additionalProperties": False,
        }

    return shelf.ref(f"{stage.id}.deleted", make)


def _stage_fields(stage: Stage, shelf: Shelf) -> Schema:
    members: dict[str, Schema] = {}
    for field in stage.fields:
        slot = of_field(field, shelf.standard)
        schema = value(slot, shelf)
        schema = given(schema, slot) if field.required else optional(schema, slot, shelf)
        members[field.name] = {"title": field.zh, "description": _told(field), **schema}
    found: Schema = {
        "title": f"{stage.zh}:字段",
        "description": f"Fields of stage {stage.id}, {stage.en}.",
        "type": "object",
        "properties": members,
        "required": [field.name for field in stage.fields if field.required],
        "additionalProperties": False,
    }
    rules = [row for row in shelf.standard.conditions if row.stage == stage.id]
    return found | ({"allOf": [_condition(row, shelf) for row in rules]} if rules else {})


def _told(field: Field) -> str:
    policy = field.policy
    parts = [
        "Required." if field.required else "Optional.",
        f"Openness {policy.openness}"
        + (f", sealed until {policy.sealed_until}" if _sealed(field) else "")
        + ".",
        "Personal data." if policy.personal != "none" else "",
        f"Source {field.source}.",
    ]
    return " ".join(part for part in parts if part)


def _sealed(field: Field) -> bool:
    return field.policy.sealed_until not in ("", "none")


def _condition(row: Condition, shelf: Shelf) -> Schema:
    """R01, R02, R03, R12: a value of one field makes others mandatory."""
    filled = shelf.ref(
        "given",
        lambda: {
            "title": "已填",
            "description": "Not blank.",
            "not": {"type": "string", "pattern": f"^[{BLANK}]*$"},
        },
    )
    return {
        "$comment": row.rule,
        "if": {"properties": {row.when: {"enum": sorted(row.values)}}, "required": [row.when]},
        "then": {"properties": dict.fromkeys(row.requires, filled), "required": list(row.requires)},
    }


def rows(fields: Sequence[ServiceField], shelf: Shelf, *, zh: str, en: str, closed: bool = True) -> Schema:
    """An object of service rows; `closed` forbids members the table does not name."""
    members: dict[str, Schema] = {}
    for row in fields:
        slot = of_row(row, shelf.standard)
        schema = _row(row, slot, shelf)
        schema = given(schema, slot) if row.required else optional(schema, slot, shelf)
        members[row.name] = {"title": row.zh, "description": _row_told(row), **schema}
    found: Schema = {"title": zh, "description": en, "type": "object", "properties": members}
    required = [row.name for row in fields if row.required]
    return {
        **found,
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }


def _row(row: ServiceField, slot: Slot, shelf: Shelf) -> Schema:
    if row.type == "array":
        return {"type": "array", "items": _item(row.item or "", shelf)}
    if row.type in ("object", "blobref") and slot.nested:
        return common_type(slot.nested, shelf)
    return value(slot, shelf)


def _item(name: str, shelf: Shelf) -> Schema:
    if name in shelf.standard.types:
        return common_type(name, shelf)
    return value(Slot(name, "", name, None, False, None, None, False, None, False), shelf)


def common_type(name: str, shelf: Shelf) -> Schema:
    """A type that several services share: party, sectionRef, money ..."""
    fields = shelf.standard.types[name]
    return shelf.ref(
        f"type.{name}",
        lambda: rows(fields, shelf, zh=shelf.standard.type_titles[name], en=f"Common type {name}."),
    )


def _row_told(row: ServiceField) -> str:
    parts: Iterable[str] = (
        "Required." if row.required else "Optional.",
        f"As in stage {row.of}." if row.of else "",
        f"Sealed: {row.sealed}." if row.sealed else "",
        "Personal data." if row.personal else "",
    )
    return " ".join(part for part in parts if part)
