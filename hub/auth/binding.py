"""What a person agrees to when signing: the octets, and nothing in them can be exchanged afterwards.

Canonical JSON, so that page, telephone and hub write the very same octets. Numbers of sections can be counted
up, so the business stands in them only under a salt that the asking platform alone is given: whoever carries
the octets to a telephone does not learn for which section somebody gets ready, and the platform can show
later which one it was.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime

from certs.algorithms.digest import digest
from hub.message import canonical, wall

FORM = "hutong-auth/1"
ACTIONS = ("login", "sign", "seal")


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom: the asking member (`hub` for our own pages) and the digest of the session that asked. Who
    uses a page has an `address` besides: places are counted by it, and nobody is known by it."""

    platform: str
    session: str
    address: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """`nonce`: 256 bits in hex, the challenge proper; `digest` of what is signed or sealed, "" for none;
    `salt` is in no octets."""

    realm: str
    owner: Owner
    action: str
    business: str
    digest: str
    nonce: str
    salt: str
    created: datetime
    expires: datetime

    @property
    def octets(self) -> bytes:
        """What is signed."""
        return canonical(
            {
                "form": FORM,
                "realm": self.realm,
                "platform": self.owner.platform,
                "action": self.action,
                "business": self.blind,
                "digest": self.digest,
                "session": self.session,
                "nonce": self.nonce,
                "created": wall(self.created),
                "expires": wall(self.expires),
            }
        )

    @property
    def session(self) -> str:
        return digest(f"{self.nonce}|{self.owner.session}".encode()).hex()

    @property
    def blind(self) -> str:
        """SM3 of salt, `|` and the business number, in hex: what others may see of it."""
        return digest(f"{self.salt}|{self.business}".encode()).hex()

    @property
    def imprint(self) -> bytes:
        """SM3 of what is signed: all that a signing service is told."""
        return digest(self.octets)


def session_digest(*parts: str) -> str:
    """A session by which a page or a member knows its user; only this is kept."""
    return digest("\n".join(parts).encode()).hex()


def text_of(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
