"""A platform calls the hub through its gateway: gate, message, then record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from adapters.gateway_gm import gateway, sealing
from adapters.gateway_gm.papers import (
    BASE,
    BODIES,
    CIPHER,
    FIELDS,
    LIMIT,
    SIGNATURE,
    STAGES,
    VERSION,
    hand_of,
)
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.proof import same
from adapters.situation import NO_PATH, bad
from hub.message import CST, parse, shown
from hub.ports import Call, Incoming, WireRequest

WINDOW = timedelta(seconds=600)
_STAMP = re.compile(r"[0-9]{14}")
_CODES = {
    "gateway.40103": "auth.clock",
    "protocol.1002": "auth.cipher",
    "protocol.1003": "auth.not-allowed",
    "protocol.1004": "envelope.version",
    "protocol.1005": "envelope.malformed",
    "protocol.1006": "envelope.too-large",
    "protocol.1007": "auth.clock",
}


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers; the first thing that is wrong is the only one that is told."""
    path = urlsplit(below(request.path, call.system)).path
    stage = STAGES.get(path.removeprefix(BASE), "") if path.startswith(BASE) else ""
    if request.method != "POST" or not stage:
        return unread("", "", bad(NO_PATH, "", f"{BASE}{{服务}}", shown(path)))
    given = {name.lower(): value for name, value in request.headers.items()}
    fault = gateway.fault(given, call)
    if fault:
        return _refused(stage, f"gateway.{fault}")
    if len(request.body) > LIMIT:
        return _refused(stage, "protocol.1006")
    parsed = parse(request.body)
    message = parsed.value
    if parsed.findings or not isinstance(message, dict):
        return _refused(stage, "protocol.1005")
    fault = _outer(message, call)
    if fault:
        return _refused(stage, f"protocol.{fault}", message)
    payload = _payload(message, call)
    if isinstance(payload, str):
        return _refused(stage, f"protocol.{payload}", message)
    if not sealing.holds(message, payload, call.credentials, hand_of(call.system)):
        return _refused(stage, "protocol.1001", message)
    read = BODIES.read(stage, "in", payload)
    context = {"nonce": given["x-tif-nonce"], "msgid": message["msgid"]}
    return record(FIELDS, stage, read.texts, authenticated=True, findings=read.findings, context=context)


def _outer(message: Mapping[str, Any], call: Call) -> str:
    """Version and algorithms, application, time."""
    stated = tuple(message.get(name) for name in ("version", "encType", "signType"))
    if stated != (VERSION, CIPHER, SIGNATURE):
        return "1004"
    app_id, stamp = message.get("appId"), message.get("timestamp")
    if not isinstance(app_id, str) or not same(app_id, call.credentials.get("app_id", "")):
        return "1003"
    moment = _moment(stamp) if isinstance(stamp, str) else None
    return "" if moment is not None and abs(call.now - moment) <= WINDOW else "1007"


def _moment(stamp: str) -> datetime | None:
    if _STAMP.fullmatch(stamp) is None:
        return None
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=CST)
    except ValueError:
        return None


def _payload(message: Mapping[str, Any], call: Call) -> dict[str, Any] | str:
    """What was sealed, or the code why it is none."""
    plain = sealing.opened(message, call.credentials)
    if plain is None:
        return "1002"
    parsed = parse(plain)
    if parsed.findings or not isinstance(parsed.value, dict):
        return "1005"
    inside, outside = parsed.value.get("msgid"), message.get("msgid")
    return parsed.value if isinstance(outside, str) and inside == outside else "1005"


def _refused(stage: str, fault: str, message: Mapping[str, Any] | None = None) -> Incoming:
    """A caller that has not proven itself; `fault` is level and code."""
    msgid = (message or {}).get("msgid")
    context = {"fault": fault, "msgid": msgid if isinstance(msgid, str) else ""}
    finding = bad(_CODES.get(fault, "auth.failed"), "", "", fault)
    return unread(FIELDS.messages[stage], stage, finding, context=context)
