"""Variant soap-cdata-package of the exchange platform: a package of XML as CDATA in a SOAP 1.1 call.

Written from `dialects/exch-hmac/rules.md` 11. The gateway before it is the same and speaks JSON; the service
behind answers in packages. The same FWQQBH within ten minutes gets the very first answer, so that asking
again costs no second check of a person and no second use of a code.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from simulators.desk import Desk, Refusal
from simulators.dialects.exch_hmac import KINDS, NAME, TEXTS, ExchHmac
from simulators.dialects.xmlread import BadXmlError, escape, local, namespace, read
from simulators.dialects.xmltree import lists, read_tree, write_tree
from simulators.nested import Body, Tree, service
from simulators.wire import Reply, Request

VARIANT = "soap-cdata-package"
TYPE = "text/xml;charset=UTF-8"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
OWN = "http://exchange.example/service"
MEMORY = timedelta(minutes=10)
_OPEN = (
    f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:ser="{OWN}">'
    "<soapenv:Header/><soapenv:Body><ser:executeResponse><ser:return><![CDATA["
)
_CLOSE = "]]></ser:return></ser:executeResponse></soapenv:Body></soapenv:Envelope>"
_NUMBER = re.compile(r"[0-9A-F]{32}")
# what a service says -> code; the field to blame is told in the service's own name
_CODES = {
    "verify.not-found": "4001",
    "person.not-found": "4001",
    "auth.code-used": "4001",
    "verify.code-check": "4002",
    "field.required": "2001",
    "face.locked": "3002",
}
_GATEWAY = frozenset({"1001", "1002", "1003", "1004", "1005", "1006", "3001", "3002"})


class ExchPackage(ExchHmac):
    """D14 and N04: they are asked, nothing is pushed to them."""

    services = ("ryhy", "srhy", "sfhq", "qyhy", "zzcx")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        facts = self._papers.facts
        own = facts["systems"].get(desk.id, {})
        self._asked = {facts["operations"][name]: name for name in own.get("ask", facts["package_number"])}
        self._registered = "business-code-registered" in own.get("quirks", ())
        self._first: dict[str, tuple[datetime, Reply]] = {}

    def _upset(self, code: str, request: Request, now: datetime) -> Reply:
        if code in _GATEWAY:
            return self._say(code)
        head = _package(request.body)
        return self._tell(head[0] if head else {}, code, now)

    def _serve(self, name: str, raw: bytes, now: datetime) -> Reply:
        if name not in self._asked:
            return self._say("1005")
        found = _package(raw)
        if found is None:
            return self._tell({}, "2010", now)
        head, record = found
        if self._registered and not self._may(name, head):
            return self._say("1005")
        number = str(head.get("FWQQBH", ""))
        kept = self._first.get(number)
        if kept is not None and now - kept[0] <= MEMORY:
            return self._spoil(kept[1])
        reply, settled = self._ask(self._asked[name], head, record, now)
        if settled:
            self._first = {no: old for no, old in self._first.items() if now - old[0] <= MEMORY}
            self._first[number] = (now, reply)
        return self._spoil(reply)

    def _may(self, name: str, head: Tree) -> bool:
        """Business codes are registered beforehand, service by service."""
        barred = self._desk.switches.get("unregistered", ())
        return head.get("YWDM") == self._desk.credentials["ywdm"] and name not in barred

    def _ask(self, message: str, head: Tree, record: etree._Element, now: datetime) -> tuple[Reply, bool]:
        """The answer, and whether it is this number's for good (a badly filled form is not)."""
        form = service(NAME, message, "request", typed=False)
        tree = {"PACKAGEHEAD": head, **read_tree(record, lists(form.rows))}
        if not _NUMBER.fullmatch(str(head.get("FWQQBH", ""))):
            return self._tell(head, "2002", now, "PACKAGEHEAD/FWQQBH"), False
        if wrong := form.wrong(tree):
            return self._tell(head, KINDS[wrong[0].kind], now, wrong[0].field), False
        book = self._desk.books.get(message)
        if book is None:
            return self._say("1005"), False
        try:
            told = book(form.home(tree), now)
        except Refusal as no:
            field = _foreign(form, no)
            return self._tell(head, _CODES.get(no.code, "5000"), now, field), no.code != "field.required"
        said = service(NAME, message, "reply", typed=False).abroad(told)
        self._desk.ledger.note(message, str(head["FWQQBH"]), form.home(tree), said, now)
        return self._tell(head, "0", now, record=write_tree(said)), True

    def _tell(self, head: Tree, code: str, now: datetime, field: str = "", record: str = "") -> Reply:
        text = f"{TEXTS[code]}:{field}" if field else TEXTS[code]
        told = {"FWQQBH": head.get("FWQQBH", ""), "JGDM": code, "JGSM": text, "JLS": int(code == "0")}
        tops = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in told.items())
        data = f'<RECORD no="1">{record}</RECORD>' if code == "0" else ""
        sent = f"<FSSJ>{now:%Y%m%d%H%M%S}</FSSJ>"
        whole = f"<PACKAGE><PACKAGEHEAD>{tops}{sent}</PACKAGEHEAD><DATA>{data}</DATA></PACKAGE>"
        return Reply.text(200, TYPE, f"{_OPEN}{whole}{_CLOSE}")

    def _spoil(self, reply: Reply) -> Reply:
        """Fault cdata-package-truncated: the envelope is whole, the package in it is not."""
        if not self._desk.feels("cdata-package-truncated"):
            return reply
        text = reply.body.decode("utf-8")
        if self._desk.feels("cdata-package-truncated:count"):
            text = text.replace("<JLS>1</JLS>", "<JLS>2</JLS>")
        else:
            text = text.removesuffix(_CLOSE)[:-50] + _CLOSE
        return Reply(reply.status, reply.headers, text.encode("utf-8"))


def exch_hmac(desk: Desk) -> ExchHmac:
    """The side of the system's variant."""
    return ExchPackage(desk) if desk.variant == VARIANT else ExchHmac(desk)


def _package(raw: bytes) -> tuple[Tree, etree._Element] | None:
    """Head and record, by namespace and local name; None for anything else. No DOCTYPE, outside or inside."""
    try:
        root = read(raw)
        wanted = f"{{{SOAP}}}Body/{{{OWN}}}execute"
        call = root.find(wanted)
        inner = next((e.text or "" for e in (() if call is None else call) if local(e) == "arg0"), None)
        if inner is None or namespace(root) != SOAP:
            return None
        package = read(inner)
    except BadXmlError:
        return None
    head, record = package.find("PACKAGEHEAD"), package.find("DATA/RECORD")
    if local(package) != "PACKAGE" or head is None or record is None:
        return None
    return read_tree(head, frozenset()), record


def _foreign(form: Body, no: Refusal) -> str:
    """The box a refusal names, in the system's own words; `known` holds its standard name."""
    wanted: Any = (no.known or {}).get("field", "")
    return next((row.foreign for row in form.rows if row.standard == wanted), "")
