"""A system of either variant calls the hub: signature first, then what for, then the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.asking import service
from adapters.hmac_open import signing
from adapters.hmac_open.papers import (
    BASE,
    BODIES,
    BYTES,
    CARRIED,
    ENCLOSED,
    FIELDS,
    LIMIT,
    NUMBERS,
    RESERVED,
    WITH_BYTES,
    X_CA,
    granted,
    zoned,
)
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from hub.message import Finding, parse, shown
from hub.ports import Call, Incoming, WireRequest

_CODES = {"1003": "auth.clock", "1004": "auth.accept-missing", "1007": "envelope.digest"}
_BARE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?")


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers: an unknown resource is told only to a caller that was proven."""
    path = below(request.path, call.system)
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    given = {name.lower(): value for name, value in request.headers.items()}
    fault = signing.fault(request, path, given, call)
    carried = CARRIED.get(path.removeprefix(BASE), "") if path.startswith(BASE) else ""
    record_ = bool(carried and FIELDS.of(carried, "in"))
    stage, message = carried if record_ else "", FIELDS.messages.get(carried, "")
    if fault:
        finding = bad(_CODES.get(fault, "auth.failed"), "", "", fault)
        return unread(message, stage, finding, context={"auth": fault})
    context = {"nonce": signing.nonce_of(given, call)}
    if request.method != "POST" or not granted(carried, call.variant):
        return _nothing_here(request, path, carried, context)
    parsed = parse(request.body)
    if parsed.findings or not isinstance(parsed.value, dict):
        observed = parsed.findings[0].code if parsed.findings else "不是对象"
        finding = bad(MALFORMED, "", "JSON 对象", observed)
        return unread("", "", finding, authenticated=True, context=context)
    understood = _understood(carried, _without_bytes(parsed.value), call, context)
    for name in ENCLOSED.get(carried, ()):
        understood = _with_bytes(understood, name, parsed.value.get(name))
    return understood


def _nothing_here(request: WireRequest, path: str, carried: str, context: Mapping[str, Any]) -> Incoming:
    """No such resource, no such method there, or none that this caller may use."""
    known = request.method == "POST" and (carried or path.removeprefix(BASE) in RESERVED)
    if known:
        finding = bad("auth.not-allowed", "", "已授权的资源", shown(path))
        return unread("", "", finding, authenticated=True, context={**context, "auth": "1006"})
    finding = bad(NO_PATH, "", f"POST {BASE}{{资源}}", shown(f"{request.method} {path}"))
    return unread("", "", finding, authenticated=True, context=context)


def _without_bytes(body: dict[str, Any]) -> dict[str, Any]:
    """File objects without the member that is reserved for their bytes."""
    return {
        name: {inner: one for inner, one in value.items() if inner != "content"}
        if name in WITH_BYTES and isinstance(value, dict)
        else value
        for name, value in body.items()
    }


def _with_bytes(incoming: Incoming, name: str, given: Any) -> Incoming:
    """The octets of a file that came along, beside its digest."""
    octets = given.get(BYTES) if isinstance(given, dict) else None
    file = incoming.fields.get(name)
    if octets is None or not isinstance(file, Mapping):
        return incoming
    if not isinstance(octets, str):
        finding = bad("field.type", f"/body/fields/{name}/{BYTES}", "Base64", shown(octets))
        return replace(incoming, findings=(*incoming.findings, finding))
    return replace(incoming, fields={**incoming.fields, name: {**file, "data": octets}})


def _understood(carried: str, body: dict[str, Any], call: Call, context: Mapping[str, Any]) -> Incoming:
    late = _zoneless(carried, body) if call.variant == X_CA else ()
    if not FIELDS.of(carried, "in"):
        numbers = NUMBERS.get(carried, ())
        asked = service(BODIES, carried, body, call, number=numbers, context=context)
        return replace(asked, findings=(*late, *asked.findings))
    read = BODIES.read(carried, "in", body)
    findings = (*late, *read.findings)
    return record(FIELDS, carried, read.texts, authenticated=True, findings=findings, context=context)


def _zoneless(carried: str, body: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Moments that do not say whose clock they are by."""
    told = ((name, body.get(name)) for name in zoned(carried))
    return tuple(
        bad("field.time-zone", f"/{name}", "+08:00", shown(value))
        for name, value in told
        if isinstance(value, str) and _BARE.fullmatch(value)
    )
