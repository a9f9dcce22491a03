"""What a person agrees to when signing: the octets, and nothing in them can be exchanged afterwards.

Canonical JSON, so that page, telephone and hub write the very same octets. Session and business reach a
provider only mixed with the nonce: two tickets of one bidder, or of one section, are not seen to belong
together by whoever is asked to have them confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certs.algorithms.digest import digest
from hub.message import canonical, wall

FORM = "hutong-auth/1"
ACTIONS = ("login", "sign", "seal")


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom: the asking member (`hub` for our own pages) and the digest of the session that asked."""

    platform: str
    session: str


@dataclass(frozen=True, slots=True)
class Binding:
    """`nonce`: 256 bits in hex, the challenge proper; `digest` of what is signed or sealed, "" for none."""

    realm: str
    owner: Owner
    action: str
    business: str
    digest: str
    nonce: str
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
                "business": self.business,
                "digest": self.digest,
                "session": self.session,
                "nonce": self.nonce,
                "created": wall(self.created),
                "expires": wall(self.expires),
            }
        )

    @property
    def session(self) -> str:
        return self._mixed(self.owner.session)

    @property
    def blind(self) -> str:
        """The business number as others may see it."""
        return self._mixed(self.business)

    @property
    def imprint(self) -> bytes:
        """SM3 of what is signed: all that a signing service is told."""
        return digest(self.octets)

    def _mixed(self, text: str) -> str:
        return digest(f"{self.nonce}|{text}".encode()).hex()


def session_digest(*parts: str) -> str:
    """A session by which a page or a member knows its user; only this is kept."""
    return digest("\n".join(parts).encode()).hex()
