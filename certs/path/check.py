"""One path, anchor first, checked from the top: RFC 5280, 6.1.2 to 6.1.5, without revocation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, dsa_parameters, load
from certs.algorithms.verification import fault
from certs.model.certificate import Certificate, PublicKey
from certs.model.extensions import NEEDED, NameConstraints
from certs.path import constraints, profile, purpose
from certs.path.policies import PolicyState
from certs.path.question import Question
from certs.verdict import Reason

# Critical extensions we act on, or that ask nothing of a path (OCSP no check).
UNDERSTOOD = frozenset((
    "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.32",
    "2.5.29.33", "2.5.29.35", "2.5.29.36", "2.5.29.37", "2.5.29.46", "2.5.29.54", "1.3.6.1.5.5.7.48.1.5",
))  # fmt: skip
_KNOWN_KEYS = frozenset((*ids.RSA_KEYS, ids.PSS_KEY, ids.EC_KEY, ids.SM2_KEY, ids.DSA_KEY))


def check_path(path: Sequence[Certificate], question: Question) -> list[Reason]:
    """Everything that is wrong with this path, in the order of the path; empty if nothing is."""
    reasons = [reason for at in range(len(path)) for reason in _alone(path, at, question)]
    reasons += _signatures(path, question)
    reasons += _walk(path, question)
    wrong = purpose.check(path, question)
    if wrong is not None:
        reasons.append(wrong)
    if question.max_depth is not None and len(path) - 2 > question.max_depth:
        reasons.append(Reason("depth", detail=str(len(path) - 2)))
    return reasons


def _alone(path: Sequence[Certificate], at: int, question: Question) -> Iterator[Reason]:
    """What can be said of a certificate by itself, at its place."""
    certificate, extensions = path[at], path[at].extensions
    if question.at < certificate.not_before:
        yield Reason("not-yet-valid", str(certificate), f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}")
    if question.at > certificate.not_after:
        yield Reason("expired", str(certificate), f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}")
    unknown = extensions.unknown_critical(UNDERSTOOD)
    if unknown:
        yield Reason("critical-extension", str(certificate), ",".join(unknown[:5]))
    broken = sorted(field for field in extensions.broken if field in NEEDED)
    if broken:
        yield Reason("extension", str(certificate), ",".join(broken))
    if not certificate.algorithm_agrees:
        yield Reason("algorithm-differs", str(certificate))
    if at < len(path) - 1:
        yield from _as_issuer(certificate, anchor=at == 0)
    if counts(question):
        for found in profile.faults(certificate, issuing=at < len(path) - 1):
            yield Reason("profile", str(certificate), found)


def _as_issuer(certificate: Certificate, *, anchor: bool) -> Iterator[Reason]:
    extensions = certificate.extensions
    if certificate.version < 3 and not (anchor and certificate.self_issued):
        yield Reason("version", str(certificate), str(certificate.version))
    elif certificate.version == 3 and not certificate.is_ca:
        yield Reason("not-a-ca", str(certificate))
    if extensions.key_usage is not None and "keyCertSign" not in extensions.key_usage:
        yield Reason("ca-key-usage", str(certificate))


def counts(question: Question) -> bool:
    """Do faults of the profile count, or are they only said?"""
    return question.rules.strict or question.peer is not None


def forgiven(path: Sequence[Certificate], question: Question) -> Iterator[Reason]:
    """What was overlooked in a path: odd encodings, and rules for issuers where they do not count."""
    for at, certificate in enumerate(path):
        for note in certificate.notes:
            yield Reason("extension" if ":" in note else "encoding", str(certificate), note)
        if not counts(question):
            for found in profile.faults(certificate, issuing=at < len(path) - 1):
                yield Reason("profile", str(certificate), found)


def _signatures(path: Sequence[Certificate], question: Question) -> Iterator[Reason]:
    """Each by the key above it; DSA parameters are handed down (6.1.4, d to f)."""
    strength, inherited = question.rules.strength, None
    if question.rules.check_anchors and path[0].self_issued:
        path = (path[0], *path)
    for issuer, child in pairwise(path):
        inherited = hand_down(issuer.key, inherited)
        found = fault(
            child.signed,
            child.algorithm,
            child.signature,
            issuer.key,
            inherited=inherited,
            strength=strength,
            remember=True,
        )
        if found is not None:
            yield Reason(found, str(child), f"under the key of {issuer}")
    leaf = path[-1].key
    if leaf.algorithm.oid in _KNOWN_KEYS:
        try:
            usable = load(leaf, inherited if leaf.algorithm.oid == ids.DSA_KEY else None)
        except KeyUnusableError as error:
            yield Reason("key", str(path[-1]), str(error))
        else:
            if not strength.admits(usable.family, usable.bits, None):
                yield Reason("algorithm-weak", str(path[-1]), f"{usable.family} {usable.bits}")


def hand_down(key: PublicKey, inherited: bytes | None) -> bytes | None:
    """The DSA parameters in force below a certificate with this key."""
    return (dsa_parameters(key) or inherited) if key.algorithm.oid == ids.DSA_KEY else None


def _walk(path: Sequence[Certificate], question: Question) -> Iterator[Reason]:
    """Path length, name constraints, policies: what each certificate leaves to those below it."""
    length = len(path) - 1
    policies = PolicyState(question, length)
    above: list[NameConstraints] = []
    room = length
    for at, certificate in enumerate(path):
        last, extensions = at == length, certificate.extensions
        if at > 0:
            if last or not certificate.self_issued:
                wrong = constraints.check(certificate, above, last=last)
                if wrong is not None:
                    yield Reason(wrong[0], str(certificate), wrong[1])
            code = policies.enter(certificate, last) or (
                policies.close(certificate) if last else policies.leave(certificate)
            )
            if code is not None:
                yield Reason(code, str(certificate))
                policies = PolicyState(question, length + 1)  # said once; go on without repeating it
        if at > 0 and not last and not certificate.self_issued:
            if room <= 0:
                yield Reason("path-length", str(certificate))
            room -= 1
        if extensions.basic is not None and extensions.basic.path_length is not None:
            room = min(room, extensions.basic.path_length)
        if extensions.name_constraints is not None:
            above.append(extensions.name_constraints)
