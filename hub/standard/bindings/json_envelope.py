"""JSON Schema of whole envelopes: head and body from `hub.message.shape`, fields from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.message import shape
from hub.standard.bindings import forms
from hub.standard.bindings.json_rows import deleted_fields, rows, stage_fields
from hub.standard.bindings.json_values import ONE_LINE, Schema, Shelf
from hub.standard.model import Service, Stage

RECORD_PUT = "record.put"
ZH = {
    "ver": "信封版本", "realm": "环境", "from": "发送系统", "to": "接收系统", "msgId": "报文编号",
    "msgType": "报文类型", "stage": "环节编号", "time": "发送时间", "nonce": "一次性随机数",
    "corrId": "关联报文编号", "sign": "签名", "alg": "签名算法", "keyId": "密钥编号", "value": "签名值",
    "op": "操作", "key": "记录主键", "version": "版本号", "fields": "业务字段", "ext": "扩展字段",
    "files": "附件", "name": "文件名", "digest": "摘要", "size": "字节数", "media": "媒体类型",
    "role": "附件角色",
}  # fmt: skip


def record(stages: Sequence[Stage], types: Sequence[str], shelf: Shelf, *, signed: bool) -> Schema:
    """Messages that carry a record of one of these stages under one of these message types."""
    head = members(shape.HEAD, also=["stage"], skip=("sign",))
    head["properties"]["msgType"] |= {"enum": list(types)}
    head["properties"]["stage"] |= {"enum": [stage.id for stage in stages]}
    body = members(shape.RECORD_BODY, skip=("fields", "files"))
    body["properties"]["ext"]["description"] = _extensions(stages)
    body["properties"]["fields"] = {"title": ZH["fields"], "type": "object"}
    body["properties"]["files"] = _files(stages, shelf)
    body["required"].append("fields")
    body["allOf"] = _versions()
    if len(stages) == 1:
        body["allOf"].append(_whole_or_deleted(stages[0], shelf))
    found = _envelope(head, body, shelf, signed=signed)
    rules = [
        _when({"head": ("stage", stage.id)}, {"body": _whole_or_deleted(stage, shelf)})
        for stage in stages
        if len(stages) > 1
    ]
    carrying = [shelf.standard.services[name] for name in types if name != RECORD_PUT]
    rules += [rule for service in carrying for rule in _extension(service, shelf)]
    return found | ({"allOf": rules} if rules else {})


def service_request(service: Service, shelf: Shelf, *, signed: bool) -> Schema:
    """A message that asks a service: its fields are the service's own rows."""
    head = members(shape.HEAD, skip=("sign",))
    head["properties"]["msgType"] |= {"const": service.name}
    head["properties"]["stage"] |= {"enum": [stage.id for stage in shelf.standard.stages]}
    body = members(shape.SERVICE_BODY, skip=("fields", "files"))
    told = f"Request of {service.name}, {service.en}."
    body["properties"]["fields"] = shelf.ref(
        f"{service.name}.request", lambda: rows(service.request, shelf, zh=f"{service.zh}:请求", en=told)
    )
    body["properties"]["files"] = _files((), shelf)
    body["required"].append("fields")
    staged = members(shape.RECORD_BODY, skip=("fields", "ext", "files"))
    staged.pop("additionalProperties")
    rule = {
        "$comment": "a message that names a stage names a record",
        "if": {"properties": {"head": {"required": ["stage"]}}},
        "then": {"properties": {"body": staged | {"allOf": _versions()}}},
    }
    return _envelope(head, body, shelf, signed=signed) | {"allOf": [rule]}


def members(wanted: Sequence[shape.Member], *, also: Sequence[str] = (), skip: Sequence[str] = ()) -> Schema:
    """An object of the envelope from its table of members."""
    rest = [member for member in wanted if member.name not in skip]
    return {
        "type": "object",
        "properties": {member.name: _member(member) for member in rest},
        "required": [member.name for member in rest if member.required or member.name in also],
        "additionalProperties": False,
    }


