"""Members' keys that are those of certificates: each holds while the certificate does, and no longer.

The word on a certificate is the desk's (path, admission, revocation, by the policy for signing), found in the
workshop and kept for two seconds at most, never beyond the belief under which it was found: a new list or
CRL and everything is open again. Gateways are not asked: a CA need not know when its customers send messages.
Whoever needs a key that is open waits for it; looking a key up never does, so that messages are still judged
in one go on the loop. Where nobody can say, the asker hears so (503).
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hub.message import Key

log = logging.getLogger(__name__)
KEPT = 2.0  # seconds; a certificate may also end, or a responder's answer
FIRST = 1  # number of the first belief


class Ring(Protocol):
    """`hub.keyring.Keyring`"""

    def key(self, key_id: str) -> Key | None: ...
    def of(self, owner: str) -> Key | None: ...


class Desk(Protocol):
    """`hub.ca.desk.CaDesk`; `number` changes with everything that verdicts rest on."""

    @property
    def number(self) -> int: ...
    async def recognise(self, asker: str, value: Any, *, alone: bool = False) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Word:
    good: bool
    number: int
    until: float


class Signers:
    """The keyring as the judges of messages see it."""

    def __init__(self, ring: Ring, desk: Desk, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ring, self._desk, self._ticks = ring, desk, ticks
        self._words: dict[bytes, _Word] = {}
        self._flights: dict[bytes, asyncio.Task[bool]] = {}

    def key(self, key_id: str) -> Key | None:
        """The key if it holds now; None also where that is still open."""
        key = self._ring.key(key_id)
        if key is None or not key.certificate:
            return key
        word = self._current(key.certificate)
        return key if word is not None and word.good else None

    def of(self, owner: str) -> Key | None:
        """The owner's newest key, whether it holds or not."""
        return self._ring.of(owner)

    async def settle(self, key_id: str) -> bool:
        """True where `key` was open and now gives the key: look again. Raises HubError: nobody can say."""
        key = self._ring.key(key_id)
        if key is None or not key.certificate or self._current(key.certificate) is not None:
            return False
        raw = key.certificate
        flight = self._flights.get(raw)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._ask(key))
            self._flights[raw] = flight
            flight.add_done_callback(lambda _: self._flights.pop(raw, None))
        # Whoever goes away takes nobody's answer with them.
        return await asyncio.shield(flight)

    def _current(self, certificate: bytes) -> _Word | None:
        word = self._words.get(certificate)
        if word is None or word.number != self._desk.number or self._ticks() >= word.until:
            return None
        return word

    async def _ask(self, key: Key) -> bool:
        raw = key.certificate
        question = {"certificate": base64.b64encode(raw).decode("ascii"), "purpose": "signing"}
        # A desk that is opened by this very question begins with its first belief.
        number = self._desk.number or FIRST
        said = await self._desk.recognise("", question, alone=True)
        good, why = said["result"] == "valid", ",".join(one["code"] for one in said["reasons"])
        before = self._words.get(raw)
        if not good and (before is None or before.good):
            log.warning("key %s holds no longer by its certificate: %s", key.key_id, why)
        now = self._ticks()
        self._words = {one: word for one, word in self._words.items() if word.until > now}
        self._words[raw] = _Word(good, number, now + KEPT)
        return self.key(key.key_id) is not None
