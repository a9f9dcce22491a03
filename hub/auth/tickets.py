"""Tickets that somebody scans: shown in one session, confirmed by one telephone, used once.

Nothing runs in the background: a provider calls back, or is asked when the page asks how it stands, never
more often than its papers allow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any

from hub.auth.asked import Asks
from hub.auth.asking import Wish, face_shown, stated_digest, wish
from hub.auth.binding import Binding, Owner
from hub.auth.book import TICKET, Book, Entry
from hub.auth.concluding import concluded, out_of
from hub.auth.face import TRIES, Face
from hub.auth.refusing import refusal, request_refusal
from hub.auth.sessions import Sessions
from hub.auth.showing import POLL, WAITS, picture, seconds, shown
from hub.auth.states import Act, State
from hub.auth.way import Way
from hub.ports import Answer

MOST_CONTENT = 1000  # as in the standard; a picture has room for twice as much
FACE, FACES = "real-person.verify", "C04"
_MORE = frozenset(("provider", "holder", "seconds", "face"))


class Tickets:
    """`bind` makes what is bound, `way` finds a provider's way for an action or None."""

    def __init__(
        self,
        book: Book,
        sessions: Sessions,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        fresh: Callable[[int], bytes],
        bind: Callable[[Owner, Wish, int], Binding],
        way: Callable[[str, str], Way | None],
        asks: Asks,
    ) -> None:
        self._asks = asks
        self._book, self._sessions, self._bind, self._way = book, sessions, bind, way
        self._clock, self._ticks, self._fresh = clock, ticks, fresh

    # for whoever shows it

    async def begin(self, owner: Owner, value: Any) -> dict[str, Any]:
        asked = wish(value, _MORE)
        way = self._way(asked.provider, asked.action)
        if way is None:
            known = "C04" if asked.action == "seal" else "C04 | N05"  # N05 seals nothing
            expected, advice = f"{known} | 已上线系统的编号", "写明由谁的手机端确认"
            raise request_refusal("/provider", expected, asked.provider, advice)
        bound = self._bind(owner, asked, seconds(asked))
        entry = Entry(
            TICKET, bound, self._ticks(), provider=asked.provider, number=f"AU{self._fresh(16).hex()}",
            holder=asked.holder, face=Face() if asked.face else None,
        )  # fmt: skip
        name = self._book.add(entry)
        entry.asked = self._ticks()
        content = await way.begin(entry, name)
        if not 0 < len(content) <= MOST_CONTENT:
            entry.move(Act.EXPIRE)
            raise refusal("provider.away", "/provider", asked.provider)
        if not self._book.first(entry):
            entry.move(Act.REFUSE, "provider.replayed")
            raise refusal("provider.replayed", "/provider", asked.provider)
        return shown(entry, name) | {
            "qrContent": content,
            "qrSvg": picture(content),
            "businessSalt": bound.salt,
            "pollSeconds": POLL,
        }

    async def state(self, owner: Owner, name: str) -> dict[str, Any]:
        entry = self._book.mine(TICKET, name, owner)
        await self._look(entry)
        return shown(entry, name)

    async def face(self, owner: Owner, name: str, value: Any) -> dict[str, Any]:
        """A real person stands before the telephone: asked of the provider, three times at most."""
        person = face_shown(value)
        entry = self._book.mine(TICKET, name, owner)
        with self._book.holding(entry):
            if entry.face is None or entry.faced or entry.state not in WAITS:
                raise out_of(entry)
            number = f"AF{self._fresh(16).hex()}"
            said = await self._asks(FACE, FACES, person.fields(number, entry.binding.action))
            code = entry.face.judge(said)
            if entry.face.failed >= TRIES:
                entry.move(Act.REFUSE, code)
            if code:
                raise refusal(code)
        return shown(entry, name)

    async def use(self, owner: Owner, name: str, value: Any) -> dict[str, Any] | Answer:
        digest = stated_digest(value)
        entry = self._book.mine(TICKET, name, owner)
        await self._look(entry)
        with self._book.holding(entry):
            if entry.state is not State.CONFIRMED:
                raise refusal("face.needed") if entry.state in WAITS and not entry.faced else out_of(entry)
            if not compare_digest(entry.binding.digest, digest):
                raise refusal("ticket.digest", "/digest", digest)
            way = self._way(entry.provider, entry.binding.action)
            found = await way.establish(entry, self._clock()) if way is not None else None
            if self._book.aged(entry).state is not State.CONFIRMED:
                raise out_of(entry)
            if found is None:
                entry.move(Act.REFUSE, "provider.away")
                raise out_of(entry)
            return concluded(entry, found, self._sessions)

    # for a provider

    def awaits(self, system: str, number: str) -> bool:
        """Is this a number under which the provider was asked from here?"""
        return self._book.numbered(system, number) is not None

    async def hear(self, system: str, fields: Mapping[str, Any]) -> Answer | None:
        """What a provider calls back; None for what was never asked of it from here."""
        entry = self._book.numbered(system, str(fields.get("requestNo", "")))
        if entry is None:
            return None
        if entry.state is State.EXPIRED:
            return Answer(422, "ticket.expired", "票据已过有效期")
        way = self._way(entry.provider, entry.binding.action)
        ticket = str(fields.get("ticket") or entry.ticket)
        if way is None or (entry.ticket and not compare_digest(ticket.encode(), entry.ticket.encode())):
            return Answer(422, "ticket.unknown", "没有对应的请求")
        changed = await way.hear(entry, fields)
        return Answer(202 if changed else 200, "0000")

    # common to them

    async def _look(self, entry: Entry) -> None:
        """Ask the provider, at its pace; whoever comes meanwhile is told what is known."""
        way = self._way(entry.provider, entry.binding.action)
        now = self._ticks()
        if way is None or entry.state not in WAITS or entry.held or now - entry.asked < POLL:
            return
        entry.asked = now
        await way.look(entry)
        self._book.aged(entry)
