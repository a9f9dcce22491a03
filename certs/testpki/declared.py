"""What a sandbox's file declares, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from certs.subject.rules import Rule

Rows = tuple[tuple[str, str, str], ...]  # kind or number, template, form


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom certificates are issued to: an organisation (credit code) or a person (resident number)."""

    id: str
    kind: str
    name: str
    code: str = field(repr=False)
    registration: str = ""
    seal: str = ""

    @property
    def words(self) -> dict[str, str]:
        """What templates may name."""
        body = self.code[8:17] if self.kind == "organisation" else ""
        return {"name": self.name, "code": self.code, "organisation": body, "seal": self.seal,
                "hyphenated": f"{body[:8]}-{body[8:]}", "registration": self.registration}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vendor:
    """One CA: its hierarchies, how it writes names, where it puts identity, what it gets wrong."""

    id: str
    zh: str
    en: str
    region: str
    medium: str
    algorithms: tuple[str, ...]
    tiers: int
    pair: bool
    ocsp: str
    quirks: frozenset[str]
    ca: Rows
    organisation: Rows
    person: Rows
    identity: tuple[Rule, ...]
    organisation_extensions: Rows = ()
    person_extensions: Rows = ()


@dataclass(frozen=True, slots=True)
class Mishap:
    """A certificate that was revoked (or put on hold: reason 6) some days before the world's moment."""

    holder: str
    reason: int
    days_ago: int


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal to be made: whose, under which CA, by which maker, in which version of the format."""

    id: str
    vendor: str
    holder: str
    maker: str
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """The whole file."""

    zh: str
    en: str
    days: int
    bench: str
    holders: Mapping[str, Holder]
    vendors: Mapping[str, Vendor]
    revoked: tuple[Mishap, ...]
    seals: Mapping[str, Seal]