def _member(member: shape.Member) -> Schema:
    told = {"title": ZH[member.name], "description": f"Expected: {_english(member)}."}
    if member.kind is int:
        return told | {"type": "integer", "minimum": 0, "maximum": forms.MAX_INTEGER}
    if member.kind is not str:
        return told | {"type": "object" if member.kind is dict else "array"}
    if not member.pattern:
        return told | {"type": "string"}
    return told | {"type": "string", "pattern": f"^(?:{member.pattern})$", **ONE_LINE}


def _english(member: shape.Member) -> str:
    if member.kind is int:
        return "an integer, 0 or more"
    return f"text like {member.pattern}" if member.pattern else "as described in the standard"


def _envelope(head: Schema, body: Schema, shelf: Shelf, *, signed: bool) -> Schema:
    head["properties"]["sign"] = _sign(shelf, signed=signed)
    if signed:
        head["required"].append("sign")
    return {
        "type": "object",
        "properties": {
            "head": {"title": "报文头", "description": "Who, what, when, signature.", **head},
            "body": {"title": "报文体", "description": "Operation, key, version and fields.", **body},
        },
        "required": ["head", "body"],
        "additionalProperties": False,
    }


def _sign(shelf: Shelf, *, signed: bool) -> Schema:
    def make() -> Schema:
        block = members(shape.SIGN)
        if not signed:
            block["required"].remove("value")
            block["properties"]["value"] = {"title": ZH["value"], "type": "string"}
        return {"title": ZH["sign"], "description": "Covers the canonical JSON without sign.value.", **block}

    return shelf.ref("sign" if signed else "sign-unsigned", make)


def _files(stages: Sequence[Stage], shelf: Shelf) -> Schema:
    told = {"title": "附件", "description": "A file beside the record, named by digest."}
    item = shelf.ref("file", lambda: told | members(shape.FILE))
    roles = "; ".join(role for stage in stages for role in stage.attachments)
    advice = f"Files beside the record. Roles listed: {roles}." if roles else "Files beside the message."
    return {"title": ZH["files"], "description": advice, "type": "array", "items": item}


def _extensions(stages: Sequence[Stage]) -> str:
    names = "; ".join(name for stage in stages for name in stage.ext)
    return f"Free members beside the fields. Known: {names}." if names else "Free members beside the fields."


def _versions() -> list[Schema]:
    return [
        _when({"": ("op", "insert")}, {"version": {"const": 1}}),
        {
            "if": {"properties": {"op": {"enum": ["update", "delete"]}}, "required": ["op"]},
            "then": {"properties": {"version": {"minimum": 2}}},
        },
    ]


def _whole_or_deleted(stage: Stage, shelf: Shelf) -> Schema:
    return _when(
        {"": ("op", "delete")},
        {"fields": deleted_fields(stage, shelf)},
        otherwise={"fields": stage_fields(stage, shelf)},
    )


def _extension(service: Service, shelf: Shelf) -> list[Schema]:
    """A service that carries records has its own rows in `body.ext`."""
    own = [row for row in service.request if row.of is None]
    if not own:
        return []
    zh, en = f"{service.zh}:扩展字段", f"body.ext of {service.name}, {service.en}."
    rest = shelf.ref(f"{service.name}.ext", lambda: rows(own, shelf, zh=zh, en=en, closed=False))
    body: Schema = {"properties": {"ext": rest}}
    if any(row.required for row in own):
        body["required"] = ["ext"]
    return [_when({"head": ("msgType", service.name)}, {"body": body})]


def _when(
    where: dict[str, tuple[str, str]], then: dict[str, Any], otherwise: dict[str, Any] | None = None
) -> Schema:
    """If a member has a value, then other members look so."""
    ((inside, (name, wanted)),) = where.items()
    test: Schema = {"properties": {name: {"const": wanted}}, "required": [name]}
    found: Schema = {
        "if": {"properties": {inside: test}, "required": [inside]} if inside else test,
        "then": {"properties": then},
    }
    return found | ({"else": {"properties": otherwise}} if otherwise is not None else {})
