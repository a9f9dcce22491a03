"""Both faces, with the session and the question that a receiver without idempotency key needs."""

from __future__ import annotations

from adapters.exch_hmac import inward, outward, package
from adapters.exch_hmac.papers import LIMIT, PACKAGE, SERVICE_PATH
from adapters.incoming import unread
from adapters.situation import NO_PATH, bad
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class ExchHmac:
    """The data exchange, in its two variants."""

    name = "exch-hmac"

    def login(self, call: Call) -> WireRequest | None:
        return outward.login(call)

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        return outward.session(reply, call)

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        if call.variant == PACKAGE:
            return package.encode(outgoing, call)
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        if call.variant == PACKAGE:
            return package.decode(reply, outgoing)
        return outward.decode(reply, outgoing)

    def ask(self, outgoing: Outgoing, call: Call) -> WireRequest | None:
        # A repeated package gets its first answer, so there is nothing to ask.
        return None if call.variant == PACKAGE else outward.ask(outgoing, call)

    def asked(self, reply: WireReply, outgoing: Outgoing, call: Call) -> bool | None:
        return outward.asked(reply, outgoing, call)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        if call.variant == PACKAGE:  # such systems are only asked
            return unread("", "", bad(NO_PATH, "", SERVICE_PATH, ""))
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return inward.reply(answer, incoming, call)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Records carry no files; a face or a licence that is asked about is Base64 in one request."""
        return 0 if stage else LIMIT * 5 // 8
