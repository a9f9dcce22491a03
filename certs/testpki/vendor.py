"""One CA of a sandbox at work: hierarchies, certificates in its own style, lists, a responder, a TSA.

Everything is made when first asked for and kept, so asking twice gives the same certificate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.subject.rules import Rule
from certs.testpki import declared as d
from certs.testpki.issue import DAY, ENCIPHER, SIGN, Alter, Authority, extension, unaltered
from certs.testpki.mark import mark
from certs.testpki.ocsp import GOOD, Responder
from certs.testpki.randomness import Source
from certs.testpki.style import RawKey, Style

_TIME_STAMPING, _OCSP_SIGNING = "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"
_NO_CHECK = extension("1.3.6.1.5.5.7.48.1.5", w.NULL)
_Made = TypeVar("_Made")


class VendorCa:
    """Made by `World`. An `algorithm` left out is the first that the vendor has."""

    def __init__(
        self,
        declared: d.Vendor,
        holders: Mapping[str, d.Holder],
        revoked: Sequence[d.Mishap],
        *,
        now: datetime,
        days: int,
        source: Source,
    ) -> None:
        self.declared, self.now, self._days = declared, now, days
        self._style = Style(declared, source)
        self.holders, self._revoked = holders, revoked
        self._made: dict[str, object] = {}
        self._further = 0
        self._issued: set[tuple[str, int]] = set()

    @property
    def id(self) -> str:
        return self.declared.id

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Where this CA writes identity: for `certs.subject`, and for a trust list."""
        return self.declared.identity

    @property
    def algorithms(self) -> tuple[str, ...]:
        return self.declared.algorithms

    def tiers(self, algorithm: str | None = None) -> tuple[Authority, ...]:
        """The CAs of one hierarchy, root first."""
        algorithm = algorithm or self.algorithms[0]
        return self._once(f"{algorithm}/tiers", lambda: self._style.hierarchy(algorithm, self.now))

    def issuing(self, algorithm: str | None = None) -> Authority:
        """The CA that issues to holders."""
        return self.tiers(algorithm)[-1]

    @property
    def anchors(self) -> tuple[bytes, ...]:
        return tuple(self.tiers(one)[0].key.certificate for one in self.algorithms)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        return tuple(ca.key.certificate for one in self.algorithms for ca in self.tiers(one)[1:])

    def signer(self, holder: str, algorithm: str | None = None) -> HeldKey:
        """The holder's signing key and certificate (the only one, where the vendor issues no pairs)."""
        usage = SIGN if self.declared.pair else (*SIGN, *ENCIPHER)
        label = f"{algorithm or self.algorithms[0]}/{holder}/sign"
        return self._once(label, lambda: self.issue(holder, usage, algorithm, label=label))

    def encrypter(self, holder: str, algorithm: str | None = None) -> HeldKey:
        """The holder's encryption key and certificate: the other half of the pair."""
        if not self.declared.pair:
            return self.signer(holder, algorithm)
        label = f"{algorithm or self.algorithms[0]}/{holder}/encipher"
        return self._once(label, lambda: self.issue(holder, ENCIPHER, algorithm, label=label))

    def message_signer(self, holder: str, algorithm: str | None = None) -> HeldKey:
        """As `signer`, with the vendor's quirk in the value of the signature if it has one."""
        key = self.signer(holder, algorithm)
        raw = "raw-signature" in self.declared.quirks and key.algorithm == "sm2-sm3"
        return RawKey.like(key) if raw else key

    def issue(
        self,
        holder: str,
        usage: Sequence[str] = SIGN,
        algorithm: str | None = None,
        *,
        extensions: Sequence[bytes] | None = None,
        alter: Alter = unaltered,
        label: str = "",
    ) -> HeldKey:
        """A further certificate in this vendor's style; `extensions` instead of those that carry identity.
        Key and serial number come from `label`, or are new ones."""
        who = self.holders[holder]
        algorithm = algorithm or self.algorithms[0]
        self._further += not label
        label = label or f"{algorithm}/{holder}/further{self._further}"
        stated = self._style.identity(who) if extensions is None else list(extensions)
        made = self.issuing(algorithm).issue(
            self._style.holder_name(who),
            usage=usage,
            key=self._style.key(label, algorithm),
            extensions=[*stated, *self._style.pointers(algorithm), mark()],
            days=self._days,
            alter=self._style.alter(label, algorithm, alter),
        )
        self._issued.add((algorithm, self._style.serial(label)))
        return made

    def certify(self, who: d.Holder, usage: Sequence[str], algorithm: str, label: str) -> HeldKey:
        """A certificate for somebody who is not declared, over the key of this label; a new one each time."""
        made = self.issuing(algorithm).issue(
            self._style.holder_name(who),
            usage=usage,
            key=self._once(f"key/{label}", lambda: self._style.key(label, algorithm)),
            extensions=[*self._style.identity(who), *self._style.pointers(algorithm), mark()],
            days=self._days,
        )
        self._issued.add((algorithm, read_certificate(made.certificate).serial))
        return made

    def tsa(self, algorithm: str | None = None) -> HeldKey:
        """A time-stamping key."""
        return self._service("TSA", _TIME_STAMPING, algorithm, ())

    def ocsp(self, algorithm: str | None = None) -> Responder:
        """A responder, delegated or the CA itself, as declared."""
        issuer = self.issuing(algorithm)
        own = self.declared.ocsp == "direct"
        key = issuer.key if own else self._service("OCSP", _OCSP_SIGNING, algorithm, (_NO_CHECK,))
        return Responder(issuer, key, self.now)

    def answer(self, certificate: bytes, *, nonce: bytes = b"", algorithm: str | None = None) -> bytes:
        """What the responder truthfully says of a certificate."""
        state, since, reason = self.state(read_certificate(certificate).serial, algorithm)
        responder = self.ocsp(algorithm)
        return responder.answer(certificate, state, since=since, reason=reason, nonce=nonce)

    def respond(self, request: bytes, *, algorithm: str | None = None) -> bytes:
        """The answer to an OCSP request as it comes over the wire."""
        return self.ocsp(algorithm).respond(request, lambda serial: self.state(serial, algorithm))

    def state(self, serial: int, algorithm: str | None = None) -> tuple[str, datetime | None, int]:
        """State, since when, reason; good is what this CA has issued, or would issue when asked."""
        algorithm = algorithm or self.algorithms[0]
        for one, since, reason in self.mishaps(algorithm):
            if one == serial:
                return ("frozen" if reason == HOLD else "revoked"), since, reason
        labels = [f"{algorithm}/{holder}/{half}" for holder in self.holders for half in self._halves]
        own = (
            serial == self._style.serial(label)
            for label in (*labels, f"{algorithm}/TSA", f"{algorithm}/OCSP")
        )
        return (GOOD if (algorithm, serial) in self._issued or any(own) else "unknown"), None, 0

    @property
    def _halves(self) -> tuple[str, ...]:
        return ("sign", "encipher") if self.declared.pair else ("sign",)

    def crl(self, algorithm: str | None = None, *, number: int = 1) -> bytes:
        """The complete list of the issuing CA: what was declared as revoked and on hold."""
        algorithm = algorithm or self.algorithms[0]
        return self.issuing(algorithm).crl(self.mishaps(algorithm), number=number)

    def delta(self, revoked: Sequence[tuple[int, datetime, int]], *, base: int = 1) -> bytes:
        """What came after the complete list of that number."""
        indicator = extension("2.5.29.27", w.integer(base), critical=True)
        return self.issuing().crl(revoked, number=base + 1, extensions=[indicator])

    def crls(self) -> tuple[bytes, ...]:
        """Current lists of every CA, those above the issuing one empty."""
        above = [ca.crl() for one in self.algorithms for ca in self.tiers(one)[:-1]]
        return (*above, *(self.crl(one) for one in self.algorithms))

    def mishaps(self, algorithm: str) -> list[tuple[int, datetime, int]]:
        """What was declared as revoked and on hold: serial number, since when, reason."""
        return sorted(
            (
                self._style.serial(f"{algorithm}/{one.holder}/{half}"),
                self.now - one.days_ago * DAY,
                one.reason,
            )
            for one in self._revoked
            for half in self._halves
        )

    def _service(
        self, what: str, purpose: str, algorithm: str | None, extensions: Sequence[bytes]
    ) -> HeldKey:
        algorithm = algorithm or self.algorithms[0]
        label = f"{algorithm}/{what}"
        return self._once(
            label,
            lambda: self.issuing(algorithm).issue(
                self._style.own_name(f"{self.declared.zh} {what}"),
                usage=("digitalSignature",),
                extended=(purpose,),
                key=self._style.key(label, algorithm),
                extensions=[*extensions, *self._style.pointers(algorithm), mark()],
                days=self._days,
                alter=self._style.alter(label, algorithm),
            ),
        )

    def _once(self, label: str, make: Callable[[], _Made]) -> _Made:
        if label not in self._made:
            self._made[label] = make()
        return self._made[label]  # type: ignore[return-value]
