"""A system calls our one address: its octets, its proof, its clock, then what it wants."""

from __future__ import annotations

from datetime import datetime

from adapters import xmltext
from adapters.http_xml import proof, wire
from adapters.http_xml.papers import FIELDS, FUNCTIONS, LIMIT, MODULES, PATH, WINDOW, WITH_FILES, site
from adapters.http_xml.reading import files, nested
from adapters.incoming import question, record, unread
from adapters.origin import below
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from adapters.xmlparts import service
from hub.message import shown
from hub.ports import Call, Incoming, WireRequest

_HEAD = ("seq", "op", "ver", "src", "date", "time")


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers, so that a caller is told what it would be told by its own kind."""
    where = site(call.system)
    if request.method != "POST" or below(request.path, call.system) != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request.path)))
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    document = wire.request(request.body, where.charset)
    if document is None:
        advice = f"首行声明 {where.charset},字节与声明一致,不含 DTD,裸 & 须写 &amp;"
        return unread("", "", bad(MALFORMED, "", f"{where.charset} 的 request 文档", "", advice))
    head = xmltext.leaves(document.head)
    context = {"seq": head.get("seq", "")}
    if not proof.holds(head, document.signed, where.auth, call):
        return unread("", "", bad("auth.failed"), context=context)
    if _expired(head, call.now):
        return unread("", "", bad("auth.expired", "", f"±{WINDOW} s", ""), context=context)
    func = head.get("func", "").strip()
    carried = FUNCTIONS.get(func, "")
    if not carried:
        return unread("", "", bad(NO_PATH, "", "功能号", shown(func)), authenticated=True, context=context)
    if carried not in MODULES:
        fields = service(FIELDS, carried, "request", document.body)
        # Both services tell the caller's own number, so the same body is the same message again.
        number = f"{func}|{document.signed.hex()}"
        return question(carried, fields, number, authenticated=True, context=context)
    written = xmltext.child(document.body, "record")
    enclosed = carried in WITH_FILES and where.attachments
    return record(
        FIELDS,
        carried,
        {**xmltext.leaves(written), **{name: head.get(name) for name in _HEAD}},
        authenticated=True,
        findings=nested(written, frozenset({"fjlist"}) if enclosed else frozenset()),
        context=context,
        files=files(written) if enclosed else (),
    )


def _expired(head: dict[str, str], now: datetime) -> bool:
    try:
        text = f"{head.get('date', '')}{head.get('time', '')}+0800"
        stated = datetime.strptime(text, "%Y%m%d%H%M%S%z")
    except ValueError:
        return True
    return abs((now - stated).total_seconds()) > WINDOW
