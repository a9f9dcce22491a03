"""Variant soap-cdata-package: the question is an XML document that stands as text in a SOAP call.

The gateway in front answers its own refusals in JSON as ever; what reaches the service is answered by a
document of the same kind. It may be cut off inside its CDATA while the SOAP around it is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from lxml import etree

from adapters import soap, xmltext
from adapters.answers import BROKEN, told
from adapters.bodies import OMITTED, Bodies
from adapters.exch_hmac import signing
from adapters.exch_hmac.outward import by_line, read
from adapters.exch_hmac.papers import (
    ANSWERS,
    FIELDS,
    LIMIT,
    NUMBERED,
    PACKAGED,
    SERVICE_PATH,
    rid_of,
    service_of,
)
from adapters.paths import reach, text_of
from adapters.times import moment_form
from hub.errors import SenderError
from hub.message import wall
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest

NAMESPACE = "http://exchange.example/service"
TYPE = "text/xml;charset=UTF-8"
_HEAD = "PACKAGEHEAD"
_BODIES = Bodies(FIELDS, OMITTED, hollow=False)
_STAMP, _ = moment_form("yyyyMMddHHmmss", whole=True)


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Signed as every call of this gateway; the package head says who asks and why."""
    carried = outgoing.stage or outgoing.message
    service = service_of(carried, PACKAGED)
    _check(carried, outgoing.fields)
    record = _BODIES.write(carried, "request", outgoing.fields, {})
    asking = record.pop(_HEAD, {})
    head = {
        "FWQQBH": _number(service, outgoing, call),
        "QQDWDM": asking.get("QQDWDM") or call.credentials["qqdwdm"],
        "QQDWLB": asking.get("QQDWLB", ""),
        "QQDWMC": asking.get("QQDWMC", ""),
        "QQXTDM": call.credentials["sid"],
        "YWDM": call.credentials["ywdm"],
        "YWSY": asking.get("YWSY", ""),
        "JLS": "1",
        "FSSJ": _STAMP(wall(call.now), {}),
    }
    package = (
        f"<PACKAGE><{_HEAD}>{_written(head)}</{_HEAD}>"
        f'<DATA><RECORD no="1">{_written(record)}</RECORD></DATA></PACKAGE>'
    )
    body = _envelope(f"<ser:execute><ser:arg0><![CDATA[{package}]]></ser:arg0></ser:execute>")
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    secret = call.session.value if call.session else ""
    signed = signing.signed_headers(call.credentials, rid_of(service, call.credentials), secret, call.now)
    headers = {"Content-Type": TYPE, "SOAPAction": '""', **signed}
    return WireRequest("POST", f"{SERVICE_PATH}{service}", headers, body)


def _number(service: str, outgoing: Outgoing, call: Call) -> str:
    """The same in every attempt, so that a repetition gets the first answer; fresh for what only reads."""
    named = NUMBERED.get(outgoing.message)
    own = (text_of(reach(outgoing.fields, named)) or call.key) if named else call.nonce
    return hashlib.sha256(f"{service}|{own}".encode()).hexdigest()[:32].upper()


def _written(body: Mapping[str, Any]) -> str:
    """Elements in the order of the members; repeated ones for a list; nothing for nothing."""
    made: list[str] = []
    for name, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                made.append(f"<{name}>{_written(one)}</{name}>")
            elif one:
                made.append(xmltext.element(name, one))
    return "".join(made)


def _check(carried: str, fields: Mapping[str, Any]) -> None:
    """Raise what XML cannot hold, under our own names."""
    texts = [(row.unified, text) for row, text in FIELDS.abroad(carried, "request", fields, {})]
    for name, _ in FIELDS.lists(carried, "request"):
        items = reach(fields, name)
        texts += [(name, one) for one in (items if isinstance(items, list) else ()) if isinstance(one, str)]
    xmltext.check_encodable(texts)


def _envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{soap.NAMESPACE}" xmlns:ser="{NAMESPACE}">'
        f"<soapenv:Header/><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """JSON is the gateway's word, a package the service's; half a package is nobody's."""
    decided = by_line(reply)
    if decided is not None:
        return decided
    if reply.body.lstrip()[:1] in (b"", b"{", b"["):
        outcome = read(reply)
        return outcome if outcome.kind is not Kind.DELIVERED else told(BROKEN, outcome.foreign)
    found = soap.opened(reply, LIMIT)
    if isinstance(found, Outcome):
        return found
    returned = xmltext.child(found.body, "return")
    if reply.status >= 300 or returned is None or found.body.tag != f"{{{NAMESPACE}}}executeResponse":
        return soap.missing(reply)
    package = xmltext.read(xmltext.content(returned))
    head = xmltext.leaves(xmltext.child(package, _HEAD))
    code = head.get("JGDM", "").strip()
    if package is None or xmltext.name_of(package) != "PACKAGE" or not code:
        return soap.missing(reply)
    outcome = ANSWERS.of(code, head.get("JGSM", ""))
    if outcome.kind is not Kind.DELIVERED:
        return outcome
    records = [one for one in xmltext.children(xmltext.child(package, "DATA")) if _is_record(one)]
    if head.get("JLS", "").strip() != str(len(records)):
        return told(BROKEN, f"JLS {head.get('JLS', '')}, {len(records)} RECORD")
    carried = outgoing.stage or outgoing.message
    data = _BODIES.home(carried, "reply", _members(records[0], carried)) if records else {}
    return told(outcome, outcome.foreign, data)


def _is_record(node: etree._Element) -> bool:
    return xmltext.name_of(node) == "RECORD"


def _members(record: etree._Element, carried: str) -> dict[str, Any]:
    """Elements as members: lists where the table has lists, even of one."""
    lists = {foreign for _, foreign in FIELDS.lists(carried, "reply")}
    found: dict[str, Any] = {}
    for node in xmltext.children(record):
        name = xmltext.name_of(node)
        value = xmltext.leaves(node) if len(node) else xmltext.content(node)
        if name in lists:
            found.setdefault(name, []).append(value)
        else:
            found.setdefault(name, value)
    return found
