"""Tickets that somebody scans: shown in one session, confirmed by one telephone, used once.

Nothing runs in the background: a provider calls back, or is asked when the page asks how it stands, never
more often than its papers allow.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import datetime
from hmac import compare_digest
from typing import Any, Protocol

import segno

from hub.auth.asked import Asks
from hub.auth.asking import Wish, confirmation, empty, face_shown, stated_digest, wish
from hub.auth.binding import Binding, Owner, text_of
from hub.auth.book import TICKET, Book, Entry
from hub.auth.concluding import concluded, out_of, refused
from hub.auth.face import TRIES, Face
from hub.auth.judging import Established
from hub.auth.refusing import CLAUSE, REQUEST, WORDS, refusal
from hub.auth.sessions import Sessions
from hub.auth.signing import App
from hub.auth.states import Act, State
from hub.errors import SenderError
from hub.message import Finding, wall
from hub.ports import Answer

POLL = 2
MOST_CONTENT = 1000  # as in the standard; a picture has room for twice as much
FACE, FACES = "real-person.verify", "C04"
# Shortest, usual and longest life in seconds, by what the papers say of a provider.
LIVES: Mapping[str, tuple[int, int, int]] = {"N05": (30, 60, 60)}
LIFE = (60, 90, 120)
_WAITS = (State.CREATED, State.SCANNED)
_MORE = frozenset(("provider", "holder", "seconds", "face"))


class Way(Protocol):
    """How a ticket comes to be confirmed, and what is then known of who did it."""

    async def begin(self, entry: Entry, name: str) -> str: ...
    async def look(self, entry: Entry) -> None: ...
    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool: ...
    async def establish(self, entry: Entry, now: datetime) -> Established | None: ...


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
            expected, advice = "C04 | N05 | 已上线系统的编号", "写明由谁的手机端确认"
            raise _request("/provider", expected, asked.provider, advice)
        bound = self._bind(owner, asked, _seconds(asked))
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
        return self._shown(entry, name) | {
            "qrContent": content,
            "qrSvg": picture(content),
            "businessSalt": bound.salt,
            "pollSeconds": POLL,
        }

    async def state(self, owner: Owner, name: str) -> dict[str, Any]:
        entry = self._book.mine(TICKET, name, owner)
        await self._look(entry)
        return self._shown(entry, name)

    async def face(self, owner: Owner, name: str, value: Any) -> dict[str, Any]:
        """A real person stands before the telephone: asked of the provider, three times at most."""
        shown = face_shown(value)
        entry = self._book.mine(TICKET, name, owner)
        with self._book.holding(entry):
            if entry.face is None or entry.faced or entry.state not in _WAITS:
                raise out_of(entry)
            number = f"AF{self._fresh(16).hex()}"
            said = await self._asks(FACE, FACES, shown.fields(number, entry.binding.action))
            code = entry.face.judge(said)
            if entry.face.failed >= TRIES:
                entry.move(Act.REFUSE, code)
            if code:
                raise refusal(code)
        return self._shown(entry, name)

    async def use(self, owner: Owner, name: str, value: Any) -> dict[str, Any] | Answer:
        digest = stated_digest(value)
        entry = self._book.mine(TICKET, name, owner)
        await self._look(entry)
        with self._book.holding(entry):
            if entry.state is not State.CONFIRMED:
                raise refusal("face.needed") if entry.state in _WAITS and not entry.faced else out_of(entry)
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

    # for a member's own app

    async def scan(self, member: str, name: str, value: Any) -> dict[str, Any]:
        """What the telephone shows and signs."""
        empty(value)
        entry = self._theirs(member, name)
        if not entry.move(Act.SCAN):
            raise out_of(entry)
        bound = entry.binding
        told = {"platform": bound.owner.platform, "digest": bound.digest, "challenge": text_of(bound.octets)}
        return self._shown(entry, name) | told

    async def confirm(self, member: str, name: str, value: Any) -> dict[str, Any] | Answer:
        proof = confirmation(value)
        entry = self._theirs(member, name)
        with self._book.holding(entry):
            way = self._way(entry.provider, entry.binding.action)
            if entry.state not in _WAITS or not isinstance(way, App):
                raise out_of(entry)
            if not entry.faced:
                raise refusal("face.needed")
            found = await way.confirmed(entry, proof)
            if found.code:
                return refused(entry, found)
            if self._book.aged(entry).state is not State.CONFIRMED:
                raise out_of(entry)
        return self._shown(entry, name)

    async def refuse(self, member: str, name: str, value: Any) -> dict[str, Any]:
        empty(value)
        entry = self._theirs(member, name)
        if entry.state not in _WAITS or entry.held:
            raise out_of(entry)
        entry.move(Act.REFUSE, "ticket.refused")
        return self._shown(entry, name)

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
        if way is None or entry.state not in _WAITS or entry.held or now - entry.asked < POLL:
            return
        entry.asked = now
        await way.look(entry)
        self._book.aged(entry)

    def _theirs(self, member: str, name: str) -> Entry:
        """A ticket that this member's app is to confirm; of others it learns nothing."""
        entry = self._book.find(TICKET, name)
        if entry is None or entry.provider != member:
            raise refusal("ticket.unknown")
        return entry

    def _shown(self, entry: Entry, name: str) -> dict[str, Any]:
        told = {
            "ticket": name,
            "state": str(entry.state),
            "action": entry.binding.action,
            "expireTime": wall(entry.binding.expires),
        }
        if entry.face is not None:
            told["face"] = "passed" if entry.faced else "needed"
        if entry.reason in WORDS:
            told |= {"reason": entry.reason, "reasonZh": WORDS[entry.reason][1]}
        return told


def picture(content: str) -> str:
    """A QR code as SVG to be put into a page as it is."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="svg", xmldecl=False, scale=4)
    return out.getvalue().decode("ascii")


def _seconds(asked: Wish) -> int:
    shortest, usual, longest = LIVES.get(asked.provider, LIFE)
    wanted = usual if asked.seconds is None else asked.seconds
    if not shortest <= wanted <= longest:
        raise _request("/seconds", f"{shortest} 至 {longest}", str(asked.seconds), "改为范围内的秒数,或省去")
    return wanted


def _request(at: str, expected: str, observed: str, advice: str) -> SenderError:
    finding = Finding(REQUEST, at, expected, observed, advice, CLAUSE)
    return SenderError("请求不成立 / not a request", code=REQUEST, findings=(finding,))
