"""OpenAPI 3.1 of the unified interface: what a vendor calls, every field typed by the schemas of the tables.

It describes the exchange itself (messages, services, receipts, problems). The hub's `/openapi.json`
describes every path of one running hub; it may take the components from here.
"""

from __future__ import annotations

from typing import Any

from hub.standard.bindings.json_schema import service_envelope, service_reply, stage_envelope
from hub.standard.bindings.json_values import Schema, Shelf
from hub.standard.bindings.openapi_answers import TEXT, answers
from hub.standard.book import Book
from hub.standard.model import Service

PREFIX = "#/components/schemas/"
# Status of a refusal, and what it means in both languages.
REFUSALS = {
    400: "请求不成立 / not a request",
    401: "未通过身份验证 / signature or key not accepted",
    403: "未上线或不允许 / not online, or not allowed",
    409: "同一编号,内容不同 / same number, other content",
    413: "过大 / too large",
    415: "媒体类型不支持 / media type not supported",
    422: "不符合标准,列出全部问题 / not conformant, all findings",
    429: "过于频繁 / too many, see Retry-After",
    502: "对端不可用 / upstream unavailable",
    503: "繁忙 / busy, see Retry-After",
    504: "对端超时 / upstream timeout",
}
_AGAIN = frozenset({429, 503})


def openapi(standard: Book) -> dict[str, Any]:
    """The whole document; every request and reply points into its components."""
    shelf = Shelf(standard, PREFIX)
    for stage in standard.stages:
        envelope = stage_envelope(standard, stage.id, shelf, signed=True)
        shelf.definitions[stage.id] = {"title": stage.zh, "description": stage.en, **envelope}
    for service in standard.services.values():
        _service_components(standard, service, shelf)
    shelf.definitions |= answers(PREFIX)
    messages = [_ref(stage.id) for stage in standard.stages]
    messages += [_ref(f"{name}.message") for name, one in standard.services.items() if one.body == "service"]
    shelf.definitions["Message"] = {
        "title": "统一报文",
        "description": "One of the messages of the standard; head.msgType and head.stage tell which.",
        "anyOf": messages,
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "统一接口标准 / Unified interface standard",
            "version": standard.version,
            "summary": "全省公共资源交易一张网 / the exchange of records and services",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": zh} for name, zh in _TAGS.items()],
        "paths": _paths(standard),
        "components": {
            "schemas": dict(sorted(shelf.definitions.items())),
            "securitySchemes": {"signedHeaders": _SIGNED_HEADERS},
        },
    }


_TAGS = {"records": "环节记录", "services": "服务报文", "receipts": "回执与全程"}
_SIGNED_HEADERS: Schema = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Hutong-Sign",
    "description": "With X-Hutong-Key, -Time, -Nonce and -Alg, over method, path and query.",
}


def _service_components(standard: Book, service: Service, shelf: Shelf) -> None:
    name = service.name
    told = {"title": service.zh, "description": f"{service.en}. Pattern {service.pattern}."}
    shelf.definitions[f"{name}.message"] = told | service_envelope(standard, name, shelf, signed=True)
    shelf.definitions[f"{name}.reply"] = service_reply(standard, name, shelf)


def _ref(name: str) -> Schema:
    return {"$ref": f"{PREFIX}{name}"}


def _paths(standard: Book) -> dict[str, Any]:
    message = _json(_ref("Message"))
    paths: dict[str, Any] = {
        "/v1/messages": {
            "post": {
                "operationId": "putMessage",
                "tags": ["records"],
                "summary": "提交报文",
                "description": "Submit one signed message; 202 means checked and durable.",
                "requestBody": {"required": True, "content": message},
                "responses": {
                    "200": _answer("同一报文,首份回执 / seen before: the first receipt", "Accepted"),
                    "202": _answer("已受理 / accepted", "Accepted"),
                    **_refusals(400, 401, 403, 409, 413, 415, 422, 429, 503),
                },
            },
            "get": _query("findMessage", "按发送方与报文编号查询", ("from", "msgId"), "query"),
        },
        "/v1/messages:batch": {"post": _batch()},
        "/v1/messages/{hubId}": {"get": _query("traceMessage", "报文全程", ("hubId",), "path")},
    }
    for service in standard.services.values():
        paths[f"/v1/services/{service.name}"] = {"post": _service(service)}
    return paths


def _service(service: Service) -> Schema:
    answer = {
        "type": "object",
        "properties": {
            "code": {"title": "结果码", "description": "0000 means answered.", "const": "0000"},
            "body": _ref(f"{service.name}.reply"),
            "findings": {
                "title": "提示",
                "description": "Warnings.",
                "type": "array",
                "items": _ref("Finding"),
            },
        },
        "required": ["code"],
    }
    said = f"应答 / the reply of {service.name}"
    return {
        "operationId": service.name,
        "tags": ["services"],
        "summary": service.zh,
        "description": f"{service.en}. Own error codes: {', '.join(e.code for e in service.errors)}.",
        "requestBody": {"required": True, "content": _json(_ref(f"{service.name}.message"))},
        "responses": {
            "200": {"description": said, "content": _json(answer)},
            **_refusals(400, 401, 403, 413, 415, 422, 429, 502, 503, 504),
        },
    }


def _batch() -> Schema:
    many: Schema = {
        "type": "object",
        "properties": {
            "messages": {"title": "报文", "type": "array", "items": _ref("Message"), "maxItems": 1000}
        },
        "required": ["messages"],
        "additionalProperties": False,
    }
    result: Schema = {
        "type": "object",
        "properties": {"status": {"type": "integer"}, "code": TEXT},
        "required": ["status", "code"],
    }
    told: Schema = {"type": "object", "properties": {"results": {"type": "array", "items": result}}}
    return {
        "operationId": "putMessages",
        "tags": ["records"],
        "summary": "批量提交,至多 1000 条",
        "description": "A result for each message, in their order; one fault never stops the others.",
        "requestBody": {"required": True, "content": _json(many)},
        "responses": {
            "200": {"description": "逐条结果 / a result for each", "content": _json(told)},
            **_refusals(400, 413, 415, 422, 429, 503),
        },
    }


def _query(name: str, zh: str, parameters: tuple[str, ...], place: str) -> Schema:
    return {
        "operationId": name,
        "tags": ["receipts"],
        "summary": zh,
        "description": "The whole trace of a message, to those who may read it.",
        "parameters": [{"name": one, "in": place, "required": True, "schema": TEXT} for one in parameters],
        "responses": {
            "200": {"description": "全程 / the trace", "content": _json({"type": "object"})},
            **_refusals(401),
            "404": _problem("没有,或不属于您 / unknown, or not yours"),
        },
        "security": [{"signedHeaders": []}],
    }


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _answer(told: str, name: str) -> Schema:
    return {"description": told, "content": _json(_ref(name))}


def _problem(told: str) -> Schema:
    return {"description": told, "content": {"application/problem+json": {"schema": _ref("Problem")}}}


def _refusals(*statuses: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in statuses:
        found[str(status)] = _problem(REFUSALS[status])
        if status in _AGAIN:
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    return found
