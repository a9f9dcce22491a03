"""How the hub answers an old platform: the same meanings under two shells."""

from __future__ import annotations

from adapters import jsontext
from adapters.legacy_http import wire
from adapters.legacy_http.papers import FIELDS, SIGNED
from adapters.situation import TOLD, Situation, describe, every, situation
from hub.message import wall
from hub.ports import Answer, Call, Incoming, WireReply

# r_code, errorCode, and the words of each variant
_WORDS = {
    Situation.ACCEPTED: ("200", "", "操作成功"),
    Situation.DUPLICATE: ("201", "E2010", "重复报送"),
    Situation.CONFLICT: ("420", "E2020", "同版本内容不一致"),
    Situation.OFFLINE: ("403", "E1003", "无权限"),
    Situation.REQUIRED: ("410", "E2001", "必填项为空"),
    Situation.CODE: ("412", "E2003", "代码不存在"),
    Situation.FORMAT: ("411", "E2002", "字段格式错误"),
    Situation.MALFORMED: ("409", "E1005", "data不是合法JSON"),
    Situation.TOO_LARGE: ("413", "E3002", "数据过大"),
    Situation.NO_PATH: ("406", "E1004", "接口不存在"),
    Situation.BUSY: ("430", "E3001", "系统繁忙"),
    Situation.INTERNAL: ("500", "E9999", "系统异常"),
}
_AUTH = {
    "401": ("401", "E1001", "用户名或口令错误", "签名错误"),
    "405": ("405", "E1002", "会话无效或超时", "请求时间超窗"),
}


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """HTTP 200 always; a login is answered with its session."""
    signed = call.variant == SIGNED
    given = incoming.context.get("login")
    if given:
        return _said("200", "", "登录成功", given, signed=signed)
    meaning = situation(answer, incoming)
    if meaning is Situation.AUTH:
        code, errorcode, words, other = _AUTH[str(incoming.context.get("auth") or "401")]
        return _said(code, errorcode, other if signed else words, None, signed=signed)
    code, errorcode, words = _WORDS.get(meaning, _WORDS[Situation.FORMAT])
    findings = every(answer, incoming)
    if meaning in TOLD and findings:
        words = describe(findings, FIELDS, incoming.stage)
    data = None
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        received = str(answer.data.get("receivedTime") or wall(call.now))[:19].replace("T", " ")
        data = {
            "sn": incoming.key,
            "receipt_no": str(answer.data.get("hubId", "")),
            "receipt_sj": received,
        }
    return _said(code, errorcode, words, data, signed=signed)


def _said(code: str, errorcode: str, words: str, data: object, *, signed: bool) -> WireReply:
    if signed:
        answer = {
            "executeResult": "ERROR" if errorcode else "SUCCESS",
            "errorCode": errorcode,
            "errorMessage": words if errorcode else "",
            "data": data,
        }
        body = jsontext.document(answer)
        return WireReply(200, {"Content-Type": "application/json;charset=UTF-8"}, body)
    count = 1 if code == "200" else 0
    text = jsontext.write({"r_code": code, "r_msg": words, "count": count, "data": data})
    return WireReply(200, {"Content-Type": "text/plain;charset=UTF-8"}, wire.url_encoded(text))
