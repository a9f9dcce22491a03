"""A bare signature over a message, under the key of a certificate that has been judged."""

from __future__ import annotations

from functools import lru_cache

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.algorithms.signature import DEFAULT_ID, SIGNATURES
from certs.model import write as w
from certs.model.certificate import PublicKey
from certs.model.der import MalformedError
from certs.recognition.recognition import Recognition, views
from certs.trustlist.quirks import quirk_of
from certs.verdict import FAILED, PASSED, Check, Moment, Reason, Verdict

_USUAL = {ids.SM2: "sm2-sm3", ids.RSA: "rsa-sha256", ids.EC: "ecdsa-sha256"}
RAW = "raw-signature"


@lru_cache(4096)
def usual(key: PublicKey) -> tuple[str, bytes] | None:
    """The scheme a key signs messages with, and the key in the form that scheme wants; None if it cannot."""
    try:
        name = _USUAL.get(load(key).family)
        if name is None:
            return None
        algorithm = w.sequence(w.oid(key.algorithm.oid), key.algorithm.parameters or b"")
        return name, SIGNATURES[name].read_public(
            key.bits if name == "sm2-sm3" else w.sequence(algorithm, w.bits(key.bits))
        )
    except (KeyUnusableError, MalformedError, ValueError):
        return None


def holds(message: bytes, signature: bytes, name: str, public: bytes) -> tuple[bool, str]:
    """Does it hold, and what had to be forgiven? Not remembered: no message comes twice."""
    verify = SIGNATURES[name].verify
    if len(signature) == 64 and name == "sm2-sm3" and signature[:1] != b"\x30":
        return verify(message, from_raw(signature), public, DEFAULT_ID), RAW
    if verify(message, signature, public, DEFAULT_ID):
        return True, ""
    if len(signature) == 64 and name == "sm2-sm3":
        return verify(message, from_raw(signature), public, DEFAULT_ID), RAW
    return False, ""


def from_raw(signature: bytes) -> bytes:
    """r‖s as DER."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    return w.sequence(w.integer(r), w.integer(s))


def signed(found: Recognition, moment: Moment, message: bytes, signature: bytes) -> Recognition:
    """The recognition with one step more."""
    before = found.verdict
    view = next(iter(views((before.signer,) if before.signer else ())), None)
    known = usual(view.key) if view is not None else None
    reasons, forgiven, evidence = [], [], ""
    if known is None:
        reasons.append(Reason("key", str(view or ""), "no key that signs messages"))
    else:
        evidence = known[0]
        right, note = holds(message, signature, *known)
        if not right:
            reasons.append(Reason("signature", "message"))
        elif note == RAW:
            tolerated = found.ca is None or RAW in found.ca.quirks
            if tolerated:
                forgiven.append(Reason("encoding", "message", note))
            else:
                reasons.append(Reason("quirk", "message", f"{note}({quirk_of(note).zh})"))
    check = Check("signature", FAILED if reasons else PASSED, "message", evidence, None, tuple(reasons))
    verdict = Verdict(
        before.ok and not reasons,
        [*before.reasons, *reasons],
        [*before.forgiven, *forgiven],
        before.chain,
        (*before.checks, check),
        moment,
        before.signer,
        before.facts,
    )
    return Recognition(verdict, found.member, found.subject, found.medium, found.sector)
