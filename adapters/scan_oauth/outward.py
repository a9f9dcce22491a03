"""We fetch a token, ask for tickets, identities and signatures, and tell people what is due."""

from __future__ import annotations

import re
from datetime import timedelta

from adapters import jsontext
from adapters.answers import BROKEN, by_status, told, unreadable
from adapters.rows import finding, refuse
from adapters.scan_oauth import proof
from adapters.scan_oauth.papers import ANSWERS, API, BODIES, JSON, LIMIT, OPERATIONS, TOKEN
from hub.errors import SenderError
from hub.ports import Call, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

_RENEW = timedelta(seconds=60)
_ASK = b'{"grant_type":"client_credentials"}'
_TOKEN = re.compile(r"[!-~]{16,128}")


def login(call: Call) -> WireRequest | None:
    """Fetch a token unless the one at hand holds for another minute."""
    if call.session is not None and call.session.expires - call.now >= _RENEW:
        return None
    signed = proof.headers(call.credentials, TOKEN, call.now, call.nonce, _ASK)
    return WireRequest("POST", TOKEN, {"Content-Type": JSON, **signed}, _ASK)


def session(reply: WireReply, call: Call) -> Session | Outcome:
    """The token in an answer, or why there is none."""
    outcome = _read(reply)
    if outcome.kind is not Kind.DELIVERED:
        return outcome
    data = jsontext.member(jsontext.read(reply.body), "data")
    token = jsontext.scalar(jsontext.member(data, "access_token")) or ""
    seconds = jsontext.scalar(jsontext.member(data, "expires_in")) or ""
    if _TOKEN.fullmatch(token) is None or re.fullmatch(r"[1-9][0-9]{0,7}", seconds) is None:
        return told(BROKEN, "access_token, expires_in")
    return Session(token, call.now + timedelta(seconds=int(seconds)))


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """One operation of the papers, signed, under the token."""
    carried = outgoing.stage or outgoing.message
    if carried not in OPERATIONS:
        refuse([finding("mapping.no-place", "/head/stage", ", ".join(OPERATIONS), carried)])
    body = jsontext.write(BODIES.write(carried, "request", outgoing.fields, {})).encode()
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    path = f"{API}{OPERATIONS[carried]}"
    signed = proof.headers(call.credentials, path, call.now, call.nonce, body)
    bearer = {"Authorization": f"Bearer {call.session.value}"} if call.session else {}
    return WireRequest("POST", path, {"Content-Type": JSON, **signed, **bearer}, body)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """A repetition brings the first data again. Being confirmed without a code is half an answer."""
    outcome = _read(reply)
    carried = outgoing.stage or outgoing.message
    data = jsontext.member(jsontext.read(reply.body), "data")
    if outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE) or not isinstance(data, dict):
        return outcome
    if carried not in OPERATIONS:
        return outcome
    fields = BODIES.home(carried, "reply", data)
    if carried == "auth.state" and fields.get("state") == "confirmed" and not fields.get("code"):
        return told(BROKEN, "state 2, code -")
    return told(outcome, outcome.foreign, fields)


def _read(reply: WireReply) -> Outcome:
    """What status and code say."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "code"))
    if code is None:
        return unreadable(reply)
    return ANSWERS.of(code, jsontext.scalar(jsontext.member(answer, "msg")) or "")
