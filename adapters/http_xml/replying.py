"""The hub's answer in the words of this dialect: always HTTP 200, `result` and a number of four digits."""

from __future__ import annotations

from adapters import xmltext
from adapters.http_xml import wire
from adapters.http_xml.papers import ANSWERS, FIELDS, site
from adapters.parts import said, writable
from adapters.situation import TOLD, Situation, every, service_code, situation
from adapters.xmlparts import elements
from hub.errors import SenderError
from hub.message import Finding, wall
from hub.ports import Answer, Call, Incoming, WireReply

_WORDS = {
    Situation.ACCEPTED: ("0000", "操作成功"),
    Situation.DUPLICATE: ("2010", "重复报送"),
    Situation.CONFLICT: ("2020", "同版本内容不一致"),
    Situation.AUTH: ("1001", "身份校验失败"),
    Situation.OFFLINE: ("1003", "无此操作权限"),
    Situation.NO_PATH: ("1004", "功能号不存在"),
    Situation.MALFORMED: ("1005", "报文格式错误"),
    Situation.REQUIRED: ("2001", "必填项为空"),
    Situation.FORMAT: ("2002", "字段格式错误"),
    Situation.CODE: ("2003", "代码不存在"),
    Situation.BUSY: ("3001", "系统繁忙"),
    Situation.TOO_LARGE: ("3002", "报文过大"),
    Situation.UPSTREAM: ("6900", "提供方系统暂不可用"),
    Situation.INTERNAL: ("9999", "系统异常"),
}
_EXPIRED = ("1002", "请求时间超出范围")
_OTHER = _WORDS[Situation.INTERNAL]
_SERVICE_SAYS = {
    "6001": "无中标（成交）结果",
    "6002": "示范文本不存在或不适用于该行业",
    "6003": "合同主体与结果不一致",
    "6004": "该标段已有合同",
    "6101": "记录数与清单不符",
    "6102": "批次摘要不符",
    "6103": "数据超出接收单位职责范围",
    "6104": "批次含开标前保密内容",
    "6900": "提供方系统暂不可用",
}


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Head and body; the body of a refusal is empty, but a known record shows its first receipt."""
    meaning = situation(answer, incoming)
    code, words = _said(meaning, answer, incoming)
    charset, body = site(call.system).charset, ""
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        try:
            body = _receipt(answer, call) if incoming.stage else _service(answer, incoming, charset)
        except SenderError:  # what the caller's charset lacks is not told with holes in it
            code, words = _OTHER
    now = wall(call.now)
    head = (
        ("result", "1" if code == "0000" else "0"),
        ("code", code),
        ("msg", words),
        ("seq", str(incoming.context.get("seq", ""))),
        ("date", now[:10].replace("-", "")),
        ("time", now[11:19].replace(":", "")),
    )
    texts = "".join(xmltext.element(name, text) for name, text in head)
    text = f"{wire.declaration(charset)}<response><head>{texts}</head><body>{body}</body></response>"
    return WireReply(200, {"Content-Type": f"text/xml; charset={charset}"}, wire.encoded(text, charset))


def _said(meaning: Situation, answer: Answer, incoming: Incoming) -> tuple[str, str]:
    if meaning is Situation.AUTH:
        codes = {answer.code, *(finding.code for finding in incoming.findings)}
        return _EXPIRED if "auth.expired" in codes else _WORDS[meaning]
    refused = service_code(answer, incoming)
    own = ANSWERS.spelling(refused) if refused else ""
    if own:
        return own, _SERVICE_SAYS.get(own) or answer.message or _words(own)
    findings = every(answer, incoming)
    if meaning in TOLD:
        if refused and not findings:
            return _OTHER
        told = ";".join(_finding(one, incoming.stage or incoming.message) for one in findings)
        return _WORDS[meaning][0], told or _WORDS[meaning][1]
    return _WORDS.get(meaning, _OTHER)


def _words(code: str) -> str:
    return next((words for known, words in _WORDS.values() if known == code), "")


def _finding(finding: Finding, carried: str) -> str:
    """`说明:外部字段名`, as the papers have it."""
    kind = {"field.required": Situation.REQUIRED, "code.unknown": Situation.CODE}
    words = _WORDS[kind.get(finding.code, Situation.FORMAT)][1]
    return f"{words}:{FIELDS.foreign_name(carried, finding.at) or finding.at}"


def _receipt(answer: Answer, call: Call) -> str:
    received = str(answer.data.get("receivedTime") or wall(call.now))
    items = (
        ("receiptno", str(answer.data.get("hubId", ""))),
        ("receiptrq", received[:10].replace("-", "")),
        ("receiptsj", received[11:19].replace(":", "")),
    )
    return "".join(xmltext.element(name, text) for name, text in items)


def _service(answer: Answer, incoming: Incoming, charset: str) -> str:
    if not incoming.message or not incoming.authenticated:
        return ""
    parts = said(FIELDS, incoming.message, "reply", answer.data, {})
    writable(parts, charset)
    return elements(parts)
