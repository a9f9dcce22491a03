"""How one vendor writes certificates: names, serial numbers, quirks, addresses, and its own hierarchies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.testpki import declared as d
from certs.testpki.forms import written_extension, written_name
from certs.testpki.issue import Alter, Authority, Blank, extension, unaltered
from certs.testpki.mark import MARK_TEXT, mark
from certs.testpki.randomness import Source

_NULLS = {"sm2-sm3": w.algorithm("1.2.156.10197.1.501", w.NULL)}
_MARKED = ("OU", MARK_TEXT, "utf8")


@dataclass(frozen=True, slots=True)
class RawKey(HeldKey):
    """Signs SM2 as 64 octets r‖s where DER belongs: the quirk of some seals in use. `of` makes the value."""

    of: HeldKey | None = None

    @classmethod
    def like(cls, key: HeldKey) -> RawKey:
        return cls(key.algorithm, key.private, key.certificate, key.chain, key)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self.of.sign(message) if self.of else HeldKey.sign(self, message))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True, slots=True)
class Style:
    """What is drawn under a label (key, serial number) belongs to this vendor."""

    declared: d.Vendor
    source: Source

    def key(self, label: str, algorithm: str) -> HeldKey:
        return self.source.key(f"{self.declared.id}/{label}", algorithm)

    def serial(self, label: str) -> int:
        """Sixteen octets of chance; the first bit clear and the second set, so that none is short."""
        drawn = self.source.octets(f"{self.declared.id}/{label}/serial", 16)
        return int.from_bytes(drawn, "big") & ((1 << 126) - 1) | 1 << 126

    def holder_name(self, who: d.Holder) -> bytes:
        rows: d.Rows = getattr(self.declared, who.kind)
        return written_name((*rows, _MARKED), who.words)

    def own_name(self, common: str) -> bytes:
        """Of the CA itself, or of a service of its."""
        rows = (*self.declared.ca, _MARKED, ("CN", common, "utf8"))
        return written_name(rows, {"name": self.declared.zh})

    def identity(self, who: d.Holder) -> list[bytes]:
        """The extensions that say whose certificate it is."""
        rows: d.Rows = getattr(self.declared, f"{who.kind}_extensions")
        return [written_extension(oid, text.format_map(who.words), form) for oid, text, form in rows]

    def pointers(self, algorithm: str) -> list[bytes]:
        """Where the list and the responder are; addresses that resolve nowhere."""
        base = f"http://{self.declared.id.lower()}.sandbox.invalid/{algorithm}".encode()
        crl = w.sequence(w.sequence(w.explicit(0, w.explicit(0, w.element(0x86, base + b".crl")))))
        ocsp = w.sequence(w.sequence(w.oid("1.3.6.1.5.5.7.48.1"), w.element(0x86, base + b"/ocsp")))
        return [extension("2.5.29.31", crl), extension("1.3.6.1.5.5.7.1.1", ocsp)]

    def alter(self, label: str, algorithm: str, last: Alter = unaltered) -> Alter:
        """Serial number and quirks put on a certificate to be; `last` has the last word."""
        quirks = self.declared.quirks

        def styled(blank: Blank) -> Blank:
            return last(
                replace(
                    blank,
                    serial=self.serial(label),
                    algorithm=_NULLS.get(algorithm, b"") if "null-parameters" in quirks else b"",
                    time=w.generalized_time if "generalized-time" in quirks else w.time,
                )
            )

        return styled

    def hierarchy(self, algorithm: str, now: datetime) -> tuple[Authority, ...]:
        """Root first, as many tiers as declared."""
        out: list[Authority] = []
        family = algorithm.split("-", maxsplit=1)[0].upper()
        for tier in range(self.declared.tiers):
            common = f"{self.declared.zh} {'根' if tier == 0 else f'签发{tier}'} {family}"
            label = f"{algorithm}/ca{tier}"
            key, subject, style = (
                self.key(label, algorithm), self.own_name(common), self.alter(label, algorithm),
            )  # fmt: skip
            more: Sequence[bytes] = [mark(), *(self.pointers(algorithm) if out else ())]
            out.append(
                out[-1].sub(common, algorithm, key=key, subject=subject, extensions=more, alter=style)
                if out
                else Authority.root(
                    common, algorithm, now=now, key=key, subject=subject, extensions=more, alter=style
                )
            )
        return tuple(out)
