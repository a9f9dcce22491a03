"""部门 SOAP 1.1 接口: typed elements, WS-Security password digest, result codes beside Faults.

Written from `dialects/soap11-wsse/rules.md`; `wsse.py` proves the caller, `soap11_reading.py` the shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from simulators.desk import Desk, Refusal
from simulators.dialects.soap11_reading import Broken, Call, read_call, schema_fault
from simulators.dialects.wsse import Guard
from simulators.dialects.xmlread import escape
from simulators.sheet import Wrong, body, envelope_names, op_of, sheet
from simulators.state import Push, Record, Verdict
from simulators.translate import homeward, outward
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "soap11-wsse"
NS = "http://exchange.ggzy.example/soap11/v1"
PATH = "/services/TradeExchange"
TYPE = "text/xml; charset=utf-8"
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
SOAPENV = 'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
WSSE = 'xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
TEXTS = {
    "1": "成功",
    "2": "重复报送,返回首次回执",
    "-1": "必填项缺失",
    "-2": "格式错误",
    "-3": "代码不存在",
    "-4": "项目或标段不存在",
    "-5": "同版本内容不一致",
    "-6": "版本过旧",
    "-7": "要修改或删除的记录不存在",
    "-8": "系统繁忙",
    "-9": "内部错误",
    "-10": "无此操作权限",
    "-20": "未查到项目",
    "-21": "条件对应多个项目",
    "-22": "审批备案已撤销",
    "-23": "不在本辖区",
}
_KINDS = {"required": "-1", "format": "-2", "code": "-3"}
_REFUSED = {Verdict.CONFLICT: "-5", Verdict.OLDER: "-6", Verdict.UNKNOWN_ROW: "-7"}
_SERVICE = {
    "project.not-found": "-20",
    "project.code-ambiguous": "-21",
    "project.filing-revoked": "-22",
    "project.region-mismatch": "-23",
}
_NEEDED = {"1": "investProjectCode", "4": "projectName"}
_MOOD_FAULTS = {
    "soap-fault-client": ("soapenv:Client", "bad request", 500),
    "soap-fault-server": ("soapenv:Server", "internal error", 500),
    "soap-fault-200": ("soapenv:Server", "internal error", 200),
    "missing-soapaction": ("soapenv:Client", "missing SOAPAction", 500),
    "expired-timestamp": ("wsse:MessageExpired", "timestamp outside 300 s", 500),
    "nonce-reused": ("wsse:InvalidSecurityToken", "nonce already used", 500),
}
_MOOD_CODES = {
    "busy": "-8",
    "internal-error": "-9",
    "parent-unknown": "-4",
    "not-allowed": "-10",
}


class Soap11Wsse:
    """One endpoint, an operation per stage, queryRecord and (where there is a book for it) queryProject."""

    def __init__(self, desk: Desk) -> None:
        papers = Papers.load(NAME)
        self._desk = desk
        desk.ledger.pattern = desk.id + "-{day}-{serial:06d}"
        operations: Mapping[str, str] = papers.facts["operations"]
        self._stages = {op: stage for stage, op in operations.items() if stage != "project.query"}
        self._limit = int(papers.facts["limits"]["max_body_bytes"])
        self._guard = Guard(desk.credentials["username"], desk.credentials["password"])

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH:
            return NO_SUCH_PATH
        if request.method == "GET":
            return self._papers(request)
        if request.method != "POST":
            return Reply(405)
        if len(request.body) > self._limit:
            return fault("soapenv:Client", "request too large", 413)
        for mood, (code, text, status) in _MOOD_FAULTS.items():
            if self._desk.feels(mood):
                return fault(code, text, status)
        try:
            call = read_call(request, NS, (*self._stages, "queryRecord", "queryProject"))
            self._guard.admit(call.header, now)
            schema_fault(call, _required(call.operation, self._stages.get(call.operation, "")))
        except Broken as broken:
            return fault(broken.code, broken.text)
        reply = self._answer(call, now)
        if self._desk.feels("http-500-with-fault"):
            return fault("soapenv:Server", "internal error")
        return reply

    def _answer(self, call: Call, now: datetime) -> Reply:
        answer = "pushResponse" if call.operation in self._stages else f"{call.operation}Response"
        for mood, code in _MOOD_CODES.items():
            if self._desk.feels(mood):
                return self._say(answer, code)
        if call.operation == "queryRecord":
            return self._record(call)
        if call.operation == "queryProject":
            return self._project(call, now)
        return self._push(self._stages[call.operation], call, now)

    # -- push -------------------------------------------------------------------------------------

    def _push(self, stage: str, call: Call, now: datetime) -> Reply:
        head, record = call.part("header"), call.part("record")
        whole, form = {**head, **record}, sheet(NAME, stage)
        wrong = form.missing(whole) or form.wrong(whole)
        if wrong:
            return self._wrong(wrong)
        push = Push(
            stage, head["businessId"], int(head["version"]), op_of(NAME, head["operation"]), whole, record
        )
        verdict, held = self._desk.ledger.put(push, now)
        if held is not None and verdict in (Verdict.TAKEN, Verdict.DUPLICATE):
            return self._say("pushResponse", "1" if verdict is Verdict.TAKEN else "2", self._receipt(held))
        return self._say("pushResponse", _REFUSED[verdict])

    def _wrong(self, wrong: list[Wrong]) -> Reply:
        data = "".join(f"<t:errorField>{escape(each.field)}</t:errorField>" for each in wrong)
        return self._say("pushResponse", _KINDS[wrong[0].kind], f"<t:data>{data}</t:data>")

    def _receipt(self, held: Record) -> str:
        time = f"<t:receiptTime>{held.received:%Y-%m-%dT%H:%M:%S}</t:receiptTime>"
        if self._desk.feels("nil-vs-empty"):
            time = f'<t:receiptTime {XSI} xsi:nil="true"/><t:errorField/>'
        number = f"<t:businessId>{held.key}</t:businessId><t:receiptNo>{held.receipt}</t:receiptNo>"
        return f"<t:data>{number}{time}</t:data>"

    # -- queries ----------------------------------------------------------------------------------

    def _record(self, call: Call) -> Reply:
        held = next((r for r in self._desk.ledger if r.key == call.text("businessId")), None)
        if held is None or held.deleted:
            return self._say("queryRecordResponse", "1")
        operations = {stage: op for op, stage in self._stages.items()}
        name = operations[held.message].removeprefix("push")
        name = {"Contract": "contract"}.get(name, name[0].lower() + name[1:])
        head = _elements(held.fields, envelope_names(NAME).values())
        rest = _elements(held.fields, [row.foreign for row in body(NAME, held.message, "out").rows])
        more = f"<t:header>{head}</t:header><t:{name}>{rest}</t:{name}>"
        return self._say("queryRecordResponse", "1", self._receipt(held), more)

    def _project(self, call: Call, now: datetime) -> Reply:
        query, book = call.part("query"), self._desk.books.get("project.query")
        if book is None:
            return self._say("queryProjectResponse", "-10")
        form = body(NAME, "project.query", "request")
        wrong = form.missing(query) or form.wrong(query)
        needed = _NEEDED.get(query.get("queryKind", ""))
        if not wrong and needed and not query.get(needed):
            wrong = [Wrong("required", needed)]
        if wrong:
            return self._say("queryProjectResponse", _KINDS[wrong[0].kind])
        try:
            found = book(dict(homeward(NAME, "project.query", "request", query)), now)
        except Refusal as no:
            known = outward(NAME, "project.query", "reply", no.known) if no.known else {}
            return self._say("queryProjectResponse", _SERVICE[no.code], "", _project(known))
        return self._say(
            "queryProjectResponse", "1", "", _project(outward(NAME, "project.query", "reply", found))
        )

    # -- wire -------------------------------------------------------------------------------------

    def _papers(self, request: Request) -> Reply:
        asked = request.query.lower()
        if asked == "wsdl":
            text = _paper("exchange.wsdl")
            if self._desk.feels("wsdl-port-rewrite"):
                text = text.replace(":8080/", ":7001/")
            return Reply.text(200, TYPE, text.replace('"exchange.xsd"', '"TradeExchange?xsd=exchange.xsd"'))
        if asked == "xsd=exchange.xsd":
            return Reply.text(200, TYPE, _paper("exchange.xsd"))
        return Reply(405)

    def _say(self, element: str, code: str, data: str = "", more: str = "") -> Reply:
        text = "" if self._desk.feels("nil-vs-empty") else TEXTS[code]
        result = (
            f"<t:result><t:resultCode>{code}</t:resultCode><t:resultMsg>{text}</t:resultMsg>{data}</t:result>"
        )
        inside = f'<t:{element} xmlns:t="{NS}">{result}{more}</t:{element}>'
        whole = f"<soapenv:Header></soapenv:Header><soapenv:Body>{inside}</soapenv:Body>"
        return Reply.text(200, TYPE, f"{PROLOG}<soapenv:Envelope {SOAPENV}>{whole}</soapenv:Envelope>")


def fault(code: str, text: str, status: int = 500) -> Reply:
    """A SOAP 1.1 Fault; the prefix of its code is declared."""
    spaces = f"{SOAPENV} {WSSE}" if code.startswith("wsse:") else SOAPENV
    inside = f"<faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>"
    body = f"<soapenv:Body><soapenv:Fault>{inside}</soapenv:Fault></soapenv:Body>"
    whole = f"<soapenv:Envelope {spaces}>{body}</soapenv:Envelope>"
    return Reply.text(status, TYPE, PROLOG + whole)


@cache
def _required(operation: str, stage: str) -> dict[str, str]:
    """The elements an operation must have, with their types."""
    if operation == "queryProject":
        form = body(NAME, "project.query", "request")
    elif stage:
        form = sheet(NAME, stage)
    else:
        return {}
    return {row.foreign: row.foreign_type for row in form.rows if row.required}


@cache
def _paper(name: str) -> str:
    return (ROOT / NAME / name).read_text("utf-8")


def _elements(fields: Mapping[str, Any], names: Any) -> str:
    return "".join(f"<t:{n}>{escape(str(fields[n]))}</t:{n}>" for n in names if fields.get(n))


def _project(known: Mapping[str, str]) -> str:
    return f"<t:project>{_elements(known, list(known))}</t:project>" if known else ""


__all__ = ["Soap11Wsse", "fault"]
