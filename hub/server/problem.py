"""What a caller hears: answers of the hub as JSON, refusals as RFC 9457 problem details.

One place renders both, so that a refusal looks the same whichever part refused. `detail` never
holds a stack trace or a word about other members.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from hub.errors import HubError
from hub.message import Finding
from hub.ports import Answer

# All findings are told; of a text made to have a hundred thousand, the first thousand will do.
MOST_FINDINGS = 1000
PROBLEM = "application/problem+json"
# Only what a program may branch on; the sentence for people is `title`, Chinese first.
TITLES = {
    400: "请求不成立 / bad request",
    401: "未通过身份验证 / not authenticated",
    403: "不允许 / not allowed",
    404: "没有可给您的内容 / nothing here for you",
    405: "方法不允许 / method not allowed",
    408: "请求体接收超时 / body took too long",
    409: "与已有内容冲突 / conflict",
    410: "原文已归档 / archived",
    413: "请求体过大 / body too large",
    411: "须写明请求体长度 / length required",
    416: "所求范围不在附件内 / range not satisfiable",
    415: "媒体类型或字符集不支持 / media type or charset not supported",
    422: "报文不符合标准 / message not conformant",
    429: "请求过于频繁 / too many requests",
    500: "平台内部错误 / internal error",
    502: "对端系统不可用 / upstream unavailable",
    503: "平台繁忙 / busy",
    504: "对端系统超时 / upstream timeout",
    507: "平台存储空间不足 / storage full",
}


def refusal(error: HubError) -> Answer:
    """An exception as the answer it becomes."""
    return Answer(
        error.status, error.code, error.detail, findings=error.findings, retry_after=error.retry_after
    )


def problem(answer: Answer) -> dict[str, Any]:
    """The members of one problem document."""
    return {
        "type": f"urn:hutong:problem:{answer.code}",
        "title": TITLES.get(answer.status, TITLES[500]),
        "status": answer.status,
        "detail": answer.message,
        "code": answer.code,
        "findings": [finding.public() for finding in answer.findings[:MOST_FINDINGS]],
        **_more(answer),
        **_story(answer),
        **{name: value for name, value in answer.data.items() if name not in _TAKEN},
    }


def _more(answer: Answer) -> dict[str, Any]:
    hidden = len(answer.findings) - MOST_FINDINGS
    return {"findingsOmitted": hidden} if hidden > 0 else {}


def _story(answer: Answer) -> dict[str, Any]:
    """Who gave the answer to a question, and how old it is."""
    return {"service": dict(answer.story)} if answer.story else {}


_TAKEN = {"type", "title", "status", "detail", "code", "findings", "service"}


def accepted(answer: Answer) -> dict[str, Any]:
    """The members of a good answer to a message: the receipt, and its number where one looks first."""
    body: dict[str, Any] = {"code": answer.code}
    if "hubId" in answer.data:
        body["hubId"] = answer.data["hubId"]
        body["receipt"] = dict(answer.data)
    else:
        body["body"] = dict(answer.data)
    body |= _story(answer)
    if answer.findings:
        body["findings"] = [finding.public() for finding in answer.findings]
    return body


def as_document(answer: Answer) -> dict[str, Any]:
    return accepted(answer) if answer.status < 400 else problem(answer)


def respond(answer: Answer) -> web.Response:
    """The HTTP response of the native binding."""
    media = "application/json" if answer.status < 400 else PROBLEM
    return document(as_document(answer), status=answer.status, media=media, retry_after=answer.retry_after)


def on_the_wire(answer: Answer | bytes, fixed: bytes, *, stays: bool) -> bytes:
    """The same response as bytes of HTTP/1.1; `fixed` are the header lines that every response has. Bytes are
    the JSON of an answer that is good."""
    if isinstance(answer, bytes):
        return _framed(200, "application/json", answer, fixed, stays)
    media = "application/json" if answer.status < 400 else PROBLEM
    retry = b"" if answer.retry_after is None else b"Retry-After: %d\r\n" % max(1, answer.retry_after)
    return _framed(answer.status, media, _written(as_document(answer)), retry + fixed, stays)


def _framed(status: int, media: str, body: bytes, fixed: bytes, stays: bool) -> bytes:
    return (
        b"HTTP/1.1 %d %b\r\nContent-Type: %b; charset=utf-8\r\nContent-Length: %d\r\n"
        b"Cache-Control: no-store\r\n%b%b\r\n%b"
    ) % (
        status, _PHRASES.get(status, b"Answer"), media.encode("ascii"), len(body),
        fixed, b"" if stays else b"Connection: close\r\n", body,
    )  # fmt: skip


_encode = msgspec.json.Encoder().encode
_PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}


def _text(value: Any) -> bytes:
    # A finding may quote a lone surrogate; quoting it must not break the answer that refuses it.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _written(value: Any) -> bytes:
    """`_text` in a fifth of its time (a receipt: 2 us), but for what only findings quote: numbers kept as
    text, lone surrogates."""
    try:
        return _encode(value)
    except (TypeError, UnicodeEncodeError, OverflowError):
        return _text(value)


def document(
    value: Any, *, status: int = 200, media: str = "application/json", retry_after: int | None = None
) -> web.Response:
    """One JSON document, UTF-8 without escapes so that Chinese can be read on the wire."""
    headers = {"Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, retry_after))
    return web.Response(
        body=_text(value), status=status, headers=headers, content_type=media, charset="utf-8"
    )


def say(
    status: int,
    code: str,
    message: str = "",
    *,
    findings: Iterable[Finding] = (),
    data: Mapping[str, Any] | None = None,
    retry_after: int | None = None,
) -> Answer:
    """A refusal in one line where a handler makes it itself."""
    return Answer(status, code, message, data or {}, tuple(findings), retry_after)


NOT_FOUND = say(404, "not-found", "没有这个编号,或它不属于您 / unknown, or not yours")
