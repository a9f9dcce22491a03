"""The two faces under one name, with the access token between them."""

from __future__ import annotations

from adapters.dialect import Stateless
from adapters.scan_oauth import inward, outward, replying
from adapters.scan_oauth.papers import LIMIT
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, Session, WireReply, WireRequest


class ScanOauth(Stateless):
    """Business numbers make repeating safe; what has none only reads, or works once and is not repeated."""

    name = "scan-oauth"

    def login(self, call: Call) -> WireRequest | None:
        return outward.login(call)

    def session(self, reply: WireReply, call: Call) -> Session | Outcome:
        return outward.session(reply, call)

    def encode(self, outgoing: Outgoing, call: Call) -> WireRequest:
        return outward.encode(outgoing, call)

    def decode(self, reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
        return outward.decode(reply, outgoing)

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        return inward.accept(request, call)

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        return replying.reply(answer, incoming)

    def encloses(self, system: str, message: str, stage: str) -> int:
        """Records carry no files; what is to be sealed or looked at is Base64 in one request."""
        return 0 if stage else LIMIT * 5 // 8
