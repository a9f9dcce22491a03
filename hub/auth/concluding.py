"""The last step: what was established becomes used, or refused; nothing follows it."""

from __future__ import annotations

from typing import Any

from hub.auth.asking import SEAL, Proof
from hub.auth.binding import text_of
from hub.auth.book import CHALLENGE, Entry
from hub.auth.judging import Established
from hub.auth.refusing import CLAUSE, WORDS, refusal
from hub.auth.sessions import Sessions
from hub.auth.states import Act, State
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer


def concluded(entry: Entry, found: Established, sessions: Sessions) -> dict[str, Any] | Answer:
    """Use it up, with a session where that was wanted; or refuse it."""
    if found.code:
        entry.move(Act.REFUSE, found.code)
        return refused(entry, found)
    bound, session = entry.binding, None
    if entry.state is not State.CONFIRMED:
        raise out_of(entry)
    if bound.action == "login":
        word = bool((found.result.get("gateway") or {}).get("alone"))
        token, until = sessions.open(bound.owner, found.who(), found.certificate, word=word, body=found.body)
        session = {"token": token, "expireTime": until}
    sealed = _sealed(entry)
    entry.move(Act.USE)
    face = {} if entry.face is None else {"face": entry.face.evidence}
    return _told(entry, found) | {"session": session, **sealed, **face}


def _sealed(entry: Entry) -> dict[str, str]:
    """The value that a sealing service has made: it belongs to whoever uses the ticket, once."""
    proof = entry.proof
    made = isinstance(proof, Proof) and proof.form == SEAL
    return {"seal": text_of(proof.signature)} if made else {}


def refused(entry: Entry, found: Established) -> Answer:
    """A no with everything that led to it."""
    status, what, expected, advice = WORDS[found.code]
    why = str(found.result["zh"])
    finding = Finding(found.code, "/result", expected, why, advice, CLAUSE)
    return Answer(status, found.code, f"{what}:{why}", _told(entry, found) | {"session": None}, (finding,))


def out_of(entry: Entry) -> SenderError:
    """Why nothing more can be done with it, or not this."""
    if entry.state is State.EXPIRED:
        return refusal(f"{entry.kind}.expired")
    if entry.state is State.USED or entry.kind == CHALLENGE:
        return refusal(f"{entry.kind}.used")
    if entry.reason in WORDS:
        return refusal(entry.reason)
    return refusal("ticket.state", "/state", str(entry.state))


def _told(entry: Entry, found: Established) -> dict[str, Any]:
    return {
        "state": str(entry.state),
        "action": entry.binding.action,
        "result": dict(found.result),
        "medium": found.medium,
    }
