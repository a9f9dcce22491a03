"""Sessions after a login: a token nobody can guess, worth something only to the one it was given to.

In memory: a restart logs everybody out. Two limits, both by the steady clock: so long without being used,
and so long in all. The token is kept only under a keyed digest, as tickets are.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from certs.algorithms.digest import mac
from hub.auth.binding import Owner
from hub.auth.judging import Body
from hub.auth.refusing import refusal
from hub.errors import OverloadError
from hub.message import wall

IDLE, WHOLE = 1800.0, 7200.0
MOST, MOST_EACH = 50_000, 4
STANDS = 60.0  # seconds that a register's word on a licence is good for


@dataclass(slots=True)
class Session:
    """Who is logged in: `who` is what a member is told of it, `certificate` what it rests on (none where a
    licence was shown); `word`: that it is not revoked was its CA's gateway's word alone."""

    owner: Owner
    who: Mapping[str, Any]
    began: float
    used: float
    expires: datetime
    certificate: bytes = b""
    word: bool = False
    body: Body | None = None
    stood: float = 0.0


class Sessions:
    """`ticks` are steady seconds; `fresh` makes random octets."""

    def __init__(
        self, clock: Callable[[], datetime], ticks: Callable[[], float], fresh: Callable[[int], bytes]
    ) -> None:
        self._clock, self._ticks, self._fresh = clock, ticks, fresh
        self._key = fresh(32)
        self._kept: OrderedDict[bytes, Session] = OrderedDict()
        self._each: Counter[Owner] = Counter()

    def open(
        self, owner: Owner, who: Mapping[str, Any], certificate: bytes = b"", *, word: bool = False,
        body: Body | None = None,
    ) -> tuple[str, str]:  # fmt: skip
        """The token and until when at most. The oldest of the same browser goes; strangers' stay."""
        self._forget()
        if self._each[owner] >= MOST_EACH:
            self._drop(next(place for place, one in self._kept.items() if one.owner == owner))
        if len(self._kept) >= MOST:
            raise OverloadError("认证服务繁忙,请稍后再试", retry_after=60)
        token, now = self._fresh(32).hex(), self._ticks()
        expires = self._clock() + timedelta(seconds=WHOLE)
        self._kept[self._place(token)] = Session(owner, who, now, now, expires, certificate, word, body, now)
        self._each[owner] += 1
        return token, wall(expires)

    def rests_on(self, owner: Owner, token: str) -> tuple[bytes, str | None, bool]:
        """The certificate behind it, the medium, and whether a gateway had to give its word for it."""
        found = self._found(owner, token)
        return found.certificate, found.who.get("medium"), found.word

    def to_ask(self, owner: Owner, token: str) -> Body | None:
        """Whose licence it rests on, where it is a while since that was known to stand."""
        found = self._found(owner, token)
        return found.body if self._ticks() - found.stood >= STANDS else None

    def stood(self, owner: Owner, token: str) -> None:
        """It was, just now."""
        self._found(owner, token).stood = self._ticks()

    def look(self, owner: Owner, token: str) -> dict[str, Any]:
        """Who it is; being asked for keeps it awake."""
        found = self._found(owner, token)
        found.used = self._ticks()
        return {**found.who, "expireTime": wall(found.expires), "idleSeconds": int(IDLE)}

    def end(self, owner: Owner, token: str) -> None:
        self._found(owner, token)
        self._drop(self._place(token))

    def _found(self, owner: Owner, token: str) -> Session:
        place = self._place(token)
        found = self._kept.get(place)
        if found is not None and self._over(found):
            self._drop(place)
            found = None
        if found is None or found.owner != owner:
            raise refusal("session.unknown")
        return found

    def _over(self, one: Session) -> bool:
        now = self._ticks()
        return now - one.used >= IDLE or now - one.began >= WHOLE or self._clock() >= one.expires

    def _place(self, token: str) -> bytes:
        return mac(token.encode("utf-8", "replace"), self._key)

    def _drop(self, place: bytes) -> None:
        owner = self._kept.pop(place).owner
        self._each[owner] -= 1
        if not self._each[owner]:
            del self._each[owner]

    def _forget(self) -> None:
        """Those in front are the oldest; one that is idle further back goes when its turn comes."""
        while self._kept and self._over(next(iter(self._kept.values()))):
            self._drop(next(iter(self._kept)))
