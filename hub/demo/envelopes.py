"""Bids as bidders make them: sealed to the platform's key for bids and to themselves, signed outside.

One is broken on purpose, in the only way that no check at delivery can see: everything about it is in order,
the right key for everybody too, and under that key is nothing that can be read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from certs.algorithms.content_ciphers import chosen
from certs.algorithms.digest import digest
from certs.cms import sign
from certs.envelope import oids, open_share, seal_envelope
from certs.envelope.binding import binding
from certs.envelope.sealing import content_info
from certs.envelope.transport import Style, transport
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.trust import Trust
from hub.bids.delivery import consent
from hub.demo.holders import Holder, b64
from hub.message import wall

ANY_ONE, ALL_OF = "any-one", "all-of"
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Bid:
    """What one bidder delivers; `content` is what should come out again."""

    who: Holder
    model: str
    content: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    broken: bool = False

    @property
    def name(self) -> str:
        return name_of(self.raw)


def name_of(raw: bytes) -> str:
    return f"sm3:{digest(raw).hex()}"


def make(who: Holder, platform: bytes, now: datetime, *, model: str = ANY_ONE, broken: bool = False) -> Bid:
    """`platform` is the certificate of its key for bids."""
    content = f"投标函 {who.party['name']} ".encode() + secrets.token_hex(2048).encode("ascii")
    if broken:
        return Bid(who, model, content, _unreadable(who, platform, now), broken=True)
    to = [platform, who.encryption.certificate]
    kind: Any = "all-of" if model == ALL_OF else "any-of"
    return Bid(who, model, content, seal_envelope(content, to, who.signing, trust=None, at=now, model=kind))


def _unreadable(who: Holder, platform: bytes, now: datetime) -> bytes:
    """The ciphertext ends in no padding: it was broken when it was sealed."""
    key, start = secrets.token_bytes(_BLOCK), secrets.token_bytes(_BLOCK)
    context = Cipher(algorithms.SM4(key), modes.CBC(start)).encryptor()
    wrong = context.update(bytes(4 * _BLOCK)) + context.finalize()
    to = [transport(key, read_certificate(one), Style()) for one in (platform, who.encryption.certificate)]
    sealed = content_info(wrong, b"", chosen("sm4-cbc", start), to, "sm2")
    attributes = {oids.BINDING: w.octets(binding(key, who.signing.certificate, sealed))}
    return sign(sealed, who.signing, arc="sm2", time=now, attributes=attributes)


def part_of(bid: Bid, platform: bytes, trust: Trust, now: datetime) -> bytes | None:
    """The bidder's part of the key of an `all-of` envelope, sealed to the platform; None where none opens."""
    share = open_share(bid.raw, bid.who.encryption, trust=trust, at=now).share
    if share is None:
        return None
    return seal_envelope(share.written(), [platform], bid.who.signing, trust=None, at=now)


def delivery(bid: Bid, section: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The fields of `bid.receipt`; the bidder signs for this section and this file."""
    own = read_certificate(bid.who.encryption.certificate)
    return {
        "requestNo": f"TB{secrets.token_hex(6)}",
        "section": dict(section),
        "deliveryKind": "deliver",
        "bidder": dict(bid.who.party),
        "bidFile": {
            "name": "bid.env",
            "digest": bid.name,
            "size": len(bid.raw),
            "media": "application/pkcs7-mime",
        },
        "envelopeModel": bid.model,
        "deliverTime": wall(now),
        "recipients": [
            {
                "caId": bid.who.ca,
                "issuer": str(own.issuer),
                "serialNo": f"{own.serial:X}",
                "digest": name_of(own.raw),
                "medium": "tokenless" if bid.who.ca == "C04" else "token",
                "usage": "encrypt",
                "notBefore": wall(own.not_before),
                "notAfter": wall(own.not_after),
            }
        ],
        "signature": {
            "alg": bid.who.message.algorithm,
            "keyId": "bidder",
            "value": b64(
                bid.who.message.sign(consent("deliver", str(section["BID_SECTION_CODE"]), bid.name))
            ),
        },
    }
