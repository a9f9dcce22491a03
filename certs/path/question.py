"""What is asked of a path, and how strictly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from certs.algorithms.verification import Strength
from certs.model.certificate import Certificate
from certs.verdict import Reason

ANY_POLICY = "2.5.29.32.0"
USAGES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "timeStamping": "1.3.6.1.5.5.7.3.8",
    "OCSPSigning": "1.3.6.1.5.5.7.3.9",
    "anyExtendedKeyUsage": "2.5.29.37.0",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What RFC 5280 leaves to whoever validates.

    `trusted_leaf`: a certificate that is itself among the anchors counts without any path, also if it is
    not self-signed. `strict`: profile faults count (authority key identifier missing, path length without
    CA). `check_anchors`: an anchor's own signature is checked, which proves nothing but its integrity.
    """

    strength: Strength = field(default_factory=Strength)
    trusted_leaf: bool = False
    strict: bool = False
    check_anchors: bool = False
    deepest: int = 10
    signature_checks: int = 64
    steps: int = 2000


class Told(NamedTuple):
    """What OCSP said of a certificate (None: not revoked), and as of when."""

    reason: Reason | None
    since: datetime


# What OCSP said of certificates of this path, by their bytes; nothing of the others.
Answers = Callable[[Sequence[Certificate]], Mapping[bytes, Told]]


def no_answers(path: Sequence[Certificate]) -> Mapping[bytes, Told]:
    return {}


@dataclass(frozen=True, slots=True)
class Question:
    """The inputs of RFC 5280, 6.1.1, and what the application wants of the last certificate.

    `known_at` is when the revocation data are judged, if that is later than `at`: a revocation after `at`
    does not count then. `answers` tells what OCSP said of the certificates of a path.
    """

    at: datetime
    policies: frozenset[str] = frozenset((ANY_POLICY,))
    explicit_policy: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False
    eku: tuple[str, ...] = ()
    key_usage: tuple[str, ...] = ()
    max_depth: int | None = None
    peer: Mapping[str, Any] | None = None
    check_revocation: bool = False
    rules: Rules = field(default_factory=Rules)
    known_at: datetime | None = None
    answers: Answers = no_answers


def usage_oid(name: str) -> str:
    """An extended key usage by name or number."""
    return USAGES.get(name, name)
