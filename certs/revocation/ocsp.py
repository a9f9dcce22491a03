"""OCSP (RFC 6960, GB/T 19713): is this answer about this certificate, from someone entitled, and current?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from certs.algorithms.digest import digest
from certs.algorithms.identifiers import DIGESTS, SCHEMES
from certs.algorithms.verification import Strength, fault
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import HOLD
from certs.model.der import OCTETS, MalformedError, Reader
from certs.model.names import Name
from certs.model.ocsp import NONCE, REVOKED, UNKNOWN, Answer, Single, read_answer
from certs.path.check import UNDERSTOOD
from certs.path.question import USAGES, Rules
from certs.path.validate import validate_path
from certs.verdict import Reason, Verdict, refused

# Answers live for days, not years: SHA-1 is still met in them and admitted, and said.
SHORT_LIVED = Strength(refused_digests=frozenset({"md5"}))
_ANSWER_KNOWN = frozenset((NONCE, "1.3.6.1.5.5.7.48.1.9"))
_SINGLE_KNOWN = frozenset(("1.3.6.1.5.5.7.48.1.3", "1.3.6.1.5.5.7.48.1.6"))
_STATUSES = {1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """The settings of one check."""

    at: datetime
    nonce: bytes | None
    max_age: timedelta
    skew: timedelta
    check_time: bool
    strength: Strength
    existed: datetime | None


def check_ocsp(
    response: bytes,
    cert: bytes,
    issuer: bytes,
    *,
    at: datetime,
    intermediates: Sequence[bytes] = (),
    nonce: bytes | None = None,
    max_age: timedelta = timedelta(hours=24),
    skew: timedelta = timedelta(minutes=5),
    check_time: bool = True,
    strength: Strength = SHORT_LIVED,
    existed: datetime | None = None,
) -> Verdict:
    """Does this answer establish, at this moment, that `cert` is not revoked? DER in, no I/O, never raises.

    `issuer` is believed. If it is not the issuer itself but stands above it, the issuer is looked for
    among `intermediates` and must have a path to it. `max_age` holds for answers without nextUpdate.
    A nonce given must not be contradicted; an answer without one is admitted, and said. `check_time=False`
    judges only who says what; it is for evidence whose time is judged elsewhere. `existed`, if earlier than
    `at`, is when what is judged is known to have existed: a revocation after that does not count.
    """
    try:
        moment = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        wish = _Wish(moment, nonce, max_age, skew, check_time, strength, existed)
        return _check(response, cert, issuer, intermediates, wish)
    except MalformedError as error:
        return refused("malformed", detail=str(error))
    except Exception as error:  # an error of ours is an answer: indeterminate, never valid
        return refused("internal", detail=type(error).__name__)


def _check(
    response: bytes, cert: bytes, issuer: bytes, intermediates: Sequence[bytes], wish: _Wish
) -> Verdict:
    status, answer = read_answer(bytes(response))
    if answer is None:
        return refused("ocsp-status", detail=_STATUSES.get(status, str(status)))
    subject = read_certificate(bytes(cert))
    found = _issuer(subject, bytes(issuer), intermediates, wish)
    if isinstance(found, Reason):
        return Verdict(False, [found])
    forgiven = [Reason("encoding", "ocsp", note) for note in answer.notes]
    reasons = _signed(answer, found, wish, forgiven)
    reasons += _nonce(answer, wish, forgiven)
    unknown = answer.extensions.unknown_critical(_ANSWER_KNOWN)
    if unknown:
        reasons.append(Reason("critical-extension", "ocsp", ",".join(unknown)))
    reasons += _said(answer, subject, found, wish)
    return Verdict(not reasons, reasons, forgiven)


def _issuer(
    subject: Certificate, believed: bytes, others: Sequence[bytes], wish: _Wish
) -> Certificate | Reason:
    """The certificate under whose key `subject` is signed: the one believed, or one that leads to it."""
    rules = Rules(strength=wish.strength)
    for raw in (believed, *others[:50]):
        try:
            one = read_certificate(bytes(raw))
        except MalformedError:
            continue
        if one.subject != subject.issuer or _fault(subject, one, wish) is not None:
            continue
        if raw == believed or validate_path(raw, others, [believed], at=wish.at, rules=rules).ok:
            return one
    return Reason("no-path", str(subject), "not issued by the issuer given")


def _fault(child: Certificate, issuer: Certificate, wish: _Wish) -> str | None:
    return fault(
        child.signed, child.algorithm, child.signature, issuer.key, strength=wish.strength, remember=True
    )


def _signed(answer: Answer, issuer: Certificate, wish: _Wish, forgiven: list[Reason]) -> list[Reason]:
    """4.2.2.2: signed by the issuer itself, or by one it has issued a certificate for this purpose to."""
    signer: Certificate | None = issuer if _is(answer.responder, issuer) else None
    if signer is None:
        for raw in answer.certificates:
            try:
                one = read_certificate(raw)
            except MalformedError:
                continue
            if _is(answer.responder, one):
                signer = one
                break
    if signer is None:
        return [Reason("ocsp-responder", "ocsp", "the responder is neither the issuer nor enclosed")]
    out = [] if signer is issuer else _delegated(signer, issuer, wish, forgiven)
    wrong = fault(
        answer.signed, answer.algorithm, answer.signature, signer.key, strength=wish.strength, remember=True
    )
    if wrong is not None:
        out.append(Reason(wrong, "ocsp", f"under the key of {signer}"))
    scheme = SCHEMES.get(answer.algorithm.oid)
    if scheme is not None and scheme.digest == "sha1":
        forgiven.append(Reason("algorithm-weak", "ocsp", "SHA-1"))
    return out


def _is(responder: Name | bytes, one: Certificate) -> bool:
    """By name, or by the hash of the key: SHA-1 in the RFC, 32 bytes of SHA-256 or SM3 elsewhere."""
    if isinstance(responder, Name):
        return responder == one.subject
    kinds = ("sha1",) if len(responder) == 20 else ("sha256", "sm3")
    return any(_hash(kind, one.key.bits) == responder for kind in kinds)


def _delegated(signer: Certificate, issuer: Certificate, wish: _Wish, forgiven: list[Reason]) -> list[Reason]:
    name, extensions, out = str(signer), signer.extensions, []
    if signer.issuer != issuer.subject or _fault(signer, issuer, wish) is not None:
        return [Reason("ocsp-responder", name, "its certificate is not from the issuer")]
    if not signer.algorithm_agrees:
        out.append(Reason("algorithm-differs", name))
    if USAGES["OCSPSigning"] not in (extensions.extended_usage or ()):
        out.append(Reason("ocsp-responder", name, "not for signing OCSP answers"))
    usage = extensions.key_usage
    if usage is not None and not usage & {"digitalSignature", "nonRepudiation"}:
        out.append(Reason("key-usage", name))
    if extensions.broken.keys() & {"key_usage", "extended_usage", "basic"}:
        out.append(Reason("extension", name))
    unknown = extensions.unknown_critical(UNDERSTOOD)
    if unknown:
        out.append(Reason("critical-extension", name, ",".join(unknown)))
    if wish.check_time and wish.at < signer.not_before:
        out.append(Reason("not-yet-valid", name))
    if wish.check_time and wish.at > signer.not_after:
        out.append(Reason("expired", name))
    if not extensions.ocsp_no_check:
        forgiven.append(Reason("revocation-unknown", name, "the responder's own status was not asked for"))
    return out


def _nonce(answer: Answer, wish: _Wish, forgiven: list[Reason]) -> list[Reason]:
    if wish.nonce is None:
        return []
    said = answer.extensions.values.get(NONCE)
    if said is None:
        forgiven.append(Reason("ocsp-nonce", "ocsp", "the answer has none"))
        return []
    try:
        reader = Reader(said, 10)
        inner = reader.content(reader.whole(OCTETS))
    except MalformedError:
        inner = said  # some responders leave the inner OCTET STRING out
    return [] if wish.nonce in (inner, said) else [Reason("ocsp-nonce", "ocsp")]


def _said(answer: Answer, subject: Certificate, issuer: Certificate, wish: _Wish) -> list[Reason]:
    """What is said about the certificate; of several answers the worst counts."""
    about = [single for single in answer.singles if _about(single, subject, issuer)]
    if not about:
        return [Reason("ocsp-other", str(subject))]
    out = [reason for single in about for reason in _time(single, wish)]
    for single in about:
        unknown = single.extensions.unknown_critical(_SINGLE_KNOWN)
        if unknown:
            out.append(Reason("critical-extension", "ocsp", ",".join(unknown)))
        if single.status == REVOKED and not _later(single, wish):
            code = "frozen" if single.reason == HOLD else "revoked"
            since = f"since {single.revoked_at:%Y-%m-%dT%H:%M:%SZ}, reason {single.reason}"
            out.append(Reason(code, str(subject), since))
        elif single.status == UNKNOWN:
            out.append(Reason("ocsp-unknown", str(subject)))
    return out


def _later(single: Single, wish: _Wish) -> bool:
    revoked = single.revoked_at
    if revoked is None or wish.existed is None:
        return False
    return wish.existed < min(wish.at, revoked)


def _about(single: Single, subject: Certificate, issuer: Certificate) -> bool:
    kind = DIGESTS.get(single.hash_oid)
    if single.serial != subject.serial or kind is None:
        return False
    names = (issuer.subject.raw, subject.issuer.raw)
    return (
        any(_hash(kind, name) == single.issuer_name_hash for name in names)
        and _hash(kind, issuer.key.bits) == single.issuer_key_hash
    )


def _time(single: Single, wish: _Wish) -> list[Reason]:
    if not wish.check_time:
        return []
    end = single.next_update if single.next_update is not None else single.this_update + wish.max_age
    if single.this_update > wish.at + wish.skew:
        return [Reason("ocsp-time", "ocsp", f"from {single.this_update:%Y-%m-%dT%H:%M:%SZ} on")]
    if end < wish.at - wish.skew:
        return [Reason("ocsp-time", "ocsp", f"ended {end:%Y-%m-%dT%H:%M:%SZ}")]
    return []


def _hash(kind: str, data: bytes) -> bytes | None:
    if kind == "sm3":
        return digest(data, "sm3")
    if kind not in ("sha1", "sha256", "sha384", "sha512"):
        return None
    return hashlib.new(kind, data, usedforsecurity=False).digest()
