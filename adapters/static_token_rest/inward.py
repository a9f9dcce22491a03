"""A system pushes a record to us, and we answer as its own platform would."""

from __future__ import annotations

import re

from adapters import jsontext
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.proof import same
from adapters.situation import (
    MALFORMED,
    NO_PATH,
    TOO_LARGE,
    Situation,
    bad,
    describe,
    every,
    names,
    situation,
)
from adapters.static_token_rest import sealing
from adapters.static_token_rest.papers import ANSWERED, FIELDS, JSON, LIMIT, SEALED, STAGES, TEXT
from hub.message import Finding, parse, shown, wall
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

WORDS = {
    Situation.ACCEPTED: ("", "操作成功"),
    Situation.DUPLICATE: ("E004", "该记录已存在"),
    Situation.CONFLICT: ("E005", "同版本内容不一致"),
    Situation.AUTH: ("E001", "令牌无效"),
    Situation.OFFLINE: ("E001", "令牌无效"),
    Situation.REQUIRED: ("E002", "必填项为空"),
    Situation.CODE: ("E008", "代码不在字典内"),
    Situation.FORMAT: ("E003", "字段格式错误"),
    Situation.MALFORMED: ("E011", "JSON解析失败"),
    Situation.TOO_LARGE: ("E413", "报文过大"),
    Situation.BUSY: ("E007", "系统繁忙,请稍后再试"),
    Situation.INTERNAL: ("E500", "内部错误"),
}
_SILENT = (Situation.AUTH, Situation.OFFLINE, Situation.MALFORMED, Situation.TOO_LARGE)


def accept(request: WireRequest, call: Call) -> Incoming:
    """Table from the path, token and parameters from the body whatever its content type says."""
    found = re.fullmatch(r"/rest/([a-z]+)/push", below(request.path, call.system))
    stage = STAGES.get(found[1], "") if found else ""
    if request.method != "POST" or not stage:
        return _refused("", bad(NO_PATH, "", "/rest/{表}/push", shown(request.path)))
    if len(request.body) > LIMIT:
        return _refused(stage, bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    body = _opened(request, call)
    if body is None:
        finding = bad(MALFORMED, "", "SM2 密文", "", "解密失败")
        return unread(FIELDS.messages[stage], stage, finding, context={"clear": True})
    parsed = parse(body)
    params = jsontext.member(parsed.value, "params")
    if parsed.findings or not isinstance(params, dict):
        findings = parsed.findings or (bad(MALFORMED, "/params", "{token, params}", ""),)
        return _refused(stage, bad(MALFORMED, "", "JSON", findings[0].code, findings[0].advice))
    token = jsontext.scalar(jsontext.member(parsed.value, "token")) or ""
    proven = same(token, call.credentials.get("token", ""))
    nested = tuple(
        bad("field.format", f"/body/fields/{name}", "标量", shown(value))
        for name, value in params.items()
        if isinstance(value, dict | list)
    )
    flat = {name: jsontext.scalar(value) for name, value in params.items()}
    return record(FIELDS, stage, flat, authenticated=proven, findings=nested)


def _opened(request: WireRequest, call: Call) -> bytes | None:
    """The body as JSON; None where it should have been enciphered for us and is not."""
    if call.variant != SEALED:
        return request.body
    marked = any(name.lower() == sealing.MARK and value == "1" for name, value in request.headers.items())
    return sealing.open_request(request.body, call.credentials) if marked else None


def _refused(stage: str, finding: Finding) -> Incoming:
    return unread(FIELDS.messages.get(stage, ""), stage, finding)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Always HTTP 200 with a status of its own, but for a table that does not exist and our own failure."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    errorno, words = WORDS.get(meaning, WORDS[Situation.FORMAT])
    clear = bool(incoming.context.get("clear")) or meaning is Situation.TOO_LARGE
    if clear and meaning is Situation.MALFORMED:
        words = "解密失败"
    findings = every(answer, incoming)
    custom: dict[str, str] = {}
    if errorno:
        field = next(iter(names(findings, FIELDS, incoming.stage)), "")
        custom = {"errorno": errorno, "field": "" if meaning in _SILENT else field}
    if errorno in ("E002", "E003", "E008") and findings:
        words = describe(findings, FIELDS, incoming.stage)
    custom["rowguid"] = "" if meaning in _SILENT else incoming.key
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        received = str(answer.data.get("receivedTime") or wall(call.now))
        custom["receiptno"] = str(answer.data.get("hubId", ""))
        custom["receipttime"] = received[:19].replace("T", " ")
    status = {"code": 0 if errorno else 1, "text": words}
    body = jsontext.document({"status": status, "custom": custom})
    headers = {"Content-Type": ANSWERED.get(call.variant, JSON)}
    if call.variant == SEALED and not clear:
        headers, body = {"Content-Type": TEXT, sealing.MARK: "1"}, sealing.seal_answer(body, call.credentials)
    return WireReply(500 if meaning is Situation.INTERNAL else 200, headers, body)
