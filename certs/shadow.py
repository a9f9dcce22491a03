"""A second engine that looks over our shoulder: pyOpenSSL judges a sample of the same paths.

It has no say: our verdict has been given when it is asked, and stands. Where the two differ, that is a
finding for people. Needs the extra `shadow`; this is the only module that imports it, when first used.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trust import Revocation, Trust
from certs.verdict import PASSED, SKIPPED, Moment, Verdict

if TYPE_CHECKING:
    from certs.recognition import Recognition

_POLICIES = ("2.5.29.33", "2.5.29.36", "2.5.29.54")
_EXTENDED_CRL, _DELTAS = 0x1000, 0x2000
# Grounds of ours that the other engine does not know, or knows with other bounds.
_OURS_ALONE = frozenset(("limit", "internal", "algorithm-weak", "policy", "policy-mapping", "argument"))


@dataclass(frozen=True, slots=True)
class Finding:
    """The engines differ about one certificate."""

    certificate: str
    at: datetime
    ours: bool
    why_ours: str
    theirs: bool
    why_theirs: str

    @property
    def zh(self) -> str:
        """Ours stands; which of the two is wrong is for people to find out."""
        words = {True: "接受", False: "拒绝"}
        return (
            f"影子校验不一致:{self.certificate};本引擎{words[self.ours]}({self.why_ours or '—'}),"
            f"第二引擎{words[self.theirs]}({self.why_theirs or '—'})。结论以本引擎为准,请人工核查"
        )


class Shadow:
    """Sampled: `random` gives numbers from 0 to 1, and what is below `rate` is looked at."""

    def __init__(
        self, report: Callable[[Finding], None], *, rate: float, random: Callable[[], float]
    ) -> None:
        self._report, self._rate, self._random = report, rate, random

    def __call__(self, found: Recognition, trust: Trust, extra: Sequence[bytes], moment: Moment) -> None:
        """As `certs.recognition.Recogniser` calls it; never raises."""
        if self._random() >= self._rate:
            return
        try:
            finding = compare(found.verdict, trust, extra, moment)
        except Exception as error:  # the second engine's trouble is never the first one's
            at = moment.at
            finding = Finding("?", at, found.ok, "", found.ok, f"shadow failed: {type(error).__name__}")
        if finding is not None:
            self._report(finding)


def compare(verdict: Verdict, trust: Trust, extra: Sequence[bytes], moment: Moment) -> Finding | None:
    """What differs about the path and its revocation; None if nothing does, or if they cannot be compared."""
    if verdict.signer is None or moment.data_at != moment.at or trust.ocsp:
        return None  # it knows one moment only, and no OCSP
    steps = {check.name: check for check in verdict.checks if check.name in ("path", "revocation")}
    if "path" not in steps or any(
        reason.code in _OURS_ALONE for check in steps.values() for reason in check.reasons
    ):
        return None
    lists = trust.crls if trust.revocation is not Revocation.IGNORED else ()
    asked = "revocation" in steps and steps["revocation"].outcome != SKIPPED
    ours = all(check.outcome in (PASSED, SKIPPED) for check in steps.values())
    why = "; ".join(reason.code for check in steps.values() for reason in check.reasons)
    others = (*trust.intermediates, *extra)
    theirs = judge(verdict.signer, others, trust.anchors, moment.at, lists if asked else None)
    if theirs is None or theirs[0] == ours:
        return None
    return Finding(str(read_certificate(verdict.signer)), moment.at, ours, why, *theirs)


def judge(
    leaf: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    at: datetime,
    crls: Sequence[bytes] | None,
) -> tuple[bool, str] | None:
    """What pyOpenSSL says of a path, with revocation if there are `crls`; None for what it cannot be asked:
    policies, since it takes no set of acceptable ones, and what its parser refuses to begin with."""
    from OpenSSL import crypto

    if _constrained((leaf, *intermediates, *anchors)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store, others, last = _store(crypto, leaf, intermediates, anchors, at, crls)
            crypto.X509StoreContext(store, last, others).verify_certificate()
    except crypto.X509StoreContextError as error:
        return False, str(error)[:100]
    except (crypto.Error, ValueError):
        return None
    return True, ""


def _store(
    crypto: Any,
    leaf: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    at: datetime,
    crls: Sequence[bytes] | None,
) -> tuple[Any, list[Any], Any]:
    from cryptography.x509 import load_der_x509_crl

    def load(raw: bytes) -> Any:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, raw)

    store, known = crypto.X509Store(), crypto.X509StoreFlags
    for raw in anchors:
        store.add_cert(load(raw))
    # An anchor need not be self-signed; said only then, since the flag also believes a leaf among them.
    flags = known.PARTIAL_CHAIN if any(not one.self_issued for one in _readable(anchors)) else 0
    if crls is not None:
        flags |= known.CRL_CHECK | known.CRL_CHECK_ALL | _EXTENDED_CRL | _DELTAS
        for raw in crls:
            store.add_crl(load_der_x509_crl(raw))
    if flags:
        store.set_flags(flags)
    store.set_time(at.astimezone(UTC))
    return store, [load(raw) for raw in intermediates], load(leaf)


def _constrained(raws: Sequence[bytes]) -> bool:
    """Does anything here constrain policies?"""
    return any(oid in one.extensions.oids for one in _readable(raws) for oid in _POLICIES)


def _readable(raws: Sequence[bytes]) -> list[Certificate]:
    out = []
    for raw in raws:
        try:
            out.append(read_certificate(raw))
        except MalformedError:
            continue
    return out
