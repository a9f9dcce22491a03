"""One token: keys, certificates and seals behind a PIN that locks after six wrong tries."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.keys.held import HeldKey
from simulators.component.errors import SofError

TRIES = 6
PIN = "123456"
_SHORTEST, _LONGEST = 6, 16


@dataclass(slots=True)
class Token:
    """`name` is what a user reads in a list. Who has logged in is kept by origin: a page of another site
    must not sign with the PIN that was entered on the first."""

    id: str
    name: str
    ca: str
    note: str
    signing: HeldKey = field(repr=False)
    exchange: HeldKey = field(repr=False)
    seals: Mapping[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    plugged: bool = True
    tries: int = TRIES
    _pin: str = field(default=PIN, repr=False)
    _in: set[str] = field(default_factory=set)

    def login(self, origin: str, pin: str) -> None:
        self._prove(pin)
        self._in.add(origin)

    def logout(self, origin: str) -> None:
        self._in.discard(origin)

    def change(self, old: str, new: str) -> None:
        if not _SHORTEST <= len(new) <= _LONGEST:
            raise SofError("pin-length")
        self._prove(old)
        self._pin = new
        self._in.clear()

    def opened(self, origin: str) -> Token:
        """Itself, for what needs the private key."""
        if origin not in self._in:
            raise SofError("login")
        return self

    def pull(self) -> None:
        """Out of the PC; whoever was logged in no longer is."""
        self.plugged = False
        self._in.clear()

    def restore(self) -> None:
        """As the issuer hands it out: plugged in, its first PIN, all tries."""
        self.plugged, self.tries, self._pin = True, TRIES, PIN
        self._in.clear()

    def _prove(self, pin: str) -> None:
        if self.tries == 0:
            raise SofError("locked")
        if hmac.compare_digest(pin.encode("utf-8"), self._pin.encode("utf-8")):
            self.tries = TRIES
            return
        self.tries -= 1
        if self.tries == 0:
            self._in.clear()
            raise SofError("locked")
        left = "1 try" if self.tries == 1 else f"{self.tries} tries"
        raise SofError("pin", (f",还可再试 {self.tries} 次", f", {left} left"))
