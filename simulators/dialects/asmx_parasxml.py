"""老平台 .asmx 接口: a token, and an XML document as text inside XML, with a charset that lies.

Written from `dialects/asmx-parasxml/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lxml import etree

from hub.catalogue.papers import ROOT, Papers
from simulators.desk import Desk
from simulators.dialects.xmlread import BadXmlError, escape, local, namespace, read
from simulators.sheet import Wrong, op_of, sheet
from simulators.state import Push, Record, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "asmx-parasxml"
NS = "http://tempuri.org/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PATH = "/WebService/TradeDataService.asmx"
TYPE = "text/xml; charset=utf-8"
DECLARATION = '<?xml version="1.0" encoding="gb2312"?>'
NOT_CONTENT = frozenset({"SendTime", "HubNo", "OperateType"})
TEXTS = {
    "TOKEN": "身份验证失败",
    "XML01": "参数XML格式不正确",
    "XML02": "必填项为空",
    "XML03": "字段格式不正确",
    "DICT": "代码项不存在",
    "CONF": "同版本数据内容不一致",
    "OLD": "版本低于现有数据",
    "NOREC": "要修改或删除的数据不存在",
    "PARENT": "招标项目或标段不存在",
    "BUSY": "系统忙",
    "BIG": "数据过大",
    "SYS": "系统异常",
}
_KINDS = {"required": "XML02", "format": "XML03", "code": "DICT"}
_REFUSED = {Verdict.CONFLICT: "CONF", Verdict.OLDER: "OLD", Verdict.UNKNOWN_ROW: "NOREC"}
_XML_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_SHORT = {
    "datetime:yyyy-MM-dd HH:mm:ss": "datetime:yyyy/M/d H:mm:ss",
    "date:yyyy-MM-dd": "date:yyyy/M/d",
}


class AsmxParasXml:
    """Save methods per stage, GetRecord, and the WSDL."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        self._desk = desk
        desk.ledger.pattern = "ZJ{day}{serial:06d}"
        self._stages = {op: stage for stage, op in facts["operations"].items() if op.startswith("Save")}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._twice_escaped = facts.get("systems", {}).get(desk.id, {}).get("answers") == "double-escaped"

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH:
            return NO_SUCH_PATH
        if request.method == "GET" and request.query.lower() == "wsdl":
            text = (ROOT / NAME / "service.wsdl").read_text("utf-8")
            return Reply.text(200, TYPE, text)
        if request.method != "POST":
            return Reply(405)
        action = request.headers.get("soapaction", "").strip().strip('"')
        method = action.removeprefix(NS)
        if len(request.body) > self._limit:
            return self._no(method if method in self._methods() else "SaveZBGG", "BIG")
        try:
            content = _content(request.body)
        except BadXmlError as error:
            return fault("soap:Client", str(error))
        name = local(content)
        if namespace(content) != NS or name not in self._methods() or action != NS + name:
            return fault("soap:Client", "unknown method or SOAPAction")
        return self._call(name, content, now)

    def _methods(self) -> frozenset[str]:
        return frozenset({*self._stages, "GetRecord"})

    def _call(self, method: str, content: etree._Element, now: datetime) -> Reply:
        token, text = (content.findtext(f"{{{NS}}}{name}") or "" for name in ("ValidateData", "ParasXml"))
        if not hmac.compare_digest(token.encode("utf-8"), self._desk.credentials["token"].encode("utf-8")):
            return self._no(method, "TOKEN")
        for mood, code in (("busy", "BUSY"), ("internal-error", "SYS"), ("parent-unknown", "PARENT")):
            if self._desk.feels(mood):
                return self._no(method, code)
        paras = read_paras(text)
        if paras is None:
            return self._no(method, "XML01")
        if method == "GetRecord":
            return self._record(paras)
        return self._save(method, self._stages[method], paras, now)

    def _save(self, method: str, stage: str, paras: dict[str, str], now: datetime) -> Reply:
        form, key = sheet(NAME, stage), paras.get("RowGuid", "").lower()
        if wrong := form.missing(paras) or [w for w in form.wrong(paras) if not _short_date(form, w, paras)]:
            return self._no(method, _KINDS[wrong[0].kind], wrong[0].field, key)
        filled = {name: value for name, value in paras.items() if value}
        content = {name: value for name, value in filled.items() if name not in NOT_CONTENT}
        content["RowGuid"] = key
        push = Push(stage, key, int(paras["VersionNo"]), op_of(NAME, paras["OperateType"]), paras, content)
        verdict, held = self._desk.ledger.put(push, now)
        if held is not None and verdict in (Verdict.TAKEN, Verdict.DUPLICATE):
            repeat = verdict is Verdict.DUPLICATE
            text = "数据已存在" if repeat else "操作成功"
            return self._say(method, "1", text, _receipt(held, "T" if repeat else "F"))
        return self._no(method, _REFUSED[verdict], "", key)

    def _record(self, paras: Mapping[str, str]) -> Reply:
        key = paras.get("RowGuid", "").lower()
        held = next((r for r in self._desk.ledger if r.key == key and not r.deleted), None)
        if held is None:
            return self._say("GetRecord", "1", "无数据", "")
        inside = f"{_receipt(held, 'F')}<Record>{elements(held.fields)}</Record>"
        return self._say("GetRecord", "1", "操作成功", inside)

    def _no(self, method: str, code: str, field: str = "", key: str = "") -> Reply:
        told = elements({"ErrorCode": code, "ErrorField": field, "RowGuid": key})
        return self._say(method, "0", TEXTS[code], told)

    def _say(self, method: str, code: str, text: str, business: str) -> Reply:
        head = f"<ReturnInfo><Code>{code}</Code><Description>{escape(text)}</Description></ReturnInfo>"
        inner = (
            f"{DECLARATION}<Root>{head}<BusinessInfo>{business}</BusinessInfo><UserArea></UserArea></Root>"
        )
        inner = self._spoiled(inner)
        kind = "text/xml; charset=gb2312" if self._desk.feels("gb2312-declared-utf8-sent") else TYPE
        result = f"<{method}Result>{escape(inner)}</{method}Result>"
        body = f'<{method}Response xmlns="{NS}">{result}</{method}Response>'
        return Reply.text(200, kind, envelope(body))

    def _spoiled(self, inner: str) -> str:
        """The inner document as this system's quirk or fault leaves it (section 5)."""
        desk = self._desk
        if desk.feels("unescaped-ampersand"):
            inner = re.sub(
                "<Description>[^<]*</Description>", "<Description>保存成功 & 已入库</Description>", inner
            )
        if desk.feels("inner-xml-malformed"):
            inner = inner.replace("</ReturnInfo>", "", 1)
        if desk.feels("empty-string-answer"):
            inner = ""
        if self._twice_escaped != desk.feels("double-escaped-cdata"):
            inner = escape(inner)
        return "\ufeff" + inner if desk.feels("bom-in-inner-xml") else inner


