"""A portal asks the hub for tickets and identities; a signer tells it what a person has confirmed."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.asking import service
from adapters.incoming import unread
from adapters.origin import below
from adapters.scan_oauth import proof
from adapters.scan_oauth.papers import (
    ADMITTED,
    ANSWERS,
    API,
    BODIES,
    CALLBACK,
    CARRIED,
    JSON,
    LIMIT,
    NUMBERS,
    TOKEN,
    TOLD,
)
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, Situation, bad, every, service_code, situation
from hub.message import parse, shown
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

_WORDS = {
    "200": "ok",
    "4001": "client_id不存在或未授权",
    "4002": "签名错误",
    "4003": "请求时间超出范围",
    "4004": "随机数重复",
    "4010": "access_token无效或过期",
    "4101": "票据不存在",
    "4102": "票据已过期",
    "4401": "业务号重复,返回首次结果",
    "4402": "同一业务号内容不一致",
    "4501": "必填项为空",
    "4502": "字段格式错误",
    "4503": "代码不存在",
    "4504": "请求体不是合法JSON",
    "4505": "报文过大",
    "4506": "接口未开通",
    "5000": "内部错误",
    "5001": "系统繁忙",
}
_CODES = {
    Situation.ACCEPTED: "200",
    Situation.DUPLICATE: "4401",
    Situation.CONFLICT: "4402",
    Situation.AUTH: "4002",
    Situation.OFFLINE: "4001",
    Situation.REQUIRED: "4501",
    Situation.CODE: "4503",
    Situation.MALFORMED: "4504",
    Situation.TOO_LARGE: "4505",
    Situation.BUSY: "5001",
    Situation.UPSTREAM: "5001",
    Situation.INTERNAL: "5000",
}
_FINDINGS = {"4003": "auth.time-window", "4010": "auth.expired"}


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers: size, path, proof, token, JSON, what was agreed, fields."""
    path = below(request.path, call.system)
    operation = path.removeprefix(API) if path.startswith(API) else ""
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    if request.method != "POST" or (path not in (TOKEN, CALLBACK) and operation not in CARRIED):
        return unread("", "", bad(NO_PATH, "", API, shown(request.path)))
    fault, nonce = proof.fault(request, path, call.credentials, call.now)
    if not fault and operation and not proof.bears(request, call.session, call.credentials, call.now):
        fault = "4010"
    if fault:
        finding = bad(_FINDINGS.get(fault, "auth.failed"), "", "", fault)
        return unread("", "", finding, context={"auth": fault})
    parsed = parse(request.body)
    context = {"nonce": nonce}
    if parsed.findings or not isinstance(parsed.value, dict):
        observed = parsed.findings[0].code if parsed.findings else "不是对象"
        return unread("", "", bad(MALFORMED, "", "JSON 对象", observed), authenticated=True, context=context)
    if path == TOKEN:
        return _token(parsed.value, call, context)
    if path == CALLBACK:
        return _told(parsed.value, call, context)
    carried = CARRIED[operation]
    if carried not in ADMITTED.get(call.system, ()):
        return _closed(operation, context)
    return service(BODIES, carried, parsed.value, call, number=NUMBERS.get(carried, ()), context=context)


def _closed(name: str, context: dict[str, Any]) -> Incoming:
    """Something of the papers that was not agreed with this system."""
    finding = bad("path.closed", "", "已开通的接口", shown(name))
    return unread("", "", finding, authenticated=True, context={**context, "closed": True})


def _token(body: dict[str, Any], call: Call, context: dict[str, Any]) -> Incoming:
    if body.get("grant_type") != "client_credentials":
        finding = bad("code.unknown", "/grant_type", "client_credentials", shown(str(body.get("grant_type"))))
        return unread("", "", finding, authenticated=True, context=context)
    token = call.session or proof.issued(call.credentials, call.now)
    seconds = int((token.expires - call.now).total_seconds())
    given = {"access_token": token.value, "expires_in": seconds}
    return Incoming("", "", "", "", 0, "", {}, authenticated=True, context={**context, "login": given})


def _told(body: dict[str, Any], call: Call, context: dict[str, Any]) -> Incoming:
    """A callback: the reply to a question of ours, under the number we gave it; `op` says that it is one."""
    event, number = (jsontext.scalar(body.get(name)) or "" for name in ("event", "req_no"))
    data = body.get("data")
    if event not in TOLD.get(call.system, ()):
        return _closed(event, context)
    carried, context = CARRIED[event], {**context, "callback": event}
    if not isinstance(data, dict) or not number:
        finding = bad(
            "field.required", "/body/fields/requestNo" if not number else "/body/fields", "req_no, data"
        )
        return unread(carried, "", finding, authenticated=True, context=context)
    fields = BODIES.home(carried, "reply", data) | {"requestNo": number}
    if event == "state" and (ticket := jsontext.scalar(data.get("ticket"))):
        fields["ticket"] = ticket
    state = jsontext.scalar(data.get("state")) or ""
    findings = BODIES.read(
        carried, "reply", {name: v for name, v in data.items() if name != "ticket"}
    ).findings
    return Incoming(
        carried,
        "",
        "callback",
        "",
        0,
        f"{event}:{number}:{state}",
        fields,
        findings=findings,
        authenticated=True,
        context=context,
    )


def reply(answer: Answer, incoming: Incoming) -> WireReply:
    """HTTP 200 with a code of its own, but for a path that is none."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    code = _code(meaning, answer, incoming)
    words, data = _WORDS.get(code, answer.message or code), None
    findings = every(answer, incoming)
    if code in ("4501", "4502", "4503") and findings:
        told = ((BODIES.name_of(incoming.message, found.at) or "报文", found.code) for found in findings)
        words = ";".join(f"{name}:{why}" for name, why in told)
    if code in ("200", "4401"):
        data = incoming.context.get("login") or _data(answer, incoming)
    body = {"code": jsontext.Number(code), "msg": words, "data": data}
    return WireReply(200, {"Content-Type": JSON}, jsontext.document(body))


def _code(meaning: Situation, answer: Answer, incoming: Incoming) -> str:
    if answer.code == "auth.nonce-reused":
        return "4004"
    if meaning in (Situation.BUSY, Situation.INTERNAL, Situation.TOO_LARGE):
        return _CODES[meaning]
    if meaning is Situation.AUTH:
        return str(incoming.context.get("auth") or _CODES[meaning])
    if incoming.context.get("login"):
        return "200"
    if incoming.context.get("closed"):
        return "4506"
    if meaning is Situation.ACCEPTED and incoming.context.get("callback") and answer.status == 200:
        return "4401"  # a callback is told, not asked: the first time it is answered 202
    return ANSWERS.spelling(service_code(answer, incoming)) or _CODES.get(meaning, "4502")


def _data(answer: Answer, incoming: Incoming) -> dict[str, Any]:
    """Thanks for a callback; the reply fields of a question."""
    if incoming.context.get("callback"):
        return {"received": True}
    return BODIES.write(incoming.message, "reply", answer.data, {})
