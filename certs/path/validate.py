"""`validate_path`: from bytes to a verdict. Whatever goes wrong inside becomes a verdict, never valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from certs.path.examine import MOST_CERTIFICATES, Given, examine
from certs.path.question import ANY_POLICY, Question, Rules
from certs.verdict import Verdict, judged

_USUAL = Rules()


@judged
def validate_path(
    leaf: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    *,
    at: datetime,
    crls: Sequence[bytes] = (),
    policies: Sequence[str] = (ANY_POLICY,),
    explicit_policy: bool = False,
    inhibit_mapping: bool = False,
    inhibit_any: bool = False,
    eku: Sequence[str] = (),
    key_usage: Sequence[str] = (),
    max_depth: int | None = None,
    peer: Mapping[str, Any] | None = None,
    check_revocation: bool = False,
    rules: Rules = _USUAL,
) -> Verdict:
    """Is there a path from an anchor to `leaf` that RFC 5280 accepts at this moment? DER in, no I/O.

    Never raises. Anchors are believed as they are given, but must be in time and able to be CAs;
    an anchor's own signature is not asked for.
    """
    return decide(
        leaf,
        intermediates,
        anchors,
        crls,
        Question(
            at if at.tzinfo is not None else at.replace(tzinfo=UTC),
            frozenset(policies),
            explicit_policy,
            inhibit_mapping,
            inhibit_any,
            tuple(eku),
            tuple(key_usage),
            max_depth,
            peer,
            check_revocation,
            rules,
        ),
    )


@judged
def decide(
    leaf: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    crls: Sequence[bytes],
    question: Question,
) -> Verdict:
    """The same, for a question that is already put. Never raises."""
    given = Given(
        tuple(map(bytes, islice(anchors, MOST_CERTIFICATES + 1))), certificates=intermediates, crls=crls
    )
    found = examine(bytes(leaf), given, question)
    reasons = [*found.reasons, *found.revocation]
    return Verdict(not reasons, reasons, found.forgiven, tuple(one.raw for one in found.path))
