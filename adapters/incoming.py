"""A foreign record becomes an `Incoming`: what all record dialects do once their wire form is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.mapping import FieldMap
from adapters.proof import octets
from adapters.situation import bad
from hub.message import Finding, shown
from hub.ports import Call, Incoming


def record(
    fields: FieldMap,
    stage: str,
    foreign: Mapping[str, str | None],
    *,
    authenticated: bool,
    findings: tuple[Finding, ...] = (),
    context: Mapping[str, Any] | None = None,
    files: tuple[Mapping[str, Any], ...] = (),
) -> Incoming:
    """The unified record; the same push twice gives the same message id.

    The foreign row key becomes the record key as it is. An operation that the table does not know
    is left as it came: the shape check of the hub refuses it by name.
    """
    reading = fields.home(stage, "in", foreign)
    about = reading.about
    key, op, version = str(about.get("@key", "")), str(about.get("@op", "")), about.get("@version")
    problems = list(findings)
    # A delete says nothing of the record, so no unit is put beside an amount that it does not have.
    bare = op == "delete" and not any(foreign.get(row.foreign) for row in fields.of(stage, "in"))
    if not key:
        problems.append(bad("field.required", "/body/key", "行标识"))
    if not isinstance(version, int):
        problems.append(bad("field.format", "/body/version", "非负整数", shown(str(version or ""))))
        version = 0
    return Incoming(
        message=fields.messages[stage],
        stage=stage,
        op=op,
        key=key,
        version=version,
        message_id=f"{key}:{version}:{op}",
        fields={} if bare else reading.fields,
        ext=reading.ext,
        findings=tuple(problems),
        authenticated=authenticated,
        context={**(context or {}), "sentAt": about.get("@sentAt", "")},
        files=files,
    )


def request(
    fields: FieldMap,
    service: str,
    foreign: Mapping[str, str | None],
    call: Call,
    *,
    authenticated: bool,
    context: Mapping[str, Any] | None = None,
) -> Incoming:
    """A question to a service. It changes nothing, so each one is a message of its own."""
    reading = fields.home(service, "request", foreign)
    asked = question(service, reading.fields, call.nonce, authenticated=authenticated, context=context)
    return replace(asked, ext=reading.ext)


def question(
    service: str,
    fields: Mapping[str, Any],
    number: str,
    *,
    authenticated: bool,
    context: Mapping[str, Any] | None = None,
) -> Incoming:
    """A service's request in unified names; under the same number it is the same message again."""
    return Incoming(
        message=service,
        stage="",
        op="",
        key="",
        version=0,
        message_id=f"{service}:{hashlib.sha256(octets(number)).hexdigest()[:24]}",
        fields=fields,
        authenticated=authenticated,
        context=dict(context or {}),
    )


def unread(
    message: str,
    stage: str,
    finding: Finding,
    *,
    authenticated: bool = False,
    context: Mapping[str, Any] | None = None,
) -> Incoming:
    """A call that could not be understood, and why."""
    return Incoming(
        message,
        stage,
        "",
        "",
        0,
        "",
        {},
        findings=(finding,),
        authenticated=authenticated,
        context=dict(context or {}),
    )
