"""A member uses the hub as its exchange: fetches a secret, then pushes under it."""

from __future__ import annotations

from adapters import jsontext
from adapters.exch_hmac import signing
from adapters.exch_hmac.papers import (
    FETCH_PATH,
    FIELDS,
    JSON,
    LIMIT,
    SERVICE_PATH,
    STAGES,
    rid_of,
)
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.situation import MALFORMED, NO_PATH, TOLD, TOO_LARGE, Situation, bad, describe, every, situation
from hub.message import parse, shown, wall
from hub.ports import Answer, Call, Incoming, Session, WireReply, WireRequest

_WORDS = {
    Situation.ACCEPTED: ("0", "成功"),
    Situation.DUPLICATE: ("0", "成功"),
    Situation.CONFLICT: ("2002", "同主键同版本的内容不一致"),
    Situation.AUTH: ("1001", "签名不匹配"),
    Situation.OFFLINE: ("1005", "请求者未订阅该服务"),
    Situation.REQUIRED: ("2001", "必填项为空"),
    Situation.CODE: ("2003", "代码值不存在"),
    Situation.FORMAT: ("2002", "字段格式错误"),
    Situation.MALFORMED: ("2010", "请求体不是合法JSON"),
    Situation.TOO_LARGE: ("2010", "请求体过大"),
    Situation.BUSY: ("3001", "系统繁忙"),
    Situation.INTERNAL: ("5000", "内部错误"),
}
_AUTH = {
    "1001": "签名不匹配",
    "1002": "密钥已过期",
    "1003": "请求时间超出范围",
    "1005": "请求者未订阅该服务",
}
_STATUS = {Situation.TOO_LARGE: 413, Situation.INTERNAL: 500}
_KEPT = 4  # how many steps back an expired secret is still told from a wrong one


def accept(request: WireRequest, call: Call) -> Incoming:
    """Who and when first, then the body, which no signature covers."""
    path = below(request.path, call.system)
    if request.method == "POST" and path == FETCH_PATH:
        return _fetch(request, call)
    service = path.removeprefix(SERVICE_PATH)
    stage = STAGES.get(service, "")
    if request.method != "POST" or not stage or path != f"{SERVICE_PATH}{service}":
        return unread("", "", bad(NO_PATH, "", f"{SERVICE_PATH}zbjg | htqd", shown(request.path)))
    message = FIELDS.messages[stage]
    if len(request.body) > LIMIT:
        return unread(message, stage, bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    fault = _judge(request, service, call)
    if fault:
        return unread(message, stage, bad("auth.failed", "", "", fault), context={"auth": fault})
    parsed = parse(request.body)
    if parsed.findings or not isinstance(parsed.value, dict):
        observed = parsed.findings[0].code if parsed.findings else "不是对象"
        finding = bad(MALFORMED, "", "JSON 对象", observed)
        return unread(message, stage, finding, authenticated=True)
    nested = tuple(
        bad("field.format", f"/body/fields/{name}", "字符串", shown(value))
        for name, value in parsed.value.items()
        if isinstance(value, dict | list)
    )
    flat = {name: jsontext.scalar(value) for name, value in parsed.value.items()}
    return record(FIELDS, stage, flat, authenticated=True, findings=nested)


def _headers(request: WireRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _fetch(request: WireRequest, call: Call) -> Incoming:
    """A secret for whoever can sign with the app key."""
    headers = _headers(request)
    sid, rtime = headers.get("sid", ""), headers.get("rtime", "")
    app_key = call.credentials.get("app_key", "")
    fault = _who_and_when(sid, rtime, call)
    if not fault and not (app_key and signing.holds(headers.get("sign", ""), app_key, sid, rtime)):
        fault = "1001"
    if fault:
        return unread("", "", bad("auth.failed", "", "", fault), context={"auth": fault})
    secret = call.session or signing.issued(app_key, call.now)
    given = {
        "secret": signing.encipher(secret.value, app_key),
        "endTime": signing.millis(secret.expires),
    }
    return Incoming("", "", "", "", 0, "", {}, authenticated=True, context={"login": given})


def _who_and_when(sid: str, rtime: str, call: Call) -> str:
    known = call.credentials.get("sid", "")
    if not known or sid != known:
        return "1001"
    moment = signing.moment_of(rtime)
    return "" if moment is not None and abs(call.now - moment) <= signing.WINDOW else "1003"


def _judge(request: WireRequest, service: str, call: Call) -> str:
    """The code of what is wrong with the caller, in the order of the papers; "" when nothing is."""
    headers = _headers(request)
    sid, rid, rtime, claimed = (headers.get(name, "") for name in ("sid", "rid", "rtime", "sign"))
    fault = _who_and_when(sid, rtime, call)
    if fault:
        return fault
    matching = [secret for secret in _secrets(call) if signing.holds(claimed, secret.value, sid, rid, rtime)]
    if not matching:
        return "1001"
    if matching[0].expires <= call.now:
        return "1002"
    return "" if rid == rid_of(service, call.credentials) else "1005"


def _secrets(call: Call) -> list[Session]:
    """Secrets a caller may hold, newest first."""
    app_key = call.credentials.get("app_key", "")
    own = [call.session] if call.session else []
    return own + [signing.issued(app_key, call.now, back=back) for back in range(_KEPT)] if app_key else own


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Always code, message and data; a repeated push is told its first number."""
    given = incoming.context.get("login")
    if given:
        return _said("0", "成功", given)
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    code, words = _WORDS.get(meaning, _WORDS[Situation.FORMAT])
    if meaning is Situation.AUTH:
        code = str(incoming.context.get("auth") or code)
        words = _AUTH.get(code, words)
    findings = every(answer, incoming)
    if meaning in TOLD and findings:
        words = describe(findings, FIELDS, incoming.stage)
    data = None
    if code == "0":
        received = str(answer.data.get("receivedTime") or wall(call.now))[:19]
        digits = "".join(mark for mark in received if mark.isdigit())
        data = {"LSH": str(answer.data.get("hubId", "")), "JSSJ": digits}
    return _said(code, words, data, _STATUS.get(meaning, 200))


def _said(code: str, words: str, data: dict[str, str] | None, status: int = 200) -> WireReply:
    body = jsontext.document({"code": code, "message": words, "data": data})
    return WireReply(status, {"Content-Type": JSON}, body)