def read_paras(text: str) -> dict[str, str] | None:
    """The flat elements of an inner document; None when it is not one (XML01, nothing is repaired)."""
    try:
        root = read(_XML_DECLARATION.sub("", text.lstrip("\ufeff")))
    except BadXmlError:
        return None
    names = [local(child) for child in root]
    if local(root) != "paras" or len(set(names)) != len(names) or any(len(child) for child in root):
        return None
    return {local(child): child.text or "" for child in root}


def _content(body: bytes) -> etree._Element:
    """The method element of a SOAP 1.1 body; raises BadXmlError, also for bytes that are not UTF-8."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadXmlError("bytes are not UTF-8") from error
    found = read(body).find(f"{{{SOAP}}}Body")
    if found is None or len(found) != 1:
        raise BadXmlError("one element in Body expected")
    return found[0]


def _short_date(form: Any, wrong: Wrong, paras: Mapping[str, str]) -> bool:
    """Section 6: the short writing of a date is read as well."""
    from simulators.sheet import written

    other = _SHORT.get(form.by_name[wrong.field].form)
    return other is not None and written(other, paras[wrong.field])


def elements(fields: Mapping[str, Any]) -> str:
    """`<Name>text</Name>` for each, empty ones too."""
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in fields.items())


def _receipt(held: Record, repeat: str) -> str:
    at = f"{held.received:%Y-%m-%d %H:%M:%S}"
    told = {"RowGuid": held.key, "ReceiptNo": held.receipt, "ReceiveTime": at, "IsRepeat": repeat}
    return elements(told)


def envelope(body: str) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="{SOAP}">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def fault(code: str, text: str) -> Reply:
    inside = (
        f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring></soap:Fault>"
    )
    return Reply.text(500, TYPE, envelope(inside))
