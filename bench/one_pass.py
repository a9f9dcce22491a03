"""msgspec's bare one pass: types generated from the tables that decode and validate in C, and nothing more.

The yardstick of `check.py`. They know members, types, lengths, codes and patterns; not blank values, check
characters, conditions between fields, versions, deletions, doubled members or any warning.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from hub.message import shape
from hub.standard import Field, Standard
from hub.standard.bindings import forms


def decoder(standard: Standard, stage_id: str) -> msgspec.json.Decoder[Any]:
    """One pass over a record of one stage that is inserted or updated."""
    stage = standard.stage(stage_id)
    fields = [_member(field.name, _value(standard, field), required=field.required) for field in stage.fields]
    head = [_member(m.name, _shape(m), required=m.required) for m in shape.HEAD]
    body = [
        _member(m.name, _type("Fields", fields) if m.name == "fields" else _shape(m), required=m.required)
        for m in shape.RECORD_BODY
    ]
    whole = _type("Envelope", [("head", _type("Head", head)), ("body", _type("Body", body))])
    return msgspec.json.Decoder(whole)


def _type(name: str, members: list[Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(name, members, forbid_unknown_fields=True, kw_only=True, gc=False)


def _member(name: str, kind: Any, *, required: bool) -> tuple[Any, ...]:
    return (name, kind) if required else (name, kind | msgspec.UnsetType, msgspec.UNSET)


def _pattern(pattern: str, **more: int) -> Any:
    return Annotated[str, msgspec.Meta(pattern=f"^(?:{pattern})$", **more)]


def _shape(member: shape.Member) -> Any:
    if member.kind is int:
        return Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    if member.name == "sign":
        return _type("Sign", [_member(m.name, _shape(m), required=m.required) for m in shape.SIGN])
    if member.kind is list:
        return list[_type("File", [(m.name, _shape(m)) for m in shape.FILE])]  # type: ignore[misc]
    if member.kind is dict:
        return dict[str, Any]
    return _pattern(member.pattern) if member.pattern else str


def _value(standard: Standard, field: Field) -> Any:
    if field.type == "integer":
        most = 10 ** (field.length or 15) - 1
        return Annotated[int, msgspec.Meta(ge=-most, le=most)]
    if field.type == "decimal":
        return _pattern(forms.decimal(field.precision))
    if field.type in ("date", "datetime"):
        return _pattern(forms.DATE if field.type == "date" else forms.DATETIME)
    codes = standard.code_lists[field.code_list] if field.code_list else None
    if codes is not None and not field.multi and codes.id != "region":
        return Literal[tuple(codes.codes)]
    sizes: dict[str, int] = {}
    if field.length is not None:
        least = field.length if field.fixed else int(field.required)
        sizes = {"min_length": least, "max_length": field.length}
    if codes is not None:
        return _pattern(forms.several(codes) if field.multi else forms.region(codes), **sizes)
    if field.format is not None:
        return _pattern(standard.formats[field.format].pattern, **sizes)
    if field.required:
        return Annotated[str, msgspec.Meta(pattern="\\S", **sizes)]
    return Annotated[str, msgspec.Meta(**sizes)]
