"""An old trading system calls us as if we were the platform it was written for."""

from __future__ import annotations

from lxml import etree

from adapters import soap, xmltext
from adapters.asmx_parasxml import inner
from adapters.asmx_parasxml.papers import ANSWERS, FIELDS, LIMIT, NAMESPACE, PARTS, PATH, STAGES, TYPE
from adapters.incoming import record, request, unread
from adapters.origin import below
from adapters.proof import same
from adapters.situation import (
    MALFORMED,
    NO_PATH,
    TOLD,
    TOO_LARGE,
    Situation,
    bad,
    describe,
    every,
    names,
    service_code,
    situation,
)
from hub.message import shown, wall
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

_WORDS = {
    Situation.ACCEPTED: ("", "操作成功"),
    Situation.DUPLICATE: ("", "数据已存在"),
    Situation.CONFLICT: ("CONF", "同版本数据内容不一致"),
    Situation.AUTH: ("TOKEN", "身份验证失败"),
    Situation.OFFLINE: ("TOKEN", "身份验证失败"),
    Situation.REQUIRED: ("XML02", "必填项为空"),
    Situation.CODE: ("DICT", "代码项不存在"),
    Situation.FORMAT: ("XML03", "字段格式不正确"),
    Situation.MALFORMED: ("XML01", "参数XML格式不正确"),
    Situation.TOO_LARGE: ("BIG", "数据过大"),
    Situation.NOT_FOUND: ("NOXM", "未查到项目"),
    Situation.BUSY: ("BUSY", "系统忙"),
    Situation.UPSTREAM: ("UPBUSY", "提供方系统暂不可用"),
}
_SERVICE_WORDS = {
    "NOXM": "未查到项目",
    "MULTI": "条件对应多个项目",
    "REVOKED": "审批备案已撤销",
    "REGION": "项目不在本辖区",
    "NOUNIT": "主体不存在",
    "UNITCODE": "主体代码校验失败",
    "UPBUSY": "提供方系统暂不可用",
}
_SILENT = (Situation.AUTH, Situation.OFFLINE, Situation.MALFORMED, Situation.TOO_LARGE)


def accept(request_: WireRequest, call: Call) -> Incoming:
    """Size, envelope and method, then the token, then the document, which is not mended."""
    if request_.method != "POST" or below(request_.path, call.system) != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request_.path)))
    action = soap.action(request_.headers)
    method = action.removeprefix(NAMESPACE)
    context = {"method": method if method in STAGES else ""}
    if len(request_.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request_.body))), context=context)
    outer = soap.read(request_.body)
    if outer is None or method not in STAGES or outer.body.tag != f"{{{NAMESPACE}}}{method}":
        finding = bad(MALFORMED, "", "UTF-8 的 SOAP 1.1,SOAPAction 与方法相符", shown(action))
        return unread("", "", finding, context={"outer": True})
    arguments = xmltext.leaves(outer.body)
    if not same(arguments.get("ValidateData", ""), call.credentials.get("token", "")):
        return unread("", "", bad("auth.failed", "", "有效令牌", ""), context=context)
    return _understood(STAGES[method], xmltext.read(arguments.get("ParasXml", "")), call, context)


def _understood(carried: str, paras: etree._Element | None, call: Call, context: dict[str, str]) -> Incoming:
    twice = xmltext.repeated(paras)
    if paras is None or paras.tag != "paras" or twice:
        finding = bad(MALFORMED, "", "<paras> 平铺元素,不重复,& 须转义", shown(",".join(twice)))
        return unread("", "", finding, authenticated=True, context=context)
    values = xmltext.leaves(paras)
    if carried in PARTS:
        return request(FIELDS, carried, values, call, authenticated=True, context=context)
    nested = tuple(
        bad("field.format", f"/body/fields/{xmltext.name_of(node)}", "文本", "子元素")
        for node in xmltext.children(paras)
        if len(node)
    )
    values["RowGuid"] = values.get("RowGuid", "").lower()
    return record(FIELDS, carried, values, authenticated=True, findings=nested, context=context)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """A fault only for the outer message and our own failure; all else is Code and ErrorCode."""
    meaning = situation(answer, incoming)
    headers = {"Content-Type": TYPE}
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    if meaning is Situation.MALFORMED and incoming.context.get("outer"):
        words = "服务器未能识别请求:须为 UTF-8 的 SOAP 1.1,SOAPAction 与方法相符"
        return WireReply(500, headers, inner.fault_body("Client", words))
    if meaning is Situation.INTERNAL:
        return WireReply(500, headers, inner.fault_body("Server", "服务器无法处理请求"))
    code, words = _WORDS.get(meaning, _WORDS[Situation.FORMAT])
    own = ANSWERS.spelling(service_code(answer, incoming))
    if own in _SERVICE_WORDS:
        code, words = own, _SERVICE_WORDS[own]
    findings = [] if meaning in _SILENT else every(answer, incoming)
    carried = incoming.stage or incoming.message
    if meaning in TOLD and findings and code != own:
        words = describe(findings, FIELDS, carried)
    business = _business(code, answer, incoming, call)
    if code:
        field = next(iter(names(findings, FIELDS, carried)), "") if code != own else ""
        key = "" if meaning in _SILENT else incoming.key
        business = inner.elements((("ErrorCode", code), ("ErrorField", field), ("RowGuid", key))) + business
    info = inner.elements((("Code", "0" if code else "1"), ("Description", words)))
    text = inner.document(
        "Root",
        f"<ReturnInfo>{info}</ReturnInfo><BusinessInfo>{business}</BusinessInfo><UserArea></UserArea>",
    )
    method = str(incoming.context.get("method") or "")
    return WireReply(200, headers, inner.answer_body(method, text))


def _business(code: str, answer: Answer, incoming: Incoming, call: Call) -> str:
    """What stands beside the code: the receipt, or what a service found (a revoked project too)."""
    service = "" if incoming.stage else incoming.message
    if service in PARTS and answer.data and code in ("", "REVOKED"):
        return inner.service_part(service, dict(answer.data))
    if code or not incoming.stage:
        return ""
    received = str(answer.data.get("receivedTime") or wall(call.now))[:19].replace("T", " ")
    again = situation(answer, incoming) is Situation.DUPLICATE
    receipt = {
        "RowGuid": incoming.key,
        "ReceiptNo": str(answer.data.get("hubId", "")),
        "ReceiveTime": received,
        "IsRepeat": "T" if again else "F",
    }
    return inner.elements(receipt.items())
