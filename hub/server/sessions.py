"""Browsers at the desk: a signed request buys a one-time ticket, the ticket a short session.

The member's secret never enters a browser; a ticket in somebody's history is worthless after its
first use. All in memory: a restart logs everybody out, which is fine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TICKET_SECONDS = 600.0
SESSION_SECONDS = 1800.0
COOKIE = "hutong_session"
_KEPT, _EACH = 1000, 16


@dataclass(frozen=True, slots=True)
class _Pass:
    principal: str
    until: float


class Sessions:
    """`token` makes unguessable strings, `ticks` is a monotonic clock."""

    def __init__(self, token: Callable[[], str], ticks: Callable[[], float]) -> None:
        self._token = token
        self._ticks = ticks
        self._tickets: dict[str, _Pass] = {}
        self._sessions: dict[str, _Pass] = {}

    def ticket(self, principal: str) -> str:
        return self._issue(self._tickets, principal, TICKET_SECONDS)

    def redeem(self, ticket: str) -> str | None:
        """A session for a ticket not used before, or None."""
        found = self._tickets.pop(ticket, None)
        if found is None or found.until < self._ticks():
            return None
        return self._issue(self._sessions, found.principal, SESSION_SECONDS)

    def bearer(self, ticket: str) -> str:
        """As whom it lets in; it stays good. "" where it does not."""
        found = self._tickets.get(ticket)
        return found.principal if found is not None and found.until >= self._ticks() else ""

    def principal(self, session: str) -> str:
        """Who is logged in; "" is nobody."""
        found = self._sessions.get(session)
        return found.principal if found is not None and found.until >= self._ticks() else ""

    def _issue(self, passes: dict[str, _Pass], principal: str, seconds: float) -> str:
        now = self._ticks()
        for name in [name for name, known in passes.items() if known.until < now]:
            del passes[name]
        own = [name for name, known in passes.items() if known.principal == principal]
        for name in own[: max(0, len(own) - _EACH + 1)]:
            del passes[name]  # one's own, so that nobody can log others out by logging in
        while len(passes) >= _KEPT:
            del passes[next(iter(passes))]
        name = self._token()
        passes[name] = _Pass(principal, now + seconds)
        return name
