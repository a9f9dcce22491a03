"""The route table: every path the hub answers, who may ask, and what it says.

`/openapi.json` is generated from it and the application is built from it, so a path cannot exist
undocumented, nor a document promise a path that is not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from hub.server.context import Context


class Who(StrEnum):
    """How the caller proves itself. The wrapper enforces the signed ones before the handler runs."""

    ANYONE = "anyone"
    ENVELOPE = "envelope"  # the signature is in the message
    SIGNED = "signed"  # signed headers; any member or the centre
    STREAM = "stream"  # signed headers that state the digest of a body which is read as it comes
    QUESTION = "question"  # signed headers; what is asked changes nothing and leaves no entry
    CENTRE = "centre"  # signed headers of the officer
    PEER = "peer"  # address list and the dialect's own proof


PROVED = frozenset({Who.SIGNED, Who.QUESTION, Who.STREAM, Who.CENTRE})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose caller is known: `principal` is "" where nobody had to prove anything."""

    request: web.Request
    principal: str
    body: bytes


Handler = Callable[[Context, Asked], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """`answers` are the statuses beyond 200; `body` says which limit applies when one is read."""

    method: str
    path: str
    handler: Handler
    who: Who
    zh: str
    en: str
    answers: tuple[int, ...] = ()
    page: bool = False


# The application carries its own table, so that the document describes what really answers.
TABLE: web.AppKey[tuple[Route, ...]] = web.AppKey("table", tuple)


def openapi(routes: tuple[Route, ...], version: str) -> dict[str, object]:
    """An OpenAPI 3.1 document of the table (pages are left out)."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes:
        if route.page or route.method == "*":
            continue
        path = route.path.replace("{tail:.*}", "{tail}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "互通 Hutong", "version": version, "summary": "全省一张网消息总线 / message hub"},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM, "Envelope": _ENVELOPE},
            "securitySchemes": {
                "signedHeaders": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Hutong-Sign",
                    "description": "X-Hutong-Key, -Time, -Nonce, -Alg, -Sign over method, path and query",
                }
            },
        },
    }


def _operation(route: Route, path: str) -> dict[str, object]:
    statuses = route.answers or (200,)
    if route.who in PROVED:
        statuses = (*statuses, 401)
    operation: dict[str, object] = {
        "summary": route.zh,
        "description": route.en,
        "responses": {str(status): _response(status) for status in sorted(set(statuses))},
    }
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    if names:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ]
    if route.who in PROVED:
        operation["security"] = [{"signedHeaders": []}]
    if route.who is Who.ENVELOPE:
        schema = {"$ref": "#/components/schemas/Envelope"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _response(status: int) -> dict[str, object]:
    if status < 400:
        return {"description": "OK", "content": {"application/json": {}}}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "Problem", "content": {"application/problem+json": {"schema": schema}}}


_TEXT = {"type": "string"}
_FINDING = {
    "type": "object",
    "required": ["code", "at"],
    "properties": dict.fromkeys(
        ("code", "at", "severity", "expected", "observed", "advice", "clause"), _TEXT
    ),
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "findings"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "code": _TEXT,
        "findings": {"type": "array", "items": _FINDING},
    },
}
_ENVELOPE = {
    "type": "object",
    "required": ["head", "body"],
    "additionalProperties": False,
    "properties": {"head": {"type": "object"}, "body": {"type": "object"}},
}
