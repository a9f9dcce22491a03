"""Sealed by a service (C04) while somebody agrees on a telephone: what it brings is a seal signature of GB/T
38540 over the digest that was bound, and nothing else will do.

The service is told that digest, never the document: before an opening nobody sees what is sealed. A digest
alone could be sealed for one ticket and brought for another, so the value has to carry this very challenge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from certs.seal.request import sealed_for
from hub.auth.asked import Asks
from hub.auth.asking import SEAL, Proof
from hub.auth.binding import Binding, text_of
from hub.auth.book import Entry
from hub.auth.judging import Established, Verifier, established, with_step
from hub.auth.refusing import request_refusal
from hub.auth.signing import Service, octets_of
from hub.auth.states import OPEN, Act
from hub.message import wall
from hub.ports import Answer

MOST_VALUE = 128 << 10  # octets: a seal has a picture in it
_SM3 = "sm3:"
_ANY, _LEGAL = "-", "1"


class Sealer(Service):
    """A service that seals. There is no ticket of its own: the telephone finds the request by its number."""

    def __init__(self, verifier: Callable[[], Verifier], asks: Asks) -> None:
        super().__init__(verifier, asks)

    async def begin(self, entry: Entry, name: str) -> str:
        if not entry.binding.digest.startswith(_SM3):
            raise request_refusal("/digest", "sm3:<64 位十六进制>", entry.binding.digest, "以 SM3 计算摘要")
        said = await self._ask(entry)
        return entry.number if said.status < 300 and said.data.get("state") == "waiting" else ""

    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool:
        match data.get("state"):
            case "done" if entry.state in OPEN and entry.proof is None and entry.faced:
                before = entry.state
                value = octets_of(data.get("sealed"))[: MOST_VALUE + 1]
                await self.confirmed(entry, Proof(SEAL, value, medium="tokenless"))
                return entry.state is not before
            case "refused":
                return entry.move(Act.REFUSE, "ticket.refused")
            case "expired":
                return entry.move(Act.EXPIRE)
        return False

    async def judged(self, entry: Entry, proof: Proof) -> Established:
        """The value over the digest that was bound, of the holder asked for, made for this challenge."""
        bound = entry.binding
        asked = {
            "kind": "seal", "signature": text_of(proof.signature[:MOST_VALUE]), "digest": bound.digest,
            "purpose": "sealing", "medium": proof.medium,
        }  # fmt: skip
        if entry.holder:
            asked["subject"] = entry.holder
        said = await self._verifier().verify(bound.owner.platform, asked)
        return established(_for_this(said, bound, proof.signature))

    async def _ask(self, entry: Entry) -> Answer:
        """Always the same words: under one number the service knows no others."""
        bound, holder = entry.binding, entry.holder or _ANY
        imprint = bytes.fromhex(bound.digest.removeprefix(_SM3))
        asked = {
            "requestNo": entry.number, "sealAction": "apply", "format": "digest",
            "holder": {"type": _LEGAL, "code": holder, "name": holder},
            "document": {
                "name": "digest", "digest": bound.digest, "size": len(imprint),
                "media": "application/octet-stream", "data": text_of(imprint),
            },
            "challenge": bound.imprint.hex(), "expireTime": wall(bound.expires),
        }  # fmt: skip
        return await self._asks("ca.seal", entry.provider, asked)


def _for_this(said: Mapping[str, Any], bound: Binding, value: bytes) -> dict[str, Any]:
    """The result with one step more: was it sealed for this challenge?"""
    return with_step(said, sealed_for(value, bound.imprint))
