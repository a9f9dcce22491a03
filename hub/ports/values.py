"""What passes between the hub and a dialect: what is said, what came in, what an answer means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.message import Finding


class Kind(StrEnum):
    """What an answer means for the delivery, in the words of the papers' `expected.csv`."""

    DELIVERED = "delivered"
    DUPLICATE = "duplicate"  # the receiver had it already: as good as delivered
    REFUSED = "refused"  # it will never take this; dead letter with reason
    RETRY = "retry"  # not now, same key again later
    UNKNOWN = "unknown"  # it may have taken effect: ask or repeat with the same key


# The code of a RETRY that says: taken, not finished. The next attempt asks first, where the dialect can.
PENDING = "receiver.pending"

# `Incoming.op` of a provider that calls back: `message` is the service it replies to, `fields` are the reply
# with the key of the question (`hub/services/data/callbacks.csv`).
CALLBACK = "callback"


class Blame(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"
    HUB = "hub"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The meaning of a foreign answer: one row of the papers' table of expected results.

    `code` is stable English; `foreign` the receiver's own code and words, shortened; `data` what it
    told us (receipt numbers, reply fields of a service in unified names); `wait` the seconds it asked for
    before the next attempt, put there by the caller from the answer's head.
    """

    kind: Kind
    code: str
    blame: Blame | None = None
    foreign: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Session:
    """A token or secret fetched from the peer, good until `expires`."""

    value: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """Everything an outward codec may know besides the message.

    `key` identifies the effect and is the same in every attempt; `nonce` is fresh in each.
    `credentials` are the strings named in the dialect's papers, resolved by the shell.
    """

    system: str
    variant: str
    credentials: Mapping[str, str]
    now: datetime
    nonce: str
    key: str
    session: Session | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be said: a record (`stage`) or a service request (`message` alone).

    `message` is the vocabulary name (`notice.publish`, `project.query`); `fields` are unified names
    and forms; `op` insert, update or delete; `sender` and `key` are `head.from` and `body.key`, from
    which papers make a receiver's own row key; `hub_id` our number for it; `envelope` the whole
    signed message as it came (for a foreign sender: as the hub unified it), for receivers that speak
    the native dialect.
    """

    message: str
    stage: str
    op: str
    version: int
    fields: Mapping[str, Any]
    ext: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()
    envelope: Mapping[str, Any] | None = None
    sender: str = ""
    key: str = ""
    hub_id: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A foreign call understood: the unified message without signature, or the findings why not.

    `op` of a record, or `CALLBACK`. `message_id` is the caller's own idempotency key. `authenticated` says
    the dialect's own proof (token, password digest, signature) held; the address list is the server's matter.
    `context` is whatever `reply` needs to answer in the caller's own form. `files` are the attachments of a
    record; one that came along has its octets in `data` (Base64), which the shell puts away.
    """

    message: str
    stage: str
    op: str
    key: str
    version: int
    message_id: str
    fields: Mapping[str, Any]
    ext: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    authenticated: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub says to any caller, before it is put in a dialect or a status line.

    `code` "0000" accepted, else a stable code; `status` the HTTP status of the native binding;
    `data` the receipt, or the reply fields of a service; `story` who gave those and how old they are.
    """

    status: int
    code: str
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    retry_after: int | None = None
    story: Mapping[str, Any] = field(default_factory=dict)
