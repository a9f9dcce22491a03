"""A foreign system asks or tells through the hub: a service's body becomes an `Incoming`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from adapters.bodies import Bodies
from adapters.paths import reach, text_of
from adapters.proof import octets
from hub.ports import Call, Incoming


def service(
    bodies: Bodies,
    name: str,
    body: Mapping[str, Any],
    call: Call,
    *,
    number: tuple[str, ...] = (),
    context: Mapping[str, Any] | None = None,
) -> Incoming:
    """The request of a service, its caller proven.

    `number` names the unified fields that are the caller's own number of what it tells: told twice it is the
    same message, which gets its first answer again. A question has none, and is a message of its own.
    """
    read = bodies.read(name, "request", body)
    reading = bodies.fields.home(name, "request", read.texts)
    fields = reading.fields | bodies.fields.lists_home(name, "request", read.lists)
    own = [text_of(reach(fields, one)) for one in number]
    seed = "|".join((name, *own)) if number and all(own) else call.nonce
    return Incoming(
        message=name,
        stage="",
        op="",
        key="",
        version=0,
        message_id=f"{name}:{hashlib.sha256(octets(seed)).hexdigest()[:24]}",
        fields=fields,
        ext=reading.ext,
        findings=read.findings,
        authenticated=True,
        context=dict(context or {}),
    )
