"""A belief at work: what was found out under it is kept as long as it is true, and no longer.

Replaced as a whole when the belief or what was fetched changes. Whatever was being judged ends under what it
began with, and nothing later rests on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from threading import Lock

from certs.model.certificate import Certificate, read_certificate
from certs.recognition import Recogniser
from certs.recognition.chains import Chains
from certs.trust import Admission, Purpose, Revocation, Trust
from certs.trustlist import TrustList
from certs.verdict import FAILED, PASSED, Check, Moment, Reason
from hub.ca.belief import Belief
from hub.ca.objecting import Objections
from hub.ca.replacing import AtHand

_MOST = 64


@dataclass(frozen=True, slots=True)
class _Stamps:
    """The hub's own time-stamp service beside those of listed CAs; `own` are its roots."""

    listed: Admission
    own: frozenset[bytes]

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        if chain and chain[0].raw in self.own:
            return (Check("admission", PASSED, str(chain[0]), "枢纽所用的时间戳服务 / the hub's own"),)
        return self.listed.checks(chain, moment, purpose)


@dataclass(frozen=True, slots=True)
class _Makers:
    """Those who may make seals, and whoever has a certificate of a CA among them."""

    named: frozenset[bytes]
    besides: tuple[Admission, ...] = ()

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        leaf = str(chain[-1])
        if any(one.raw in self.named for one in chain):
            told = [step for one in self.besides for step in one.checks(chain, moment, purpose)]
            return (Check("admission", PASSED, leaf, "印章制作者 / a maker of seals"), *told)
        reason = Reason("not-admitted", leaf, "not one of the makers of seals")
        return (Check("admission", FAILED, leaf, "", None, (reason,)),)


@dataclass(slots=True)
class Judges:
    """`number` counts what has been taken up; `crls` and `ocsp` are all data on revocation at hand; `listed`
    is the list with what was told beside it, `at_hand` the revocation lists that nobody told. What `of`
    somebody is remembered answers nobody else."""

    belief: Belief
    realm: str
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    number: int = 1
    listed: TrustList = field(init=False)
    at_hand: AtHand = field(init=False)
    _recognisers: dict[Revocation, Recogniser] = field(default_factory=dict)
    _trusts: dict[tuple[Revocation, str | None, str | None], Trust] = field(default_factory=dict)
    _stamped: dict[Revocation, tuple[Trust, Trust]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _asker: str | None = ""

    def __post_init__(self) -> None:
        listed, standing = self.belief.listed, self.belief.standing
        self.listed, self.at_hand = listed, AtHand(self.crls)
        if standing.number:
            self.listed = replace(listed, besides=(Objections.of(standing, self.at_hand),))
            self.crls = (*self.crls, *standing.whole(listed))

    def of(self, asker: str) -> Judges:
        """The same for this asker, in the same room; for "", who may be anybody, nothing is remembered. Who
        is answered sooner than a stranger would learn that somebody looked, maybe for a bid."""
        own = copy(self)
        own._asker = asker or None
        return own

    def recogniser(self, mode: Revocation) -> Recogniser:
        with self._lock:
            found = self._recognisers.get(mode)
            if found is None:
                found = Recogniser(
                    self.listed, revocation=mode, realm=self.realm, crls=self.crls, ocsp=self.ocsp
                )
                self._recognisers[mode] = found
            return found.of(self._asker)

    def trust(self, mode: Revocation, sector: str | None = None, medium: str | None = None) -> Trust:
        """The same value each time, so that `certs.path` recalls what it read, and chains are not judged
        again that were found good under it (`certs.recognition.chains`)."""
        key = mode, sector, medium
        with self._lock:
            found = self._trusts.get(key)
            if found is None:
                found = self.listed.trust(
                    revocation=mode, sector=sector, medium=medium, crls=self.crls, ocsp=self.ocsp
                )
                if len(self._trusts) < _MOST:
                    found = self._trusts[key] = Chains.of(found, self.listed)
        held = found.memory
        return replace(found, memory=held.apart(self._asker)) if isinstance(held, Chains) else found

    def makers(self, mode: Revocation) -> Trust | None:
        """Who may make seals, where the folder says so: these and no other, while they are good themselves.

        A root among them is believed; all else must have its path to one, and may be revoked like others.
        """
        makers = self.belief.makers
        if not makers:
            return None
        known = self.trust(mode)
        roots = tuple(raw for raw in makers if read_certificate(raw).self_issued)
        below = tuple(raw for raw in makers if raw not in roots)
        return replace(
            known,
            anchors=tuple(dict.fromkeys((*known.anchors, *roots))),
            intermediates=tuple(dict.fromkeys((*known.intermediates, *below))),
            admission=_Makers(frozenset(makers), self.listed.besides),
        )

    def stamps(self, mode: Revocation, own: Trust | None) -> Trust:
        """Whom to believe about time: listed CAs, and the service the hub's own heads are stamped by."""
        known = self.trust(mode)
        if own is None or known.admission is None:
            return known
        with self._lock:
            held = self._stamped.get(mode)
            if held is None or held[0] is not own:
                held = self._stamped[mode] = own, self._with(known, known.admission, mode, own)
            return held[1]

    def _with(self, known: Trust, admission: Admission, mode: Revocation, own: Trust) -> Trust:
        return Trust(
            (*known.anchors, *own.anchors), mode, (*known.intermediates, *own.intermediates),
            (*known.crls, *own.crls), (*known.ocsp, *own.ocsp),
            admission=_Stamps(admission, frozenset(own.anchors)),
        )  # fmt: skip
