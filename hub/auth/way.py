"""How a ticket comes to be confirmed: what every way can do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from hub.auth.book import Entry
from hub.auth.judging import Established


class Way(Protocol):
    """`hub.auth.licence`, and the two of `hub.auth.signing`."""

    async def begin(self, entry: Entry, name: str) -> str:
        """What the QR code says; "" where the provider gave none."""
        ...

    async def look(self, entry: Entry) -> None:
        """Ask how it stands, and move it accordingly."""
        ...

    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool:
        """A state that was called back; did it change anything?"""
        ...

    async def establish(self, entry: Entry, now: datetime) -> Established | None:
        """Who confirmed it, judged now; None where nobody can know any more."""
        ...
