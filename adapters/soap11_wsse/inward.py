"""A system calls us as if we were its department: we judge its token, read its record, answer its way."""

from __future__ import annotations

from adapters import soap, xmltext
from adapters.incoming import record, request, unread
from adapters.origin import below
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
from adapters.soap11_wsse import security
from adapters.soap11_wsse.papers import (
    ANSWERS,
    FIELDS,
    LIMIT,
    NAMESPACE,
    PATH,
    SERVICE,
    STAGES,
    TYPE,
    envelope,
)
from hub.message import shown, wall
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_FAULTS = {
    "Client": "bad request",
    "Server": "internal error",
    "FailedAuthentication": "authentication failed",
    "MessageExpired": "timestamp outside 300 s",
    "InvalidSecurityToken": "nonce already used",
    "InvalidSecurity": "security header missing or malformed",
}
_RESULTS = {
    Situation.ACCEPTED: ("1", "成功"),
    Situation.DUPLICATE: ("2", "重复报送,返回首次回执"),
    Situation.REQUIRED: ("-1", "必填项缺失"),
    Situation.FORMAT: ("-2", "格式错误"),
    Situation.CODE: ("-3", "代码不存在"),
    Situation.CONFLICT: ("-5", "同版本内容不一致"),
    Situation.BUSY: ("-8", "系统繁忙"),
    Situation.UPSTREAM: ("-8", "提供方暂不可用"),
    Situation.OFFLINE: ("-10", "无此操作权限"),
    Situation.NOT_FOUND: ("-20", "未查到项目"),
}


def accept(request_: WireRequest, call: Call) -> Incoming:
    """Bytes, action and operation first, then the token, then the record."""
    if request_.method != "POST" or below(request_.path, call.system) != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request_.path)))
    if len(request_.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request_.body))))
    message = soap.read(request_.body)
    if message is None:
        return unread("", "", bad(MALFORMED, "", "SOAP 1.1", "", "报文须为 UTF-8 的 SOAP 1.1,不含 DTD"))
    proof = security.check(message.header, call)
    context = {"auth": proof.fault, "nonce": proof.nonce, "created": proof.created}
    # A good token is used up by whatever came with it, also by what cannot be read.
    good = not proof.fault
    operation = xmltext.name_of(message.body).removesuffix("Request")
    carried = STAGES.get(operation, "")
    if not carried or message.body.tag != f"{{{NAMESPACE}}}{operation}Request":
        finding = bad(MALFORMED, "", "契约中的操作", shown(xmltext.name_of(message.body)))
        return unread("", "", finding, authenticated=good, context={**context, "auth": ""})
    action = soap.action(request_.headers)
    if action != f"{NAMESPACE}/{operation}":
        finding = bad(MALFORMED, "", f"SOAPAction {NAMESPACE}/{operation}", shown(action))
        return unread("", "", finding, authenticated=good, context={**context, "auth": ""})
    if carried == SERVICE:
        query = xmltext.leaves(xmltext.child(message.body, "query"))
        return request(FIELDS, SERVICE, query, call, authenticated=not proof.fault, context=context)
    head, body = (xmltext.child(message.body, name) for name in ("header", "record"))
    twice = xmltext.repeated(head) + xmltext.repeated(body)
    if head is None or body is None or twice:
        finding = bad(MALFORMED, "", "header 与 record,元素不重复", shown(",".join(twice)))
        return unread("", "", finding, authenticated=good, context=context)
    nested = tuple(
        bad("field.format", f"/body/fields/{xmltext.name_of(node)}", "文本", "子元素")
        for node in xmltext.children(body)
        if len(node)
    )
    return record(
        FIELDS,
        carried,
        {**xmltext.leaves(body), **xmltext.leaves(head)},
        authenticated=not proof.fault,
        findings=nested,
        context=context,
    )


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """A fault for what is wrong with the envelope or the caller, a result for all else."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    if meaning is Situation.MALFORMED:
        found = every(answer, incoming)
        return _fault("Client", f"{found[0].expected}: {found[0].observed}")
    if meaning is Situation.TOO_LARGE:
        return _fault("Client", "message too large", 413)
    if meaning is Situation.INTERNAL:
        return _fault("Server", _FAULTS["Server"])
    if meaning is Situation.AUTH:
        reused = answer.code == "auth.nonce-reused"
        code = str(
            incoming.context.get("auth") or ("InvalidSecurityToken" if reused else "FailedAuthentication")
        )
        return _fault(code, _FAULTS.get(code, code))
    return _result(meaning, answer, incoming, call)


def _result(meaning: Situation, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    code, words = _RESULTS.get(meaning, _RESULTS[Situation.FORMAT])
    own = ANSWERS.spelling(service_code(answer, incoming))
    if own:
        code, words = own, answer.message or words
    findings = every(answer, incoming)
    carried = incoming.stage or incoming.message
    items: list[tuple[str, str]] = []
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE) and incoming.stage:
        received = str(answer.data.get("receivedTime") or wall(call.now))[:19]
        items = [("businessId", incoming.key), ("receiptNo", str(answer.data.get("hubId", "")))]
        items.append(("receiptTime", received))
    elif meaning in TOLD and findings:
        words = describe(findings, FIELDS, carried)
        items = [("errorField", name) for name in names(findings, FIELDS, carried)]
    data = "".join(xmltext.element(f"t:{name}", text) for name, text in items)
    result = (
        f"<t:result>{xmltext.element('t:resultCode', code)}{xmltext.element('t:resultMsg', words)}"
        f"{f'<t:data>{data}</t:data>' if data else ''}</t:result>"
    )
    root = "queryProjectResponse" if incoming.message == SERVICE else "pushResponse"
    body = f'<t:{root} xmlns:t="{NAMESPACE}">{result}{_project(answer, incoming)}</t:{root}>'
    return WireReply(200, {"Content-Type": TYPE}, envelope("", body))


def _project(answer: Answer, incoming: Incoming) -> str:
    """The project element of a query, also beside the refusal of a revoked one."""
    if incoming.message != SERVICE or "found" not in answer.data:
        return ""
    values = FIELDS.abroad(SERVICE, "reply", answer.data, {})
    inner = (xmltext.element(f"t:{row.foreign}", text) for row, text in values if text is not None)
    return f"<t:project>{''.join(inner)}</t:project>"


def _fault(code: str, words: str, status: int = 500) -> WireReply:
    own = code not in ("Client", "Server")
    prefix, declared = ("wsse", f' xmlns:wsse="{_WSSE}"') if own else ("soapenv", "")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{soap.NAMESPACE}"{declared}><soapenv:Body><soapenv:Fault>'
        f"<faultcode>{prefix}:{code}</faultcode>{xmltext.element('faultstring', words)}"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return WireReply(status, {"Content-Type": TYPE}, body.encode())
