"""Confirmed by a signature made elsewhere: by a signing service (C04, N05), or by a member's own app.

The service is told a digest and nothing else. Its word that all is well counts for nothing: the signature it
brings is judged here, when it comes and once more when it is used.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from hub.auth.asked import Asks
from hub.auth.asking import MOST_PROOF, Proof
from hub.auth.book import Entry
from hub.auth.judging import Established, Verifier, judge
from hub.auth.states import OPEN, Act
from hub.message import wall
from hub.ports import Answer

_SM3 = "01"
_ANY = "-"  # the holder is whoever scans: no certificate is known before


class App:
    """A member's own app: it calls us, so there is nobody to ask."""

    def __init__(self, verifier: Callable[[], Verifier]) -> None:
        self._verifier = verifier

    async def begin(self, entry: Entry, name: str) -> str:
        return f"hutong://auth?t={name}"

    async def look(self, entry: Entry) -> None:
        """Nobody to ask."""

    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool:
        return False

    async def establish(self, entry: Entry, now: datetime) -> Established | None:
        """Judged again: what held when it was confirmed may have been revoked since."""
        return await self.judged(entry, entry.proof)

    async def judged(self, entry: Entry, proof: Proof) -> Established:
        """By the rules of today: does this confirm what was bound?"""
        return await judge(self._verifier(), entry.binding, proof, entry.holder)

    async def confirmed(self, entry: Entry, proof: Proof) -> Established:
        """A signature has come: good, and the ticket is confirmed; or not, and it is refused."""
        found = await self.judged(entry, proof)
        if found.code:
            entry.move(Act.REFUSE, found.code)
        elif entry.move(Act.CONFIRM):
            entry.proof = proof
        return found


class Service(App):
    """A signing service: asked once, then it calls back, or is asked again under the same number."""

    def __init__(self, verifier: Callable[[], Verifier], asks: Asks) -> None:
        super().__init__(verifier)
        self._asks = asks

    async def begin(self, entry: Entry, name: str) -> str:
        said = await self._ask(entry)
        if said.status >= 300 or not said.data.get("ticket"):
            return ""
        entry.ticket = str(said.data["ticket"])
        return entry.ticket

    async def look(self, entry: Entry) -> None:
        said = await self._ask(entry)
        if said.status < 300:
            await self.hear(entry, said.data)
        elif said.code in ("ticket.expired", "sign.expired"):
            entry.move(Act.EXPIRE)

    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool:
        match data.get("state"):
            case "scanned":
                return entry.move(Act.SCAN)
            case "confirmed" if entry.state in OPEN and entry.proof is None and entry.faced:
                before = entry.state
                await self.confirmed(entry, _proof(data))
                return entry.state is not before
            case "refused":
                return entry.move(Act.REFUSE, "ticket.refused")
            case "expired":
                return entry.move(Act.EXPIRE)
        return False

    async def _ask(self, entry: Entry) -> Answer:
        """Always the same words: under one number the service knows no others."""
        bound = entry.binding
        certificate = {
            "caId": entry.provider, "issuer": _ANY, "serialNo": _ANY, "digest": _ANY, "medium": "tokenless",
            "usage": "sign", "notBefore": wall(bound.created), "notAfter": wall(bound.expires),
        }  # fmt: skip
        if entry.holder:
            certificate["subjectCode"] = entry.holder
        asked = {
            "requestNo": entry.number, "certificate": certificate, "signKind": "detached",
            "digest": bound.imprint.hex(), "digestAlgorithm": _SM3, "platformId": bound.owner.platform,
            "action": bound.action, "businessId": bound.blind, "challenge": bound.imprint.hex(),
            "expireTime": wall(bound.expires),
        }  # fmt: skip
        return await self._asks("ca.sign", entry.provider, asked)


def octets_of(value: Any) -> bytes:
    """As any dialect gives them; what cannot be read is nothing, and nothing holds nowhere."""
    text = value.get("data") if isinstance(value, Mapping) else value
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _proof(data: Mapping[str, Any]) -> Proof:
    return Proof("cms", octets_of(data.get("signature"))[: MOST_PROOF + 1], medium="tokenless", imprint=True)
