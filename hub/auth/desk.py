"""The desk of authentication: challenges, tickets, sessions. Nothing it does is written down anywhere.

No entry, no log line, no count: before an opening any of them would tell how many are getting ready, and who.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hub.auth.asking import Wish, challenge_login, stated_token, wish
from hub.auth.binding import Binding, Owner
from hub.auth.book import CHALLENGE, Book, Entry
from hub.auth.judging import Established, Verifier, judge
from hub.auth.refusing import WORDS, refusal
from hub.auth.sessions import Sessions
from hub.auth.states import Act, State
from hub.message import Finding, wall
from hub.ports import Answer

CHALLENGE_SECONDS = 120


class AuthDesk:
    """One for a hub. `clock` is the wall clock, `ticks` a steady one, `fresh` makes random octets."""

    def __init__(
        self,
        realm: str,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        fresh: Callable[[int], bytes],
        verifier: Callable[[], Verifier],
    ) -> None:
        self._realm, self._clock, self._ticks, self._fresh = realm, clock, ticks, fresh
        self._verifier = verifier
        self.book = Book(clock, ticks, fresh)
        self.sessions = Sessions(clock, ticks, fresh)

    # by challenge

    def challenge(self, owner: Owner, value: Any) -> dict[str, Any]:
        """`{action, business?, digest?}` -> the octets to be signed."""
        asked = wish(value)
        entry = Entry(CHALLENGE, self._bound(owner, asked, CHALLENGE_SECONDS), self._ticks())
        name = self.book.add(entry)
        return {
            "challengeId": name,
            "challenge": base64.b64encode(entry.binding.octets).decode("ascii"),
            "expireTime": wall(entry.binding.expires),
        }

    async def login(self, owner: Owner, value: Any) -> dict[str, Any] | Answer:
        """A signature over a challenge; one try each, so that nobody tries certificates out."""
        name, proof = challenge_login(value)
        entry = self.book.mine(CHALLENGE, name, owner)
        with self.book.holding(entry):
            if entry.state is not State.CREATED:
                raise self.out_of(entry)
            found = await judge(self._verifier(), entry.binding, proof)
            if self.book.aged(entry).state is State.EXPIRED:
                raise self.out_of(entry)  # the time ran out while it was being judged
            if not found.code:
                entry.move(Act.CONFIRM)
            return self.concluded(entry, found)

    # afterwards

    def session(self, owner: Owner, value: Any) -> dict[str, Any]:
        """`{token}` -> who is logged in; being asked for keeps the session awake."""
        return self.sessions.look(owner, stated_token(value))

    def logout(self, owner: Owner, value: Any) -> dict[str, Any]:
        self.sessions.end(owner, stated_token(value))
        return {"state": "ended"}

    # what both have in common

    def concluded(self, entry: Entry, found: Established) -> dict[str, Any] | Answer:
        """Used up, or refused: the last step, after which nothing follows."""
        if found.code:
            entry.move(Act.REFUSE, found.code)
            return refused(entry, found)
        if not entry.move(Act.USE):
            raise self.out_of(entry)
        bound, session = entry.binding, None
        if bound.action == "login":
            token, until = self.sessions.open(bound.owner, found.who())
            session = {"token": token, "expireTime": until}
        return {
            "state": str(entry.state),
            "action": bound.action,
            "result": dict(found.result),
            "medium": found.medium,
            "session": session,
        }

    def out_of(self, entry: Entry) -> Exception:
        """Why nothing more can be done with it, or not this."""
        if entry.state is State.EXPIRED:
            return refusal(f"{entry.kind}.expired")
        if entry.state is State.USED or entry.kind == CHALLENGE:
            return refusal(f"{entry.kind}.used")
        if entry.reason in WORDS:
            return refusal(entry.reason)
        return refusal("ticket.state", "/state", str(entry.state))

    def _bound(self, owner: Owner, asked: Wish, seconds: int) -> Binding:
        now = self._clock().replace(microsecond=0)
        return Binding(
            self._realm, owner, asked.action, asked.business, asked.digest, self._fresh(32).hex(),
            now, now + timedelta(seconds=seconds),
        )  # fmt: skip


def refused(entry: Entry, found: Established) -> Answer:
    """A no with everything that led to it."""
    status, what, expected, advice = WORDS[found.code]
    told = {
        "state": str(entry.state), "action": entry.binding.action, "result": dict(found.result),
        "medium": found.medium, "session": None,
    }  # fmt: skip
    finding = Finding(found.code, "/result", expected, str(found.result["zh"]), advice, "EX-ERR-01")
    return Answer(status, found.code, f"{what}:{found.result['zh']}", told, (finding,))
