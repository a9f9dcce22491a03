"""通用方法 execute / DataByXML: one method for everything, enciphered, one site different from the next.

Written from `dialects/rpc-execute/rules.md`. No clock is checked and nothing is signed: a replay is a
duplicate, recognised by its sn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import jsonread
from simulators.dialects import rpc_reading as reading
from simulators.dialects.rpc_cipher import close, lines, open_text
from simulators.dialects.xmlread import escape
from simulators.jsonform import first_wrong, json_form
from simulators.nested import Tree, service
from simulators.sheet import op_of
from simulators.state import Push, Record, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "rpc-execute"
PATH = "/services/DataService"
TYPE = "text/xml; charset=utf-8"
TEXTS = {
    "200": "操作成功",
    "201": "重复报送",
    "400": "参数格式错误",
    "401": "站点或密文无效",
    "403": "无此操作权限",
    "404": "方法不存在",
    "410": "必填项为空",
    "411": "字段格式错误",
    "412": "代码不存在",
    "413": "数据过大",
    "420": "同版本内容不一致",
    "421": "版本过旧",
    "422": "要修改或删除的记录不存在",
    "423": "项目或标段不存在",
    "430": "系统繁忙",
    "500": "系统异常",
}
_KINDS = {"required": "410", "format": "411", "code": "412"}
_REFUSED = {Verdict.CONFLICT: "420", Verdict.OLDER: "421", Verdict.UNKNOWN_ROW: "422"}
_MOODS = {
    "not-allowed": "403",
    "func-unknown": "404",
    "parent-unknown": "423",
    "busy": "430",
    "internal-error": "500",
}
_NUMBERS = {"M11": "DX{day}{serial:04d}"}
_STACK = "java.lang.NullPointerException"


class No(Exception):
    """A status other than 200 and 201."""

    def __init__(self, status: str, field: str = "", text: str = "") -> None:
        super().__init__(status)
        self.status, self.field, self.text = status, field, text


class RpcExecute:
    """M11, D06 or D10: what distinguishes them is in their papers."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        site: Mapping[str, Any] = facts["systems"][desk.id]
        modules: Mapping[str, str] = facts["modules"]
        self._desk, self._site = desk, site
        desk.ledger.pattern = _NUMBERS.get(desk.id, desk.id + "{day}{serial:06d}")
        taken = {modules[stage]: stage for stage in site["hub_sends"]}
        self._save = {f"save{name}": stage for name, stage in taken.items()}
        self._get = {f"get{name}": stage for name, stage in taken.items()}
        self._asked = {modules[message]: message for message in site["hub_asks"]}
        self._known = {f"{verb}{name}" for name in modules.values() for verb in ("save", "get")}
        self._known |= {name for message, name in modules.items() if "." in message}
        self._quirks = {str(quirk["id"]) for quirk in site.get("quirks", ())}
        self._limit = int(facts["limits"]["max_body_bytes"])
        self._key = desk.credentials["site_key"].encode("ascii")
        self._json = site["form"] == "execute"

    def answer(self, request: Request, now: datetime) -> Reply:
        if request.path != PATH:
            return NO_SUCH_PATH
        if request.method == "GET":
            return self._papers(request)
        if request.method != "POST":
            return Reply(405)
        if self._desk.feels("soap-fault"):
            return fault("soapenv:Server", _STACK)
        try:
            status, data = self._serve(request, now)
        except reading.Faulty as no:
            return fault("soapenv:Client", str(no))
        except No as no:
            text = no.text or TEXTS[no.status]
            return self._say(no.status, f"{text}:{no.field}" if no.field else text, None)
        return self._say(status, TEXTS[status], data)

    def _serve(self, request: Request, now: datetime) -> tuple[str, Tree]:
        """Everything in the papers' order; raises Faulty or No."""
        if len(request.body) > self._limit:
            raise No("413")
        encoded = self._site["rpc"] == "encoded" and "rpc-encoded" in self._quirks
        call = reading.read_call(request.body, self._site["form"], encoded=encoded)
        raw = open_text(self._site["params"], self._key, call.params)
        if call.site != self._desk.credentials["site_code"] or raw is None:
            raise No("401")
        try:
            text = raw.decode("gbk" if self._site["charset"] == "GBK" else "utf-8")
        except UnicodeDecodeError:
            raise No("400") from None
        tree = self._parse(call.func, text)
        for mood, status in _MOODS.items():
            if self._desk.feels(mood):
                raise No(status)
        if call.func in self._asked:
            return "200", self._service(self._asked[call.func], tree, now)
        if call.func in self._get:
            return "200", self._found(self._get[call.func], tree)
        if call.func in self._save:
            return self._push(self._save[call.func], tree, now)
        raise No("403" if call.func in self._known else "404")

    def _parse(self, func: str, text: str) -> Tree:
        rows: tuple[Any, ...] = ()
        if func in self._asked:
            rows = service(NAME, self._asked[func], "request").rows
        elif func in self._save:
            rows = json_form(NAME, self._save[func]).rows
        tree = jsonread.read(text) if self._json else reading.tree_of(text, rows)
        if not isinstance(tree, dict):
            raise No("400")
        return tree

    def _push(self, stage: str, tree: Tree, now: datetime) -> tuple[str, Tree]:
        form, op = json_form(NAME, stage), op_of(NAME, str(tree.get("czlx") or ""))
        wrong = form.wrong(tree, deleted=op == "delete")
        if wrong is not None:
            raise No(_KINDS[wrong.kind], wrong.field)
        content = form.business(tree)
        push = Push(stage, str(tree["sn"]), int(tree["bbh"]), op, tree, content)
        verdict, held = self._desk.ledger.put(push, now)
        if held is None or verdict not in (Verdict.TAKEN, Verdict.DUPLICATE):
            raise No(_REFUSED[verdict])
        return ("200" if verdict is Verdict.TAKEN else "201"), {"sn": held.key, **_receipt(held)}

    def _found(self, stage: str, tree: Tree) -> Tree:
        held = self._desk.ledger.find(stage, str(tree.get("sn") or ""))
        if held is None or held.deleted:
            return {"count": 0}
        return {"count": 1, "record": held.fields, **_receipt(held)}

    def _service(self, message: str, tree: Tree, now: datetime) -> Tree:
        form, book = service(NAME, message, "request"), self._desk.books.get(message)
        if book is None:
            raise No("403")
        if wrong := first_wrong(form, tree):
            raise No(_KINDS[wrong.kind], wrong.field)
        try:
            told = book(form.home(tree), now)
        except Refusal as no:
            status, text = _services().get(no.code, ("500", TEXTS["500"]))
            raise No(status, "", text) from None
        return service(NAME, message, "reply").abroad(told)

    # -- wire -------------------------------------------------------------------------------------

    def _say(self, status: str, message: str, data: Tree | None) -> Reply:
        closed = "" if data is None else self._close(data)
        failed = status not in ("200", "201")
        number = self._desk.feels("status-as-number") or (
            failed and "status-number-in-failures" in self._quirks
        )
        if self._json:
            told = {"status": int(status) if number else status, "message": message, "data": closed}
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        else:
            inside = f"<status>{status}</status><message>{escape(message)}</message><data>{closed}</data>"
            text = f"<Return>{inside}</Return>"
        return self._envelope(escape(text))

    def _close(self, data: Tree) -> str:
        text = (
            json.dumps(data, ensure_ascii=False, separators=(",", ":"))
            if self._json
            else f"<Data>{reading.xml_of(data)}</Data>"
        )
        plain = text.encode("gbk" if self._site["charset"] == "GBK" else "utf-8", "replace")
        raw = close(self._site["data"], self._key, plain, zeros=self._desk.feels("des-padding"))
        if self._desk.feels("data-cut"):
            raw = b"\0" + raw[:-1] if len(raw) > 1 else raw
        broken = "base64-line-breaks" in self._quirks or self._desk.feels("base64-linebreaks")
        return lines(raw, broken=broken)

    def _envelope(self, text: str) -> Reply:
        form = self._site["form"]
        spaces, style, kind = f'xmlns:soapenv="{reading.SOAP}"', "", ""
        multi = self._desk.feels("rpc-encoded-types")
        if self._site["rpc"] == "encoded" or multi:
            spaces += f' xmlns:xsd="{reading.XSD}" xmlns:xsi="{reading.XSI}"'
            style = f' soapenv:encodingStyle="{reading.ENCODING}"'
            kind = ' xsi:type="xsd:string"'
        returned, tail = f"<{form}Return{kind}>{text}</{form}Return>", ""
        if multi:
            returned = f'<{form}Return href="#id0"></{form}Return>'
            tail = (
                f'<multiRef id="id0"{style} xsi:type="soapenc:string" '
                f'xmlns:soapenc="{reading.ENCODING}">{text}</multiRef>'
            )
        inside = f'<ser:{form}Response xmlns:ser="{reading.NS}"{style}>{returned}</ser:{form}Response>{tail}'
        return _soap(spaces, inside, 200)

    def _papers(self, request: Request) -> Reply:
        if request.query.lower() != "wsdl":
            return Reply(405)
        name = "service-encoded.wsdl" if self._site["rpc"] == "encoded" else "service.wsdl"
        text = (ROOT / NAME / name).read_text("utf-8")
        if self._desk.feels("wsdl-missing-imports"):
            gone = '<wsdl:import namespace="urn:gone" location="http://10.20.0.8:7001/gone.wsdl"/>'
            text = text.replace("<wsdl:message ", gone + "<wsdl:message ", 1)
        return Reply.text(200, TYPE, text)


def fault(code: str, text: str) -> Reply:
    inside = f"<faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>"
    return _soap(f'xmlns:soapenv="{reading.SOAP}"', f"<soapenv:Fault>{inside}</soapenv:Fault>", 500)


def _soap(spaces: str, inside: str, status: int) -> Reply:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope {spaces}><soapenv:Body>'
    return Reply.text(status, TYPE, f"{head}{inside}</soapenv:Body></soapenv:Envelope>")


def _receipt(held: Record) -> Tree:
    return {"slh": held.receipt, "slsj": f"{held.received:%Y-%m-%d %H:%M:%S}"}


@cache
def _services() -> Mapping[str, tuple[str, str]]:
    """Errors of services -> status and sentence, as the papers' table of results has them."""
    found = {}
    for row in Papers.load(NAME).expected:
        status = re.match(r"status (\d+)", row.wire)
        if row.face == "out" and "(service)" in row.situation and status:
            found[row.code] = (status[1], row.zh)
    return found
