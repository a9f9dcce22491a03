"""A case on the desk: whom to believe, on what data, with which keys, out of its files and question."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from certs.keys.held import HeldKey
from certs.path.question import Rules
from certs.testpki.cases.table import Case
from certs.trust import Revocation, Trust
from certs.trustlist import Examined, Sequence, TrustList, examine


class Desk:
    """Everything is read when first asked for."""

    def __init__(self, case: Case) -> None:
        self.files, self.asked = case.files, case.asked
        self.at = datetime.fromisoformat(case.asked["at"])

    @cached_property
    def examined(self) -> Examined:
        newest = self.asked.get("newest")
        known = None
        if newest is not None:
            issued = datetime.fromisoformat(newest["issued"])
            known = Sequence(newest["sequence"], issued, newest["digest"])
        return examine(
            self.files["trustlist.json"], signers=[self.files["centre.der"]], at=self.at, newest_known=known
        )

    @property
    def listed(self) -> TrustList:
        """Raises ValueError where the list itself is not to be used."""
        if self.examined.trust_list is None:
            raise ValueError("; ".join(one.observed for one in self.examined.findings))
        return self.examined.trust_list

    @property
    def crls(self) -> tuple[bytes, ...]:
        return tuple(raw for name, raw in self.files.items() if name.endswith(".crl"))

    @cached_property
    def trust(self) -> Trust:
        medium = self.asked.get("medium")
        return self.listed.trust(revocation=Revocation.REQUIRED, medium=medium, crls=self.crls)

    @property
    def makers(self) -> Trust | None:
        """Who may make seals: these certificates and no other."""
        made = tuple(raw for name, raw in self.files.items() if name.startswith("maker-"))
        above = (*self.trust.intermediates, *self.trust.anchors)
        if not made:
            return None
        return Trust(made, Revocation.REQUIRED, above, self.crls, rules=Rules(trusted_leaf=True))

    @property
    def keys(self) -> list[HeldKey]:
        found = [name.removesuffix(".key") for name in self.files if name.endswith(".key")]
        return [
            HeldKey(self.asked["keys"][one], self.files[f"{one}.key"], self.files[f"{one}.der"])
            for one in found
        ]
