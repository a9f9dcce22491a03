"""Giving a stamp: TimeStampResp (RFC 3161, 2.4.2). Clock, serial number and key are arguments.

Every way to refuse is an answer with its status, never an exception: whoever asked must be able to tell a
mistake of its own from a service that is out of order.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from enum import IntEnum
from typing import Literal

from certs.cms import sign
from certs.keys.port import KeyFailureError, SigningKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.timestamp.info import info
from certs.timestamp.messages import Request, read_request
from certs.timestamp.model import TST_INFO, Accuracy


class Failure(IntEnum):
    """PKIFailureInfo: the number of the bit."""

    badAlg = 0
    badRequest = 2
    badDataFormat = 5
    timeNotAvailable = 14
    unacceptedPolicy = 15
    unacceptedExtension = 16
    addInfoNotAvailable = 17
    systemFailure = 25


ADMITTED = frozenset(("sm3", "sha256", "sha384", "sha512"))
_GRANTED, _REJECTION = 0, 2


def respond(
    request: bytes,
    key: SigningKey,
    *,
    at: datetime | None,
    serial: int,
    policy: str,
    accuracy: Accuracy | None = None,
    arc: Literal["rsa", "sm2"] = "rsa",
    policies: Collection[str] = (),
    digests: Collection[str] = ADMITTED,
    ordering: bool = False,
    named: bool = True,
) -> bytes:
    """DER of the answer. `at` is None while the clock is not to be relied on; `serial` is never used twice.

    `policy` is the usual one, `policies` are others that may be asked for; `named` says who stamps inside
    what is signed. `arc` is the family of content types of the envelope around the TSTInfo: "rsa" is that
    of RFC 5652 and read everywhere, "sm2" that of GB/T 35275.
    """
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        asked = read_request(bytes(request))
    except MalformedError as error:
        return refusal(Failure.badDataFormat, str(error))
    problem = _problem(asked, at, {policy, *policies}, digests)
    if problem is not None:
        return refusal(problem)
    assert asked.imprint is not None and at is not None  # noqa: S101  both are what `_problem` looks for
    if asked.wants_certificates and not key.certificate:
        return refusal(Failure.addInfoNotAvailable, "the certificate of this service is not at hand")
    try:
        who = read_certificate(key.certificate).subject.raw if named and key.certificate else None
        stamped = info(
            asked.imprint, asked.policy or policy, serial, at, accuracy, ordering, asked.nonce, who
        )
        kept: Literal["chain", "none"] = "chain" if asked.wants_certificates else "none"
        return granted(sign(stamped, key, arc=arc, content_type=TST_INFO, time=at, certificates=kept))
    except (KeyFailureError, MalformedError) as error:
        return refusal(Failure.systemFailure, str(error))


def _problem(
    asked: Request, at: datetime | None, policies: Collection[str], digests: Collection[str]
) -> Failure | None:
    if asked.version != 1:
        return Failure.badRequest
    if asked.algorithm not in digests:
        return Failure.badAlg
    if asked.imprint is None:
        return Failure.badDataFormat
    if asked.policy is not None and asked.policy not in policies:
        return Failure.unacceptedPolicy
    if asked.extensions:
        return Failure.unacceptedExtension
    return Failure.timeNotAvailable if at is None else None


def granted(token: bytes) -> bytes:
    return w.sequence(w.sequence(w.integer(_GRANTED)), token)


def refusal(why: Failure, text: str = "") -> bytes:
    """An answer without a stamp."""
    words = w.sequence(w.utf8(text or why.name))
    return w.sequence(w.sequence(w.integer(_REJECTION), words, w.flags(why)))
