"""Challenges and tickets as long as they live: in memory, bounded, found by nobody who was not given one.

They die with the process on purpose. Their names are kept only under a digest keyed with a nonce of this
start, so nothing of an earlier start is ever found again: used before a crash is unknown after it, which is
the one promise that matters, and no file has to say who wanted to log in.

Two clocks watch each: the wall clock that its holder was told, and a steady one. Whichever says first that it
is over is right; a wall clock that goes back ends it too, because then nobody knows how old it is.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from certs.algorithms.digest import mac
from hub.auth.binding import Binding, Owner
from hub.auth.face import Face
from hub.auth.refusing import refusal
from hub.auth.states import OPEN, Act, State, after
from hub.errors import OverloadError, SenderError

CHALLENGE, TICKET = "challenge", "ticket"
MOST, MOST_EACH, MOST_OPEN = 20_000, 8_000, 16
MOST_ADDRESS = 64  # of one address's strangers, open or over
KEPT = 300.0  # seconds from the beginning; what is over is told as used or expired meanwhile
_BACK = timedelta(seconds=2)


@dataclass(slots=True)
class Entry:
    """One challenge or ticket. `held`: somebody is at it just now; `reason` why it was refused; `proof`: a
    signature or code to be judged, as long as it is open."""

    kind: str
    binding: Binding
    began: float
    provider: str = ""
    number: str = ""  # under which the provider knows it
    ticket: str = ""  # as the provider calls it
    holder: str = ""  # who has to sign, where that is known
    state: State = State.CREATED
    held: bool = False
    reason: str = ""
    face: Face | None = None  # a real-person check that has to stand before the confirmation
    asked: float = 0.0  # when the provider was last asked, steady seconds
    proof: Any = field(default=None, repr=False)

    @property
    def faced(self) -> bool:
        """Is there no face to be waited for?"""
        return self.face is None or bool(self.face.evidence)

    @property
    def life(self) -> float:
        return (self.binding.expires - self.binding.created).total_seconds()

    def move(self, act: Act, reason: str = "") -> bool:
        """Take a step of the table; False where it may not be taken."""
        to = after(self.state, act)
        if to is None:
            return False
        self.state, self.reason = to, reason
        if to not in OPEN:
            self.proof = None
        return True


class Book:
    """`ticks` are steady seconds; `fresh` makes random octets."""

    def __init__(
        self, clock: Callable[[], datetime], ticks: Callable[[], float], fresh: Callable[[int], bytes]
    ) -> None:
        self._clock, self._ticks, self._fresh = clock, ticks, fresh
        self._key = fresh(32)
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self._each: Counter[str] = Counter()
        self._open: dict[Owner, list[Entry]] = {}
        self._numbers: dict[tuple[str, str], Entry] = {}
        self._given: dict[tuple[str, str], Entry] = {}
        self._near: dict[str, list[bytes]] = {}
        self._gone: deque[Entry] = deque()  # made room, and their provider's tickets are still not to return

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> str:
        """Keep it; the name to ask for it by. Raises where there are too many. Strangers make room for those
        of their own address: two of them would else take every place there is for pages."""
        self._forget()
        owner = entry.binding.owner
        beside = self._open_of(owner)
        if len(beside) >= MOST_OPEN:
            raise SenderError(
                "未完成的认证过多,请先完成或等其过期", code="hub.rate", status=429, retry_after=30
            )
        self._make_room(owner.address)
        if len(self._entries) >= MOST or self._each[owner.platform] >= MOST_EACH:
            raise OverloadError("认证服务繁忙,请稍后再试", retry_after=10)
        name = self._fresh(32).hex()
        place = self._place(name)
        self._entries[place] = entry
        if owner.address:
            self._near.setdefault(owner.address, []).append(place)
        self._each[owner.platform] += 1
        self._open[owner] = [*beside, entry]
        if entry.number:
            self._numbers[entry.provider, entry.number] = entry
        return name

    def find(self, kind: str, name: str) -> Entry | None:
        """By name alone, aged to this moment."""
        entry = self._entries.get(self._place(name))
        if entry is None or entry.kind != kind:
            return None
        return self.aged(entry)

    def mine(self, kind: str, name: str, owner: Owner) -> Entry:
        """The one this session began. Somebody else's platform learns no more than a guess would."""
        entry = self.find(kind, name)
        if entry is None or entry.binding.owner.platform != owner.platform:
            raise refusal(f"{kind}.unknown")
        if entry.binding.owner != owner:
            raise refusal("ticket.other-session")
        return entry

    def numbered(self, provider: str, number: str) -> Entry | None:
        """The one that this provider was asked for under this number."""
        entry = self._numbers.get((provider, number))
        return None if entry is None else self.aged(entry)

    def first(self, entry: Entry) -> bool:
        """Has its provider not handed out this very ticket before? Whoever has confirmed the other one would
        else have confirmed this one, too."""
        if not entry.ticket:
            return True
        return self._given.setdefault((entry.provider, entry.ticket), entry) is entry

    def aged(self, entry: Entry) -> Entry:
        if entry.state in OPEN and self._over(entry):
            entry.move(Act.EXPIRE)
        return entry

    @contextmanager
    def holding(self, entry: Entry) -> Iterator[None]:
        """One at a time: who comes meanwhile is told that it is being used."""
        if entry.held:
            raise refusal(f"{entry.kind}.used")
        entry.held = True
        try:
            yield
        finally:
            entry.held = False

    def _over(self, entry: Entry) -> bool:
        now, bound = self._clock(), entry.binding
        return (
            self._ticks() - entry.began >= entry.life or now >= bound.expires or now < bound.created - _BACK
        )

    def _place(self, name: str) -> bytes:
        # Looking up under a keyed digest takes no longer for a name that is nearly right.
        return mac(name.encode("utf-8", "replace"), self._key)

    def _open_of(self, owner: Owner) -> list[Entry]:
        return [one for one in self._open.get(owner, []) if self.aged(one).state in OPEN]

    def _make_room(self, address: str) -> None:
        """The oldest that is over goes, else the oldest; what somebody is at just now stays."""
        near = self._near.get(address, [])
        if not address or len(near) < MOST_ADDRESS:
            return
        idle = [place for place in near if not self._entries[place].held]
        over = (place for place in idle if self.aged(self._entries[place]).state not in OPEN)
        place = next(over, idle[0] if idle else None)
        if place is None:
            raise OverloadError("认证服务繁忙,请稍后再试", retry_after=10)
        entry = self._entries[place]
        self._drop(place)
        entry.move(Act.EXPIRE)  # whoever is asking a provider for it just now finds it over
        if entry.kind == TICKET:
            self._gone.append(entry)
            if len(self._gone) > MOST:
                self._return(self._gone.popleft())

    def _forget(self) -> None:
        limit = self._ticks() - KEPT
        while self._entries and next(iter(self._entries.values())).began < limit:
            place, entry = next(iter(self._entries.items()))
            self._drop(place)
            self._return(entry)
        while self._gone and self._gone[0].began < limit:
            self._return(self._gone.popleft())

    def _drop(self, place: bytes) -> None:
        entry = self._entries.pop(place)
        owner = entry.binding.owner
        self._each[owner.platform] -= 1
        if not self._each[owner.platform]:
            del self._each[owner.platform]
        self._numbers.pop((entry.provider, entry.number), None)
        left = [one for one in self._open_of(owner) if one is not entry]
        if left:
            self._open[owner] = left
        else:
            self._open.pop(owner, None)
        if owner.address:
            near = self._near[owner.address]
            near.remove(place)
            if not near:
                del self._near[owner.address]

    def _return(self, entry: Entry) -> None:
        """Its provider may hand out that ticket again."""
        if self._given.get((entry.provider, entry.ticket)) is entry:
            del self._given[entry.provider, entry.ticket]
