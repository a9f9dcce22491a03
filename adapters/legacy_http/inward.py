"""An old platform uses the hub as if it were one of its own kind."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from adapters import jsontext
from adapters.incoming import record, unread
from adapters.legacy_http import wire
from adapters.legacy_http.papers import FIELDS, GATEWAY, LIMIT, LOGIN, SIGNED, STAGES
from adapters.origin import below
from adapters.proof import same
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from hub.message import CST, parse, shown
from hub.ports import Call, Incoming, WireRequest


def accept(request: WireRequest, call: Call) -> Incoming:
    """Size and form, then who calls, then what for, then the record."""
    path = urlsplit(below(request.path, call.system)).path
    signed = call.variant == SIGNED
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    module = re.fullmatch(r"/api/([a-z]+)/save", path)
    known = path == GATEWAY if signed else path == LOGIN or (module is not None and module[1] in STAGES)
    if request.method != "POST" or not known:
        return unread("", "", bad(NO_PATH, "", GATEWAY if signed else "/api/{模块}/save", shown(path)))
    values = wire.read_form(request.body)
    if values is None:
        return unread("", "", bad(MALFORMED, "", "UTF-8 的表单,参数不重复", ""))
    if path == LOGIN:
        return _login(values, call)
    fault = _judge_signature(values, call) if signed else _judge_session(values, call)
    if fault:
        return unread("", "", bad("auth.failed", "", "", fault), context={"auth": fault})
    if signed:
        module = re.fullmatch(r"ggzy\.([a-z]+)\.save", values.get("serviceCode", ""))
    stage = STAGES.get(module[1], "") if module else ""
    if not stage:
        finding = bad(NO_PATH, "", "ggzy.{模块}.save", shown(values.get("serviceCode", "")))
        return unread("", "", finding, authenticated=True)
    return _understood(stage, values.get("data", ""))


def _understood(stage: str, data: str) -> Incoming:
    parsed = parse(data.encode("utf-8", "replace"))
    if parsed.findings or not isinstance(parsed.value, dict):
        observed = parsed.findings[0].code if parsed.findings else "不是对象"
        finding = bad(MALFORMED, "", "JSON 对象", observed)
        return unread(FIELDS.messages[stage], stage, finding, authenticated=True)
    nested = tuple(
        bad("field.format", f"/body/fields/{name}", "标量", shown(value))
        for name, value in parsed.value.items()
        if isinstance(value, dict | list)
    )
    flat = {name: jsontext.scalar(value) for name, value in parsed.value.items()}
    return record(FIELDS, stage, flat, authenticated=True, findings=nested)


def _login(values: dict[str, str], call: Call) -> Incoming:
    known = call.credentials.get("username", ""), call.credentials.get("password", "")
    claimed = wire.read_credential(values.get("auth", "")) or ("", "")
    user_holds, password_holds = same(claimed[0], known[0]), same(claimed[1], known[1])
    if not (user_holds and password_holds):
        return unread("", "", bad("auth.failed", "", "", "login"), context={"auth": "401"})
    session = call.session or wire.issued(*known, call.now, call.nonce)
    seconds = min(session.expires - call.now, wire.IDLE).total_seconds()
    given = {"sessionid": session.value, "expires": int(seconds)}
    return Incoming("", "", "", "", 0, "", {}, authenticated=True, context={"login": given})


def _judge_session(values: dict[str, str], call: Call) -> str:
    """ "405" unless the session is one the hub gave this member and still holds."""
    user, password = call.credentials.get("username", ""), call.credentials.get("password", "")
    claimed, known = values.get("sessionid", ""), call.session
    if known is not None and same(claimed, known.value) and known.expires > call.now:
        return ""
    return "" if password and wire.held(claimed, user, password, call.now) else "405"


def _judge_signature(values: dict[str, str], call: Call) -> str:
    """Application, time, signature, in the order of the papers; "" when all hold."""
    if not same(values.get("appKey", ""), call.credentials.get("app_key", "")):
        return "401"
    try:
        stated = datetime.strptime(values.get("requestTime", ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=CST)
    except ValueError:
        return "405"
    if abs(call.now - stated) > wire.WINDOW:
        return "405"
    secret = call.credentials.get("app_secret", "")
    return "" if secret and same(values.get("sign", ""), wire.sign(values, secret)) else "401"
