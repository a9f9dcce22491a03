"""A bank or CA calls us under the same rules: who, cipher, signature, then what it wants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters import jsontext
from adapters.asking import service
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.proof import same
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from adapters.sm2_envelope import sealing
from adapters.sm2_envelope.amounts import to_yuan
from adapters.sm2_envelope.outward import MOMENT
from adapters.sm2_envelope.papers import (
    ADMITTED,
    BODIES,
    CARRIED,
    FIELDS,
    LIMIT,
    NUMBERS,
    PATH,
    QUERY,
    RECORDS,
)
from adapters.soap import header
from hub.message import parse, shown
from hub.ports import Call, Incoming, WireRequest

_WINDOW = 300


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers; whoever is not known by then is told so in clear."""
    if request.method != "POST" or below(request.path, call.system) != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request.path)))
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    if not same(header(request.headers, "x-app-id"), call.credentials.get("app_id", "")):
        return _stranger("900001")
    plain = sealing.opened(request.body, call.credentials)
    if plain is None:
        return _stranger("900003")
    if not sealing.holds(plain, header(request.headers, "x-sign"), call.credentials):
        return _stranger("900002", jsontext.member(jsontext.read(plain), "head"))
    parsed = parse(plain)
    head, body = (jsontext.member(parsed.value, name) for name in ("head", "body"))
    if parsed.findings or not isinstance(head, dict) or not isinstance(body, dict):
        observed = parsed.findings[0].code if parsed.findings else "head, body"
        return unread("", "", bad(MALFORMED, "", "JSON 的 head 与 body", observed), authenticated=True)
    return _known(head, body, call)


def _stranger(code: str, head: object = None) -> Incoming:
    """Not proved; of what it said only the two numbers are repeated, so that it can find its call."""
    echo = {
        name: shown(text)
        for name in ("tranCode", "serialNo")
        if (text := jsontext.scalar(jsontext.member(head, name)))
    }
    return unread("", "", bad("auth.failed", "", "", code), context={"auth": code, "head": echo})


def _known(head: dict[str, Any], body: dict[str, Any], call: Call) -> Incoming:
    """What a caller that has proved itself wants."""
    said = {name: jsontext.scalar(head.get(name)) or "" for name in ("tranCode", "serialNo", "tranTime")}
    echo = {"head": {name: said[name] for name in ("tranCode", "serialNo")}}
    carried = CARRIED.get(said["tranCode"], "")
    if not carried and said["tranCode"] != QUERY:
        return unread(
            "", "", bad(NO_PATH, "", "交易码", shown(said["tranCode"])), authenticated=True, context=echo
        )
    if not _now(said["tranTime"], call):
        finding = bad("auth.time-window", "", f"±{_WINDOW} s", shown(said["tranTime"]))
        return unread("", "", finding, context={**echo, "auth": "900006"})
    if carried not in ADMITTED.get(call.system, ()):
        return unread("", "", bad("auth.failed", "", "", "900007"), context={**echo, "auth": "900007"})
    direction = "in" if carried in RECORDS else "request"
    turned, wrong = to_yuan(call.system, carried, direction, body)
    if carried in RECORDS:
        read = BODIES.read(carried, direction, turned)
        findings = (*wrong, *read.findings)
        return record(FIELDS, carried, read.texts, authenticated=True, findings=findings, context=echo)
    found = service(BODIES, carried, turned, call, number=(NUMBERS[carried],), context=echo)
    return replace(found, findings=(*wrong, *found.findings))


def _now(text: str, call: Call) -> bool:
    """Is the caller's clock ours, to five minutes?"""
    try:
        apart = datetime.fromisoformat(MOMENT(text)) - call.now
    except (ValueError, TypeError):
        return False
    return abs(apart.total_seconds()) <= _WINDOW
