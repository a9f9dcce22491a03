"""`validate_path`: from bytes to a verdict. Whatever goes wrong inside becomes a verdict, never valid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.path.check import check_path, hand_down
from certs.path.check import forgiven as overlooked
from certs.path.question import ANY_POLICY, Question, Rules
from certs.path.search import Budget, LimitError, Path, Pool, Search, lacks_parameters
from certs.revocation import lists
from certs.verdict import Reason, Verdict, judged, refused

MOST_CERTIFICATES, MOST_LISTS, MOST_PATHS, _MOST_NESTED = 500, 500, 32, 3


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
    try:
        return _validate(leaf, intermediates, anchors, crls, question)
    except LimitError as error:
        return refused("limit", detail=str(error))
    except MalformedError as error:
        return refused("malformed", "leaf", str(error))


def _validate(
    leaf: bytes,
    intermediates: Sequence[bytes],
    anchors: Sequence[bytes],
    crls: Sequence[bytes],
    question: Question,
) -> Verdict:
    if len(intermediates) > MOST_CERTIFICATES or len(anchors) > MOST_CERTIFICATES or len(crls) > MOST_LISTS:
        return refused("limit", detail="more certificates or lists than are looked at")
    last = read_certificate(bytes(leaf))
    forgiven: list[Reason] = []
    pool = Pool(_certificates(intermediates, "intermediate", forgiven))
    trusted = Pool(_certificates(anchors, "anchor", forgiven))
    budget = Budget(question.rules)
    readable = _lists(crls, forgiven) if question.check_revocation else []
    judge = Judge(pool, readable, budget)
    reasons, path = judge.best(last, trusted, question, ())
    forgiven += overlooked(path or (last,), question)
    chain = tuple(one.raw for one in path)
    return Verdict(not reasons, reasons, forgiven, chain)


def _certificates(raws: Sequence[bytes], what: str, forgiven: list[Reason]) -> list[Certificate]:
    out = []
    for at, raw in enumerate(raws):
        try:
            out.append(read_certificate(bytes(raw)))
        except MalformedError as error:
            forgiven.append(Reason("malformed", f"{what} {at}", str(error)))
    return out


def _lists(raws: Sequence[bytes], forgiven: list[Reason]) -> list[Crl]:
    out = []
    for at, raw in enumerate(raws):
        try:
            out.append(read_crl(bytes(raw)))
        except MalformedError as error:
            forgiven.append(Reason("malformed", f"crl {at}", str(error)))
    return out


class Judge:
    """Chooses among paths; and, asking itself, whether the signer of a revocation list is to be believed."""

    __slots__ = ("budget", "crls", "pool", "signers")

    def __init__(self, pool: Pool, crls: list[Crl], budget: Budget) -> None:
        self.pool = pool
        self.crls = crls
        self.budget = budget
        self.signers: dict[tuple[bytes, bytes], bool] = {}

    def best(
        self, leaf: Certificate, anchors: Pool, question: Question, asked: tuple[Certificate, ...]
    ) -> tuple[list[Reason], Path]:
        """The first path without reasons against it, or the one with the fewest."""
        search = Search(self.pool, anchors, question, self.budget)
        worst: tuple[list[Reason], Path] | None = None
        for count, path in enumerate(search.paths(leaf)):
            reasons = check_path(path, question)
            if not reasons and question.check_revocation:
                reasons = self._revocation(path, question, asked)
            if not reasons:
                return [], path
            if worst is None or len(reasons) < len(worst[0]):
                worst = reasons, path
            if count + 1 >= MOST_PATHS:
                raise LimitError("paths")
        return worst or ([Reason("no-path", str(leaf)), *search.failures], ())

    def _revocation(self, path: Path, question: Question, asked: tuple[Certificate, ...]) -> list[Reason]:
        """Every certificate below the anchor; one whose own status led us here is not asked again."""

        def authentic(crl: Crl, prefix: Sequence[Certificate]) -> bool:
            return self._authentic(crl, prefix, question, (*asked, path[-1]))

        for at in range(1, len(path)):
            if any(path[at].raw == one.raw for one in asked):
                continue
            if path[at].raw in question.answered:
                found = question.answered[path[at].raw]
            else:
                moment = question.known_at or question.at
                found = lists.status(path[at], path[:at], self.crls, moment, authentic, question.at)
            if found is not None:
                return [found]
        return []

    def _authentic(
        self, crl: Crl, prefix: Sequence[Certificate], question: Question, asked: tuple[Certificate, ...]
    ) -> bool:
        """Signed by a key whose certificate bears the list's issuer name, may sign lists, and is in turn
        valid under the same anchor (6.3.3, f)."""
        named = [one for one in reversed(prefix) if one.subject == crl.issuer]
        others = [one for one in self.pool.named(crl.issuer.rdns) if one not in named]
        for signer in (*named, *others):
            usage = signer.extensions.key_usage
            if usage is not None and "cRLSign" not in usage:
                continue
            if self._signed(crl, signer, prefix, question) and (
                signer in named or self._believed(signer, prefix[0], question, asked)
            ):
                return True
        return False

    def _signed(
        self, crl: Crl, signer: Certificate, prefix: Sequence[Certificate], question: Question
    ) -> bool:
        pair, inherited = (id(crl), id(signer)), None
        for one in prefix if lacks_parameters(signer.key) else ():
            inherited = hand_down(one.key, inherited)
            if one is signer:
                break
        if pair not in self.budget.known:
            self.budget.check()
            self.budget.known[pair] = fault(
                crl.signed,
                crl.algorithm,
                crl.signature,
                signer.key,
                inherited=inherited,
                strength=question.rules.strength,
            )
        return self.budget.known[pair] is None

    def _believed(
        self, signer: Certificate, anchor: Certificate, question: Question, asked: tuple[Certificate, ...]
    ) -> bool:
        if any(signer.raw == one.raw for one in asked):
            return True  # it is being judged right now: a list may speak of its own signer
        key = (signer.raw, anchor.raw)
        if key not in self.signers:
            if len(asked) > _MOST_NESTED:
                return False
            moment = question.known_at or question.at
            plain = Question(moment, check_revocation=True, rules=replace(question.rules, strict=False))
            believed = not self.best(signer, Pool([anchor]), plain, asked)[0]
            if len(asked) > 1:
                return believed  # rests on others that are being judged: not to be remembered
            self.signers[key] = believed
        return self.signers[key]
