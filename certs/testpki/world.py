"""A world of certificates: five vendors, another province, holders, mishaps and seals, out of one TOML file.

Held in memory and made on demand: opening costs nothing, a certificate is issued when first asked for.
For sandboxes, simulators and tests; each certificate bears a mark that production refuses
(`certs.testpki.refuse`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from certs.testpki.declaration import DeclarationError, read_declaration, sandbox_toml
from certs.testpki.declared import Declaration, Holder, Seal
from certs.testpki.defects import DEFECTS, Defect, Row, build
from certs.testpki.randomness import Fresh, Seeded, Source
from certs.testpki.vendor import VendorCa
from certs.trust import Revocation, Trust


@dataclass(frozen=True, slots=True)
class World:
    """`now` is the moment at which everything in it is current."""

    declared: Declaration
    now: datetime
    vendors: Mapping[str, VendorCa]
    source: Source = field(repr=False)

    @classmethod
    def open(cls, toml: str | None = None, *, now: datetime, seed: str | None = None) -> World:
        """The world this text declares (the sandbox's own if left out). Keys are fresh each time; with a
        seed they are the same each time, and so is every certificate, to the byte."""
        declared = read_declaration(sandbox_toml() if toml is None else toml)
        source: Source = Fresh() if seed is None else Seeded(seed)
        vendors = {
            one.id: VendorCa(
                one, declared.holders, declared.revoked, now=now, days=declared.days, source=source
            )
            for one in declared.vendors.values()
        }
        return cls(declared, now, vendors, source)

    @property
    def holders(self) -> Mapping[str, Holder]:
        return self.declared.holders

    @property
    def seals(self) -> Mapping[str, Seal]:
        return self.declared.seals

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """The roots of all vendors."""
        return tuple(raw for vendor in self.vendors.values() for raw in vendor.anchors)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        return tuple(raw for vendor in self.vendors.values() for raw in vendor.intermediates)

    @property
    def defects(self) -> Mapping[str, Row]:
        """Every defect there is, by name."""
        return DEFECTS

    def defect(self, name: str) -> Defect:
        """A certificate with this one defect, beside the same without it, and all they are judged by."""
        if not self.declared.bench:
            raise DeclarationError("world: bench: no vendor to make defects from")
        return build(name, self.vendors[self.declared.bench], self.source)

    def trust(
        self, *vendors: str, revocation: Revocation = Revocation.REQUIRED, ocsp: tuple[bytes, ...] = ()
    ) -> Trust:
        """Belief in these vendors (all, if none is named), with their current lists."""
        chosen = [self.vendors[one] for one in vendors] or list(self.vendors.values())
        return Trust(
            tuple(raw for one in chosen for raw in one.anchors),
            revocation,
            intermediates=tuple(raw for one in chosen for raw in one.intermediates),
            crls=()
            if revocation is Revocation.IGNORED
            else tuple(raw for one in chosen for raw in one.crls()),
            ocsp=ocsp,
        )

    def seal(self, name: str) -> bytes:
        """A declared seal (SESeal): may be used by its holder's signing key at its vendor."""
        from certs.testpki.seals import sealed_by

        seal = self.seals[name]
        return sealed_by(seal, self.vendors[seal.vendor])

    def write(
        self,
        folder: Path,
        *,
        holders: Iterable[str] | None = None,
        defects: bool = True,
        realm: str = "sandbox",
    ) -> dict[str, Any]:
        """Write everything to files and return the index (`certs.testpki.files`)."""
        from certs.testpki.files import write_world

        return write_world(self, folder, holders=holders, defects=defects, realm=realm)
