"""A case on the desk: whom to believe, on what data, with which keys, out of its files and question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from certs.cases.table import Case
from certs.keys.held import HeldKey
from certs.model.certificate import Certificate
from certs.trust import Purpose, Revocation, Trust
from certs.trustlist import Examined, TrustList, examine
from certs.trustlist.sequence import Sequence as Newest
from certs.verdict import FAILED, PASSED, Check, Moment, Reason


@dataclass(frozen=True, slots=True)
class Makers:
    """Admits no path but one that ends in one of these."""

    admitted: frozenset[bytes]

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        if chain[-1].raw in self.admitted:
            return (Check("admission", PASSED, str(chain[-1])),)
        reason = Reason("not-admitted", str(chain[-1]), "not one of the makers of seals")
        return (Check("admission", FAILED, reason.at, "", None, (reason,)),)


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
            known = Newest(newest["sequence"], issued, newest["digest"])
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
        """Who may make seals: these certificates and no other, as long as they are good themselves."""
        made = frozenset(raw for name, raw in self.files.items() if name.startswith("maker-"))
        return replace(self.trust, admission=Makers(made)) if made else None

    @property
    def keys(self) -> list[HeldKey]:
        found = [name.removesuffix(".key") for name in self.files if name.endswith(".key")]
        return [
            HeldKey(self.asked["keys"][one], self.files[f"{one}.key"], self.files[f"{one}.der"])
            for one in found
        ]
