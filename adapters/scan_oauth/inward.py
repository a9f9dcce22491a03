"""A portal asks the hub for tickets and identities; a signer tells it what a person has confirmed."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.asking import service
from adapters.incoming import unread
from adapters.origin import below
from adapters.scan_oauth import proof
from adapters.scan_oauth.papers import (
    ADMITTED,
    API,
    BODIES,
    CALLBACK,
    CARRIED,
    LIMIT,
    NUMBERS,
    TOKEN,
    TOLD,
)
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from hub.message import parse, shown
from hub.ports import Call, Incoming, WireRequest

_FINDINGS = {"4003": "auth.time-window", "4010": "auth.expired"}


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers: size, path, proof, token, JSON, what was agreed, fields."""
    path = below(request.path, call.system)
    operation = path.removeprefix(API) if path.startswith(API) else ""
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    if request.method != "POST" or (path not in (TOKEN, CALLBACK) and operation not in CARRIED):
        return unread("", "", bad(NO_PATH, "", API, shown(request.path)))
    fault, nonce = proof.fault(request, path, call.credentials, call.now)
    if not fault and operation and not proof.bears(request, call.session, call.credentials, call.now):
        fault = "4010"
    if fault:
        finding = bad(_FINDINGS.get(fault, "auth.failed"), "", "", fault)
        return unread("", "", finding, context={"auth": fault})
    parsed = parse(request.body)
    context = {"nonce": nonce}
    if parsed.findings or not isinstance(parsed.value, dict):
        observed = parsed.findings[0].code if parsed.findings else "不是对象"
        return unread("", "", bad(MALFORMED, "", "JSON 对象", observed), authenticated=True, context=context)
    if path == TOKEN:
        return _token(parsed.value, call, context)
    if path == CALLBACK:
        return _told(parsed.value, call, context)
    carried = CARRIED[operation]
    if carried not in ADMITTED.get(call.system, ()):
        return _closed(operation, context)
    return service(BODIES, carried, parsed.value, call, number=NUMBERS.get(carried, ()), context=context)


def _closed(name: str, context: dict[str, Any]) -> Incoming:
    """Something of the papers that was not agreed with this system."""
    finding = bad("path.closed", "", "已开通的接口", shown(name))
    return unread("", "", finding, authenticated=True, context={**context, "closed": True})


def _token(body: dict[str, Any], call: Call, context: dict[str, Any]) -> Incoming:
    if body.get("grant_type") != "client_credentials":
        finding = bad("code.unknown", "/grant_type", "client_credentials", shown(str(body.get("grant_type"))))
        return unread("", "", finding, authenticated=True, context=context)
    token = call.session or proof.issued(call.credentials, call.now)
    seconds = int((token.expires - call.now).total_seconds())
    given = {"access_token": token.value, "expires_in": seconds}
    return Incoming("", "", "", "", 0, "", {}, authenticated=True, context={**context, "login": given})


def _told(body: dict[str, Any], call: Call, context: dict[str, Any]) -> Incoming:
    """A callback: the reply to a question of ours, under the number we gave it; `op` says that it is one."""
    event, number = (jsontext.scalar(body.get(name)) or "" for name in ("event", "req_no"))
    data = body.get("data")
    if event not in TOLD.get(call.system, ()):
        return _closed(event, context)
    carried, context = CARRIED[event], {**context, "callback": event}
    if not isinstance(data, dict) or not number:
        finding = bad(
            "field.required", "/body/fields/requestNo" if not number else "/body/fields", "req_no, data"
        )
        return unread(carried, "", finding, authenticated=True, context=context)
    fields = BODIES.home(carried, "reply", data) | {"requestNo": number}
    if event == "state" and (ticket := jsontext.scalar(data.get("ticket"))):
        fields["ticket"] = ticket
    state = jsontext.scalar(data.get("state")) or ""
    findings = BODIES.read(
        carried, "reply", {name: v for name, v in data.items() if name != "ticket"}
    ).findings
    return Incoming(
        carried,
        "",
        "callback",
        "",
        0,
        f"{event}:{number}:{state}",
        fields,
        findings=findings,
        authenticated=True,
        context=context,
    )
