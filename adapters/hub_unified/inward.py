"""`/in/{systemId}/uis/v1/messages`: the same as `/v1/messages`, for whoever was given this address."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.hub_unified.keys import theirs
from adapters.incoming import unread
from adapters.origin import below
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from hub.message import check_shape, check_time, parse, shown, verify
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

LIMIT = 4 * 1024 * 1024
JSON = "application/json; charset=utf-8"
PATHS = ("/uis/v1/messages", "/v1/messages")
_EARLY = {MALFORMED: (400, "message.malformed"), TOO_LARGE: (413, TOO_LARGE), NO_PATH: (404, NO_PATH)}
_TITLES = {
    400: "报文无法解析",
    401: "身份验证未通过",
    403: "未上线或无权限",
    404: "地址不存在",
    409: "同一业务键已有不同内容",
    413: "报文过大",
    422: "校验不通过",
    429: "请求过于频繁",
    503: "繁忙,请稍后再试",
}


def accept(request: WireRequest, call: Call) -> Incoming:
    """The message as it is; `context` has the nonce to remember and the bytes that were signed."""
    if request.method != "POST" or below(request.path, call.system) not in PATHS:
        return unread("", "", bad(NO_PATH, "", PATHS[0], shown(request.path)))
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    parsed = parse(request.body)
    findings = [*parsed.findings, *(check_shape(parsed.value) if parsed.value is not None else ())]
    if parsed.value is None or findings:
        first = findings[0]
        return _refused(
            parsed.value, (bad(MALFORMED, first.at, first.expected, first.code, first.advice), *findings)
        )
    head = parsed.value["head"]
    own = theirs(call)
    wrong = verify(parsed.value, lambda key_id: own if own is not None and own.key_id == key_id else None)
    wrong += check_time(head["time"], call.now, "/head/time") if not wrong else []
    if wrong:
        return _refused(parsed.value, tuple(wrong))
    body = parsed.value["body"]
    return Incoming(
        message=head["msgType"],
        stage=head.get("stage", ""),
        op=body.get("op", ""),
        key=body.get("key", ""),
        version=body.get("version", 0),
        message_id=head["msgId"],
        fields=body["fields"],
        ext=body.get("ext", {}),
        authenticated=True,
        context={"nonce": head["nonce"], "created": head["time"], "raw": request.body},
    )


def _refused(value: Any, findings: tuple[Any, ...]) -> Incoming:
    head = value.get("head") if isinstance(value, dict) else None
    message = jsontext.scalar(jsontext.member(head, "msgType")) or ""
    stage = jsontext.scalar(jsontext.member(head, "stage")) or ""
    return Incoming(message, stage, "", "", 0, "", {}, findings=findings)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """The receipt, or a problem (RFC 9457) with every finding."""
    status, code = answer.status, answer.code
    for finding in incoming.findings:
        if finding.code in _EARLY:
            status, code = _EARLY[finding.code]
            break
    if status < 300 and code == "0000":
        content: dict[str, Any] = {"code": code, "msg": answer.message or "已接收"}
        if not incoming.stage:
            content["body"] = dict(answer.data)
        else:
            content |= {"hubId": answer.data.get("hubId", ""), "receipt": dict(answer.data)}
        return WireReply(status, {"Content-Type": JSON}, jsontext.document(content))
    shown_once = {(f.code, f.at): f for f in (*incoming.findings, *answer.findings) if f.code not in _EARLY}
    problem = {
        "type": f"urn:hutong:problem:{code}",
        "title": answer.message or _TITLES.get(status, "未受理"),
        "status": status,
        "code": code,
        "findings": [finding.public() for finding in shown_once.values()],
    }
    headers = {"Content-Type": "application/problem+json; charset=utf-8"}
    if answer.retry_after is not None:
        headers["Retry-After"] = str(answer.retry_after)
    return WireReply(status, headers, jsontext.document(problem))
