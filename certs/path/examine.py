"""From bytes to a path: what stands is read once and remembered, what came along is read each time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.path.check import forgiven as overlooked
from certs.path.judge import Examined, Judge
from certs.path.question import Question
from certs.path.search import Budget, LimitError, Pool
from certs.revocation import lists
from certs.verdict import Reason

MOST_CERTIFICATES, MOST_LISTS = 500, 500


class Given(NamedTuple):
    """What may be used, all DER. `anchors` and what `stands` are remembered as they were read; `certificates`
    and `crls` came with what is judged."""

    anchors: tuple[bytes, ...]
    stands: tuple[bytes, ...] = ()
    stands_crls: tuple[bytes, ...] = ()
    certificates: Sequence[bytes] = ()
    crls: Sequence[bytes] = ()


def examine(leaf: bytes, given: Given, question: Question) -> Examined:
    """Path and revocation in one search. Raises nothing that certificates or lists can bring about."""
    count = len(given.stands) + len(given.certificates)
    if max(count, len(given.anchors)) > MOST_CERTIFICATES or _lists_of(given) > MOST_LISTS:
        return _nothing("limit", detail="more certificates or lists than are looked at")
    try:
        last = read_certificate(leaf)
    except MalformedError as error:
        return _nothing("malformed", "leaf", str(error))
    forgiven: list[Reason] = []
    below = _standing(given.stands, "intermediate", forgiven)
    pool = Pool(_certificates(given.certificates, "intermediate", forgiven, len(given.stands)), below)
    trusted = _standing(given.anchors, "anchor", forgiven)
    readable = _lists(given, forgiven) if question.check_revocation else lists.Lists(())
    try:
        found = Judge(pool, readable, Budget(question.rules)).best(last, trusted, question, ())
    except LimitError as error:
        return _nothing("limit", detail=str(error))
    forgiven += overlooked(found.path or (last,), question)
    return found._replace(forgiven=forgiven)


def _nothing(code: str, at: str = "", detail: str = "") -> Examined:
    return Examined((), [Reason(code, at, detail)], [], [])


def _lists_of(given: Given) -> int:
    return len(given.stands_crls) + len(given.crls)


def _certificates(
    raws: Sequence[bytes], what: str, forgiven: list[Reason], first: int = 0
) -> list[Certificate]:
    out = []
    for at, raw in enumerate(raws, first):
        try:
            out.append(read_certificate(bytes(raw)))
        except MalformedError as error:
            forgiven.append(Reason("malformed", f"{what} {at}", str(error)))
    return out


def _crls(raws: Sequence[bytes], forgiven: list[Reason], first: int = 0) -> list[Crl]:
    out = []
    for at, raw in enumerate(raws, first):
        try:
            out.append(read_crl(bytes(raw)))
        except MalformedError as error:
            forgiven.append(Reason("malformed", f"crl {at}", str(error)))
    return out


@lru_cache(16)
def _read_standing(raws: tuple[bytes, ...], what: str) -> tuple[Pool, tuple[Reason, ...]]:
    unreadable: list[Reason] = []
    return Pool(_certificates(raws, what, unreadable)), tuple(unreadable)


def _standing(raws: tuple[bytes, ...], what: str, forgiven: list[Reason]) -> Pool:
    pool, unreadable = _read_standing(raws, what)
    forgiven += unreadable
    return pool


@lru_cache(4)
def _read_standing_lists(raws: tuple[bytes, ...]) -> tuple[lists.Lists, tuple[Reason, ...]]:
    unreadable: list[Reason] = []
    return lists.Lists(_crls(raws, unreadable)), tuple(unreadable)


def _lists(given: Given, forgiven: list[Reason]) -> lists.Lists:
    below, unreadable = _read_standing_lists(given.stands_crls)
    forgiven += unreadable
    return lists.Lists(_crls(given.crls, forgiven, len(given.stands_crls)), below)
