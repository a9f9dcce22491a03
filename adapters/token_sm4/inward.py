"""A trading system uses the hub as if it were the service platform: a token, then one call with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from adapters.asking import service
from adapters.incoming import record, unread
from adapters.origin import below
from adapters.proof import same
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from adapters.token_sm4 import filecall, tokens
from adapters.token_sm4.papers import (
    BASE,
    BODIES,
    CARRIED,
    DOCUMENT,
    FIELDS,
    LIMIT,
    NUMBERS,
    SECRETS,
    TOKEN_PATH,
)
from hub.message import Finding, parse, shown
from hub.ports import Call, Incoming, WireRequest

_KEY = re.compile(r"[0-9a-f]{32}")
_FAULTS = {"10060": "auth.failed", "10050": "auth.failed", "10052": "auth.expired"}


def accept(request: WireRequest, call: Call) -> Incoming:
    """Size and form, then who calls, then the token, then the file, then the record."""
    path = urlsplit(below(request.path, call.system)).path
    carried = CARRIED.get(path.removeprefix(BASE), "") if path.startswith(BASE) else ""
    if request.method != "POST" or not (carried or path == TOKEN_PATH):
        return unread("", "", bad(NO_PATH, "", f"{BASE}{{方法}}", shown(path)))
    stage = carried if carried in FIELDS.messages and FIELDS.of(carried, "in") else ""
    message = FIELDS.messages.get(carried, "")
    if len(request.body) > LIMIT:
        return unread(message, stage, bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    parts = _read(request, carried, call)
    if parts is None:
        return unread(message, stage, bad(MALFORMED, "", "接口约定的报文", ""))
    if path == TOKEN_PATH:
        return _fetch(parts, call)
    fault = _stranger(parts.texts, call) or tokens.fault(
        parts.texts.get("token", ""), call.credentials.get("api_key", ""), call.system, call.now
    )
    key = _key_of(parts.data)
    if fault:
        context = {"auth": fault, "dataKey": "" if fault == "10060" else key}
        return unread(message, stage, bad(_FAULTS[fault], "", "", fault), context=context)
    context = {"nonce": parts.texts["token"], "dataKey": key}
    if not stage:
        numbers = NUMBERS.get(carried, ())
        return service(BODIES, carried, parts.data, call, number=numbers, context=context)
    return _understood(stage, parts, context)


def _read(request: WireRequest, carried: str, call: Call) -> filecall.Parts | None:
    """A call of either form: its three credentials apart from the rest."""
    if carried == DOCUMENT:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return filecall.read(headers.get("content-type", ""), request.body, call.credentials)
    parsed = parse(request.body)
    if parsed.findings or not isinstance(parsed.value, dict):
        return None
    texts = {name: parsed.value[name] for name in SECRETS if isinstance(parsed.value.get(name), str)}
    rest = {name: value for name, value in parsed.value.items() if name not in SECRETS}
    return filecall.Parts(texts, rest)


def _stranger(texts: Mapping[str, str], call: Call) -> str:
    known = call.credentials
    platform = same(texts.get("platform", ""), known.get("platform", ""))
    key = same(texts.get("api_key", ""), known.get("api_key", ""))
    return "" if platform and key else "10060"


def _fetch(parts: filecall.Parts, call: Call) -> Incoming:
    fault = _stranger(parts.texts, call)
    if fault:
        return unread("", "", bad("auth.failed", "", "", fault), context={"auth": fault})
    token = tokens.issued(call.credentials["api_key"], call.system, call.now, call.nonce)
    return Incoming("", "", "", "", 0, "", {}, authenticated=True, context={"token": token})


def _key_of(data: Mapping[str, Any]) -> str:
    key = data.get("dataKey")
    return key.lower() if isinstance(key, str) and _KEY.fullmatch(key.lower()) else ""


def _understood(stage: str, parts: filecall.Parts, context: dict[str, Any]) -> Incoming:
    read = BODIES.read(stage, "in", parts.data)
    findings: list[Finding] = list(read.findings)
    wrong = filecall.judged(parts)
    if wrong is not None:
        findings.insert(0, wrong)
    if parts.content is not None:
        context["fileUid"] = parts.texts["fileSM3"][:32]
    key = read.texts.get("dataKey") or ""
    if key and not context["dataKey"]:
        findings.append(bad("field.format", "/body/key", "32 位十六进制", shown(key)))
    texts = {**read.texts, "dataKey": context["dataKey"] or key}
    return record(FIELDS, stage, texts, authenticated=True, findings=tuple(findings), context=context)
