"""Which revocation list takes another's place: the same CA's, of the same scope, and later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.revocation.lists import continuing

_AUTHORITY_KEY = "2.5.29.35"


class AtHand:
    """Lists that came by other ways than being told: fetched, laid down. Read when something rests on them;
    for threads."""

    def __init__(self, raws: Sequence[bytes]) -> None:
        self._raws = raws
        self._lists: tuple[Crl, ...] | None = None

    def replaces(self, told: Crl, issuer: Certificate, at: datetime) -> bool:
        """Has this issuer signed, by then, a complete list that says all that the told one says, or other?"""
        return any(
            one.this_update <= at and replaces(told, one) and _later(one, told) and by(one, issuer)
            for one in self._read()
        )

    def _read(self) -> tuple[Crl, ...]:
        if self._lists is None:
            found = list[Crl]()
            for raw in self._raws:
                with suppress(MalformedError):
                    found.append(read_crl(raw))
            self._lists = tuple(found)
        return self._lists


def _later(one: Crl, told: Crl) -> bool:
    if told.extensions.delta_base is None:
        return age(one) > age(told)
    return one.this_update >= told.this_update and told not in continuing(one, [told])


def signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Has this one issued it?"""
    if certificate.issuer != issuer.subject or not certificate.algorithm_agrees:
        return False
    made = certificate.signed, certificate.algorithm, certificate.signature
    return fault(*made, issuer.key, remember=True) is None


def by(crl: Crl, issuer: Certificate) -> bool:
    usage = issuer.extensions.key_usage
    if crl.issuer != issuer.subject or not crl.algorithm_agrees or (usage and "cRLSign" not in usage):
        return False
    return fault(crl.signed, crl.algorithm, crl.signature, issuer.key, remember=True) is None


def replaces(crl: Crl, other: Crl) -> bool:
    return other.extensions.delta_base is None and same_scope(crl, other)


def supersedes(crl: Crl, other: Crl) -> bool:
    """The complete list before, and a delta that says nothing more than this one does."""
    return replaces(crl, other) or (same_scope(crl, other) and other not in continuing(crl, [other]))


def same_scope(crl: Crl, other: Crl) -> bool:
    mine, theirs = crl.extensions, other.extensions
    return (
        crl.issuer == other.issuer
        and mine.issuing_point == theirs.issuing_point
        and mine.values.get(_AUTHORITY_KEY) == theirs.values.get(_AUTHORITY_KEY)
    )


def age(crl: Crl) -> tuple[datetime, int]:
    return crl.this_update, crl.extensions.crl_number or 0
