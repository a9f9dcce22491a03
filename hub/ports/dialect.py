"""A dialect: one family of foreign systems, in both directions, and what some dialects can besides.

Outward: we call a foreign system (`encode` our message, `decode` its answer). Inward: a foreign system
calls us (`accept` its request, `reply` with our answer). Codecs are pure: clock, credentials, nonce and
session are in the `Call`; bytes go to and from the wire in transports. Files travel as references.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hub.ports.values import Answer, Call, Incoming, Outcome, Outgoing, Session
from hub.ports.wire import WireReply, WireRequest


class Dialect(Protocol):
    """One dialect family, both faces. No method does input or output or raises on foreign bytes.

    `encode` raises `hub.errors.SenderError` (code `mapping.*`) only for a message the dialect cannot
    carry. `login` is None where no session is needed (or `call.session` still holds); otherwise the
    request that fetches one, whose answer `session` reads (a Session, or the Outcome why not). An
    outcome with code `auth.expired` makes the shell log in once more. `ask` is the query by business key
    with which the hub finds out whether an attempt of unknown outcome took effect, or how far one that
    was taken and not finished (`PENDING`) has come; `asked` reads its answer: True, False, or None when it
    tells nothing, or an Outcome where the receiver says more: what became of it with its reply fields,
    PENDING, or in hand (UNKNOWN with a code of its own). It is None for receivers whose key makes
    repeating safe.
    """

    name: str

    def login(self, call: Call) -> WireRequest | None: ...
    def session(self, reply: WireReply, call: Call) -> Session | Outcome: ...
    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest: ...
    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome: ...
    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None: ...
    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | Outcome | None: ...
    def accept(self, request: WireRequest, call: Call) -> Incoming: ...
    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply: ...


@runtime_checkable
class Framed(Protocol):
    """A dialect whose callers say by the bytes themselves that a document over TCP is whole.

    Without it a document ends when the caller closes its half. `read` is all there is so far; it grows
    afterwards, so it must not be kept, and must be judged quickly: it is asked after every piece.
    """

    def whole(self, read: bytearray) -> bool: ...


@runtime_checkable
class Encloses(Protocol):
    """A dialect whose messages hold files themselves and not their digests alone.

    Before `encode` and `reply` the shell puts the octets of a file it has beside its digest, as `data`
    (Base64); what `accept` and `decode` give has them in the same place, until the shell has put them away.
    """

    def encloses(self, system: str, message: str, stage: str) -> int:
        """The most octets that all files of one such message may have together; 0 for none of them."""
        ...
