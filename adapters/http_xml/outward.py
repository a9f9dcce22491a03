"""We save a record or ask a question, and read `head/result` of what comes back."""

from __future__ import annotations

import re
from typing import Any

from adapters import soap, xmltext
from adapters.answers import DELIVERED, HTML, HTTP_5XX, by_status, opening, told
from adapters.http_xml import proof, wire
from adapters.http_xml.papers import (
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    MODULES,
    PAGES,
    PATH,
    SERVICES,
    WITH_FILES,
    Site,
    site,
)
from adapters.origin import circumstances
from adapters.parts import against, said, too_large, writable
from adapters.paths import text_of
from adapters.rows import refuse
from adapters.xmlparts import elements, service
from hub.message import wall
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_PAGES = re.compile(rb"\s*<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]{4})\s*:")
_FORGED = Outcome(Kind.UNKNOWN, "receiver.answer-forged", Blame.RECEIVER)
_FILE = (("name", "mc"), ("media", "mtlx"), ("size", "dx"), ("digest", "zy"), ("data", "nr"))


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Absent fields are left out; a delete has an empty body."""
    where = site(call.system)
    if outgoing.stage:
        about = circumstances(outgoing, call, KEY_SHAPE)
        gone = outgoing.op == "delete"
        parts = said(FIELDS, outgoing.stage, "out", {} if gone else outgoing.fields, about)
        writable(parts, where.charset)
        head = elements([part for part in parts if part.row.stage == "*"])
        record = elements([part for part in parts if part.row.stage != "*"])
        body = "" if gone else f"<record>{record}{_files(outgoing, where)}</record>"
        return _request(f"{MODULES[outgoing.stage]}.save", head, body, call, where)
    parts = said(FIELDS, outgoing.message, "request", outgoing.fields, {})
    writable(parts, where.charset)
    body = elements([part for part in parts if part.row.stage != "*"])
    if outgoing.message == "credit.query":
        body += "".join(xmltext.element(name, text) for name, text in PAGES)
    now = wall(call.now)
    head = _plain(
        ("seq", call.nonce),
        ("src", "HUB"),
        ("date", now[:10].replace("-", "")),
        ("time", now[11:19].replace(":", "")),
    )
    return _request(SERVICES[outgoing.message], head, body, call, where)


def _plain(*pairs: tuple[str, str]) -> str:
    return "".join(xmltext.element(name, text) for name, text in pairs)


def _files(outgoing: Outgoing, where: Site) -> str:
    """Attachments as the papers' one system takes them; without octets only what they are."""
    if not outgoing.files or not where.attachments or outgoing.stage not in WITH_FILES:
        return ""
    texts = [
        [(name, text_of(one.get(ours))) for ours, name in _FILE if text_of(one.get(ours))]
        for one in outgoing.files
    ]
    bad = [
        finding
        for number, one in enumerate(outgoing.files)
        for ours, _ in _FILE[:2]
        if (finding := against(ours, text_of(one.get(ours)), where.charset, under=f"/body/files/{number}"))
    ]
    refuse(bad)
    return f"<fjlist>{''.join(f'<fj>{_plain(*one)}</fj>' for one in texts)}</fjlist>"


def _request(func: str, head: str, body: str, call: Call, where: Site) -> WireRequest:
    known = call.credentials
    words = [("accessid", known["accessid"])]
    if where.auth == "password":
        words += [("username", known["username"]), ("password", known["password"])]
    inner = f"<body>{body}</body>"
    signature = proof.sign(wire.encoded(inner, where.charset), where.auth, known)
    if signature:
        head += xmltext.element("sign", signature)
    head = f"<head>{_plain(*words, ('func', func))}{head}</head>"
    text = f"{wire.declaration(where.charset)}<request>{head}{inner}</request>"
    raw = wire.encoded(text, where.charset)
    too_large(len(raw), LIMIT)
    return WireRequest("POST", PATH, {"Content-Type": f"text/xml; charset={where.charset}"}, raw)


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """`result` says whether, `code` (or the start of `msg`) says why not."""
    where = site(call.system)
    found = _opened(reply, where.charset)
    if isinstance(found, Outcome):
        return found
    head = xmltext.leaves(found.head)
    result, words = head.get("result", "").strip(), head.get("msg", "")
    if result not in ("0", "1"):
        return soap.missing(reply)
    if where.auth == "rsa" and not proof.signed_by_peer(found.signed, head.get("sign", ""), call.credentials):
        return told(_FORGED, words)
    if result == "1":
        return told(DELIVERED, f"{head.get('code', '')} {words}".strip(), _told_us(found, outgoing))
    code = head.get("code", "").strip()
    number = _NUMBER.match(words)
    if not code and number:
        code = number[1]
    return ANSWERS.of(code, words, _told_us(found, outgoing) if code == "2010" else None)


def _told_us(found: wire.Document, outgoing: Outgoing) -> dict[str, Any]:
    if not outgoing.stage and outgoing.message in SERVICES:
        return service(FIELDS, outgoing.message, "reply", found.body)
    leaves = xmltext.leaves(found.body)
    when = leaves.get("receiptrq", "") + leaves.get("receiptsj", "")
    data = {"receiptno": leaves.get("receiptno", ""), "receipttime": when}
    return {name: text for name, text in data.items() if text}


def _opened(reply: WireReply, charset: str) -> wire.Document | Outcome:
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    start = reply.body[:256].removeprefix(b"\xef\xbb\xbf")
    if "text/html" in reply.headers.get("content-type", "").lower() or _PAGES.match(start):
        words = f"HTTP {reply.status} {opening(reply.body)}"
        return told(HTTP_5XX if reply.status >= 500 else HTML, words)
    found = wire.answer(reply.body, charset)
    return soap.missing(reply) if found is None else found
