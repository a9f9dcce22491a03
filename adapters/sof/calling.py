"""One function called: the request, and what its answer means by the papers' table of expected results."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.sof.papers import function_of, papers
from adapters.sof.proof import BARE, doubt, headers
from adapters.sof.reading import BrokenError, reading_of
from adapters.sof.values import result_of
from adapters.sof.writing import Arguments, body_of, media_of, path_of
from hub.catalogue.gateways import Profile
from hub.ports import Blame, WireReply, WireRequest

ANSWERED, REFUSED, RETRY, UNKNOWN = "answered", "refused", "retry", "unknown"
_RECEIVER, _HUB, _SENDER = Blame.RECEIVER, Blame.HUB, Blame.SENDER


@dataclass(frozen=True, slots=True)
class Said:
    """`value` as the function's type has it; `error` the gateway's code where it is not success."""

    kind: str
    code: str
    blame: Blame | None = None
    value: Any = None
    error: int | None = None


Call = Generator[WireRequest, WireReply, Said]

_CODES = {
    0x0B000002: (REFUSED, "receiver.no-such-path", _RECEIVER),
    0x0B000405: (REFUSED, "ca.encoding", _SENDER),
    0x0B000417: (REFUSED, "ca.encoding", _SENDER),
    0x0B000201: (REFUSED, "receiver.bad-request", _HUB),
    0x0B000403: (REFUSED, "receiver.bad-request", _HUB),
    0x0B000309: (REFUSED, "receiver.internal", _RECEIVER),
    0x0B000310: (REFUSED, "receiver.internal", _RECEIVER),
    0x0B000101: (RETRY, "receiver.busy", _RECEIVER),
}
_STATUS = {
    401: Said(REFUSED, "auth.failed", _HUB),
    404: Said(REFUSED, "receiver.no-such-path", _HUB),
    413: Said(REFUSED, "receiver.too-large", _SENDER),
    503: Said(RETRY, "receiver.busy", _RECEIVER),
}
_CLOCK = Said(RETRY, "auth.clock", _HUB)
_BROKEN = Said(UNKNOWN, "receiver.broken-body", _RECEIVER)
LARGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """To one gateway: its profile, our name and key there, the clock and fresh nonces."""

    profile: Profile
    credentials: Mapping[str, str]
    clock: Callable[[], datetime]
    nonce: Callable[[], str]

    def call(self, function: str, *arguments: str | int) -> Call:
        """Raises nothing on what comes from over there."""
        if function in self.profile.lacks:
            return Said(REFUSED, "receiver.no-such-path", _RECEIVER, error=0x0B000002)
        request, nonce = self.request(function, arguments)
        if len(request.body) > LARGEST:
            return _STATUS[413]
        reply = yield request
        return self.said(function, request.path, nonce, reply)

    def request(self, function: str, arguments: Arguments) -> tuple[WireRequest, str]:
        path, body = path_of(self.profile, function), body_of(self.profile, function, arguments)
        nonce = self.nonce()
        proof = headers(self.credentials, path, body, self.clock(), nonce)
        return WireRequest("POST", path, {"Content-Type": media_of(self.profile), **proof}, body), nonce

    def said(self, function: str, path: str, nonce: str, reply: WireReply) -> Said:
        if reply.status in BARE:
            given = {name.lower(): value for name, value in reply.headers.items()}
            late = reply.status == 401 and given.get("x-reason") == "clock"
            return _CLOCK if late else _STATUS[reply.status]
        if why := doubt(self.credentials["sof_key"], path, nonce, reply, self.clock()):
            return Said(UNKNOWN, why, _RECEIVER)
        if reply.status != 200:
            return _BROKEN
        try:
            return self._meant(function, reply.body)
        except BrokenError:
            return _BROKEN

    def _meant(self, function: str, body: bytes) -> Said:
        error, value = reading_of(self.profile, function, body)
        kind = function_of(function).result
        if not error:
            return Said(ANSWERED, "ok", None, result_of(self.profile, kind, value))
        if kind == "verdict" and self.profile.answer["no"] == "code" and value is not None:
            # A failed verification in the shape of an error: a code that says so, and the word for no.
            row = papers().errors.get(error)
            if result_of(self.profile, kind, value) or row is None or row.sof in (None, 1):
                raise BrokenError("an error, and yet no clear no")
            return Said(ANSWERED, "ok", None, False, error)
        known = _CODES.get(error, (UNKNOWN, "receiver.internal", _RECEIVER))
        return Said(*known, None, error)
