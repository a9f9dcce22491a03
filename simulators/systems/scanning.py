"""Tickets that somebody scans: a state machine, and the user who can be told what to do with it.

new -> scanned -> confirmed (with a one-time code) -> used; or refused, or too late. Nothing moves
by itself but time, unless the user is set to act of his own accord (`auto`), one second after the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.message import wall
from simulators.desk import Refusal

CODE_LIFE = timedelta(seconds=60)
FACE_LIFE = timedelta(minutes=5)
STEP = timedelta(seconds=1)
ACTIONS = ("scan", "confirm", "refuse")


@dataclass(slots=True)
class Ticket:
    """`about` is what it stands for: a login, or the number of a signature."""

    ticket: str
    client: str
    session: str
    made: datetime
    expires: datetime
    about: str = ""
    state: str = "new"
    code: str = ""
    scanned: datetime | None = None
    confirmed: datetime | None = None
    polled: datetime | None = None

    def age(self, now: datetime) -> None:
        """What time alone does to it."""
        late = self.confirmed is not None and now - self.confirmed > CODE_LIFE and not self.about
        if (self.state in ("new", "scanned") and now >= self.expires) or (self.state == "confirmed" and late):
            self.state = "expired"


@dataclass(slots=True)
class User:
    """Everybody who holds a telephone in front of this system."""

    system: str
    auto: str = ""  # confirm or refuse, of his own accord
    revoked: set[str] = field(default_factory=set)  # bodies whose licence is gone
    without_role: bool = False
    tickets: dict[str, Ticket] = field(default_factory=dict)
    face_first: bool = False  # nobody confirms but who has just shown his face (`real-person.verify`)
    face_shown: datetime | None = None
    told: list[Callable[[Ticket, datetime], None]] = field(default_factory=list)
    _serial: int = 0

    def issue(self, client: str, session: str, seconds: int, now: datetime, about: str = "") -> Ticket:
        self._serial += 1
        number = f"QR{now:%Y%m%d}{self._serial:012d}"
        made = Ticket(number, client, session, now, now + timedelta(seconds=seconds), about)
        self.tickets[number] = made
        return made

    def act(self, action: str, ticket: str, now: datetime) -> dict[str, Any]:
        """scan, confirm or refuse; KeyError for no such ticket, ValueError where the state forbids it."""
        found = self.tickets[ticket]
        found.age(now)
        if action not in ACTIONS:
            raise ValueError(f"{action!r} is none of {', '.join(ACTIONS)}")
        if found.state not in (("new",) if action == "scan" else ("new", "scanned")):
            raise ValueError(f"{ticket} is {found.state}")
        if action == "confirm" and not self.may_confirm(now):
            raise ValueError(f"{ticket} waits for a face")
        self._move(found, action, now)
        return shown(found)

    def show_face(self, now: datetime) -> None:
        """He has been recognised: good for one confirmation, for a while."""
        self.face_shown = now

    def may_confirm(self, now: datetime) -> bool:
        seen = self.face_shown
        return not self.face_first or (seen is not None and timedelta(0) <= now - seen <= FACE_LIFE)

    def _move(self, found: Ticket, action: str, now: datetime) -> None:
        found.scanned = found.scanned or now
        if action == "scan":
            found.state = "scanned"
            return
        found.state = "confirmed" if action == "confirm" else "cancelled"
        if action == "confirm":
            self.face_shown = None
            found.confirmed = now
            found.code = hashlib.sha256(f"{self.system}/{found.ticket}/{now}".encode()).hexdigest()[:16]
        for hear in self.told:
            hear(found, now)

    def look(self, ticket: str, now: datetime) -> Ticket:
        """The ticket as it is now; Refusal for none."""
        found = self.tickets.get(ticket)
        if found is None:
            raise Refusal("ticket.unknown")
        if self.auto and found.state == "new" and now - found.made >= STEP:
            self._move(found, "scan", found.made + STEP)
        acts = self.auto == "refuse" or self.may_confirm(now)
        if self.auto and found.state == "scanned" and now - found.made >= 2 * STEP and acts:
            self._move(found, self.auto, found.made + 2 * STEP)
        found.age(now)
        return found

    def redeem(self, code: str, client: str, session: str, now: datetime) -> Ticket:
        """Turn a code into who it was, once."""
        found = next((one for one in self.tickets.values() if one.code and one.code == code), None)
        if found is None:
            raise Refusal("auth.code-expired")
        if (found.client, found.session) != (client, session):
            raise Refusal("ticket.session")
        if found.state == "used":
            raise Refusal("auth.code-used")
        found.age(now)
        if found.state != "confirmed":
            raise Refusal("auth.code-expired")
        if self.without_role:
            raise Refusal("auth.role-not-authorised")
        found.state = "used"
        return found


def shown(found: Ticket) -> dict[str, Any]:
    """For the management port."""
    return {
        "ticket": found.ticket,
        "about": found.about or "login",
        "state": found.state,
        "expireTime": wall(found.expires),
    }
