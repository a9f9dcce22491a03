"""A system calls our one method: form, site and key, then what is inside, then what for."""

from __future__ import annotations

from adapters.incoming import question, record, unread
from adapters.origin import below
from adapters.proof import same
from adapters.rpc_execute import cipher, envelope, plain
from adapters.rpc_execute.papers import FIELDS, FUNCTIONS, LIMIT, MODULES, PATH, site
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from hub.message import shown
from hub.ports import Call, Incoming, WireRequest

# What is only asked is asked anew each time; what is reported is the same report when it comes again.
_QUESTIONS = "query"


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers, so that a caller is told what it would be told by its own kind."""
    where = site(call.system)
    if request.method != "POST" or below(request.path, call.system).partition("?")[0] != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request.path)), context={"path": False})
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    arguments = envelope.called(request.body, where)
    if isinstance(arguments, str):
        finding = bad(MALFORMED, "", f"SOAP 1.1 {where.method}", arguments)
        return unread("", "", finding, context={"fault": arguments})
    code, func, params = (
        arguments[name]
        for name in (
            ("parmString1", "action", "parmString2") if where.encoded else ("siteCode", "func", "params")
        )
    )
    known = same(code, call.credentials.get("site_code", ""))
    raw = cipher.opened(params, where.params, call.credentials.get("site_key", ""))
    if not known or raw is None:
        return unread("", "", bad("auth.failed"))
    carried = FUNCTIONS.get(func, "")
    direction = "in" if carried in MODULES else "request"
    inside = plain.read(raw, "Params", where, carried, direction)
    if inside is None:
        form = "<Params>" if where.encoded else "JSON 对象"
        return unread("", "", bad(MALFORMED, "", f"{where.charset} 的 {form}", ""), authenticated=True)
    if not carried:
        return unread("", "", bad(NO_PATH, "", "方法名", shown(func)), authenticated=True)
    if carried in MODULES:
        return record(FIELDS, carried, inside.texts, authenticated=True, findings=inside.findings())
    number = call.nonce if func.startswith(_QUESTIONS) else f"{func}|{raw.hex()}"
    return question(carried, inside.service(carried, "request"), number, authenticated=True)
