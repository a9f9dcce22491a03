"""A collection for Postman and Apifox (format v2.1) whose script signs: stages, services, queries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hub.standard.documents.examples import Examples, pretty
from hub.standard.documents.render import asset
from hub.standard.documents.rows import terms
from hub.standard.model import Service, ServiceField
from hub.standard.standard import Standard

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_EMPTY: dict[str, Any] = {
    "string": "", "code": "", "integer": 0, "decimal": "0", "boolean": False, "date": "2026-11-22",
    "datetime": "2026-11-22T09:00:00+08:00", "array": [], "object": {}, "blobref": {},
}  # fmt: skip


def collection(standard: Standard, examples: Examples) -> bytes:
    """The whole collection; its variables are empty where only the vendor knows the value."""
    script = (asset("sign.js") + asset("postman.js")).decode("utf-8").splitlines()
    made = {
        "info": {
            "name": f"互通统一接口 {standard.version}",
            "description": "填写变量 system、keyId、secret(base64)后即可发送;脚本自动签名(HMAC-SM3)。\n"
            "Set system, keyId and secret (base64); the script signs.",
            "schema": SCHEMA,
        },
        "variable": [
            {"key": "base", "value": "http://127.0.0.1:8700"},
            {"key": "realm", "value": "sandbox"},
            {"key": "system", "value": "T01"},
            *({"key": name, "value": ""} for name in ("keyId", "secret", "msgId", "hubId")),
        ],
        "event": [{"listen": "prerequest", "script": {"type": "text/javascript", "exec": script}}],
        "item": [
            {"name": "环节记录", "item": _stages(standard, examples)},
            {"name": "服务报文", "item": _services(standard)},
            {"name": "查询", "item": [_query(name, path) for name, path in _QUERIES]},
        ],
    }
    return pretty(made)


_QUERIES = (
    ("报文全程", "v1/messages/{{hubId}}"),
    ("按报文号查询", "v1/messages?from={{system}}&msgId={{msgId}}"),
    ("存证", "v1/evidence/{{hubId}}"),
)


def _stages(standard: Standard, examples: Examples) -> list[dict[str, Any]]:
    folders: dict[str, list[dict[str, Any]]] = {}
    for stage in standard.stages:
        body = json.dumps(examples.sample(stage.id), ensure_ascii=False, indent=2)
        folders.setdefault(stage.category_zh, []).append(_post(f"{stage.zh} {stage.id}", "v1/messages", body))
    return [{"name": name, "item": items} for name, items in folders.items()]


def _services(standard: Standard) -> list[dict[str, Any]]:
    folders: dict[str, list[dict[str, Any]]] = {}
    for service in standard.services.values():
        if service.body == "service":
            body = json.dumps(outline(service), ensure_ascii=False, indent=2)
            path = f"v1/services/{service.name}" if service.pattern == "request-reply" else "v1/messages"
            family = terms()["family", service.family][0]
            folders.setdefault(family, []).append(_post(f"{service.zh} {service.name}", path, body))
    return [{"name": name, "item": items} for name, items in folders.items()]


def outline(service: Service) -> dict[str, Any]:
    """A request with the required fields, to be filled in."""
    head = {"ver": "1", "realm": "sandbox", "from": "T01", "msgId": "", "msgType": service.name}
    fields = {row.name: _blank(row) for row in required(service.request)}
    return {"head": {**head, "time": "", "nonce": ""}, "body": {"fields": fields}}


def required(rows: Iterable[ServiceField]) -> list[ServiceField]:
    return [row for row in rows if row.required]


def _blank(row: ServiceField) -> Any:
    return row.enum[0] if row.enum else _EMPTY[row.type]


def _post(name: str, path: str, body: str) -> dict[str, Any]:
    request = {
        "method": "POST",
        "header": [{"key": "Content-Type", "value": "application/json; charset=utf-8"}],
        "url": _url(path),
        "body": {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}},
    }
    return {"name": name, "request": request}


def _query(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "request": {"method": "GET", "header": [], "url": _url(path)}}


def _url(path: str) -> dict[str, Any]:
    plain, _, query = path.partition("?")
    made: dict[str, Any] = {
        "raw": "{{base}}/" + path,
        "host": ["{{base}}"],
        "path": plain.split("/"),
    }
    if query:
        pairs = (part.partition("=") for part in query.split("&"))
        made["query"] = [{"key": key, "value": value} for key, _, value in pairs]
    return made
