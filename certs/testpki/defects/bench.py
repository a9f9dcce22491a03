"""Where defects are made: a sound certificate of a vendor without quirks, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.testpki.declared import Holder
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.issue import SIGN, Alter, Authority, Blank, unaltered
from certs.testpki.mark import MARK_TEXT, mark
from certs.testpki.randomness import Source
from certs.testpki.vendor import VendorCa


@dataclass(frozen=True, slots=True)
class Bench:
    """One defect's bench: good and bad come from the same key under the same serial number."""

    id: str
    vendor: VendorCa
    holder: Holder
    stranger: Holder
    person: Holder
    source: Source

    @property
    def now(self) -> datetime:
        return self.vendor.now

    @property
    def ca(self) -> Authority:
        return self.vendor.issuing()

    def key(
        self, alter: Alter = unaltered, usage: Sequence[str] = SIGN, *, more: Sequence[bytes] | None = None
    ) -> HeldKey:
        """A certificate of the holder, altered."""
        return self.vendor.issue(
            self.holder.id, usage, alter=alter, extensions=more, label=f"defect/{self.id}/{'+'.join(usage)}"
        )

    def shown(self, key: HeldKey | bytes) -> Exhibit:
        """With the vendor's own hierarchy."""
        raw = key if isinstance(key, bytes) else key.certificate
        rules, issuer = self.vendor.rules, self.ca.key.certificate
        return Exhibit(
            raw, self.vendor.intermediates, self.vendor.anchors, self.now, rules=rules, issuer=issuer
        )

    def both(self, bad: Alter, good: Alter = unaltered) -> tuple[Exhibit, Exhibit]:
        """A defect of the certificate itself."""
        return self.shown(self.key(good)), self.shown(self.key(bad))

    def hierarchy(
        self, root: Alter = unaltered, middle: Alter = unaltered, leaf: Alter = unaltered
    ) -> Exhibit:
        """A hierarchy of its own, for defects of CAs."""
        keys = [self.source.key(f"defect/{self.id}/{tier}", "sm2-sm3") for tier in range(3)]
        alters = [self.numbered(str(tier), one) for tier, one in enumerate((root, middle, leaf))]
        top = Authority.root("沙箱缺陷根", now=self.now, key=keys[0], extensions=[mark()], alter=alters[0])
        below = top.sub("沙箱缺陷中间", key=keys[1], extensions=[mark()], alter=alters[1])
        issued = below.issue(self.subject(), key=keys[2], extensions=[mark()], alter=alters[2])
        return Exhibit(
            issued.certificate, (below.key.certificate,), (top.key.certificate,), self.now,
            rules=self.vendor.rules, issuer=below.key.certificate,
        )  # fmt: skip

    def numbered(self, label: str, alter: Alter = unaltered) -> Alter:
        """With a serial number that is the same in every world of one seed."""
        drawn = self.source.octets(f"defect/{self.id}/{label}/serial", 15)
        return lambda blank: alter(replace(blank, serial=int.from_bytes(b"\x01" + drawn, "big")))

    def subject(self, common: str = "") -> bytes:
        """A name like the holder's, written plainly."""
        return name_of(("C", w.printable("CN")), ("O", w.utf8(self.holder.name)),
                       ("CN", w.utf8(common or self.holder.name)), ("OU", w.utf8(MARK_TEXT)))  # fmt: skip


_KINDS = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3", "UI": "2.5.4.45"}


def name_of(*pairs: tuple[str, bytes]) -> bytes:
    """A distinguished name whose values are whole elements, right or wrong."""
    return w.sequence(*(w.set_of(w.sequence(w.oid(_KINDS[kind]), value)) for kind, value in pairs))


def without(blank: Blank, *oids: str) -> Blank:
    """The same without these extensions."""
    marks = [w.oid(one) for one in oids]
    kept = (one for one in blank.extensions if not any(mark in one[:16] for mark in marks))
    return replace(blank, extensions=tuple(kept))


def instead(blank: Blank, oid: str, *extensions: bytes) -> Blank:
    """The same with these extensions in the place of one."""
    return plus(without(blank, oid), *extensions)


def plus(blank: Blank, *extensions: bytes) -> Blank:
    return replace(blank, extensions=(*blank.extensions, *extensions))
