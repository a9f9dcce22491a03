"""Which path is it: the first against which nothing speaks, revocation and signers of lists included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate
from certs.model.crl import Crl
from certs.path.check import check_path, hand_down
from certs.path.question import Question
from certs.path.search import Budget, LimitError, Path, Pool, Search, lacks_parameters
from certs.reasons import INVALID
from certs.revocation import lists
from certs.verdict import Reason

MOST_PATHS, _MOST_NESTED = 32, 3


class Examined(NamedTuple):
    """A path, what speaks against it, and, if nothing does, against the standing of its certificates."""

    path: Path
    reasons: list[Reason]
    revocation: list[Reason]
    forgiven: list[Reason]


class Judge:
    """Chooses among paths; and, asking itself, whether the signer of a revocation list is to be believed."""

    __slots__ = ("budget", "crls", "pool", "signers")

    def __init__(self, pool: Pool, crls: lists.Lists, budget: Budget) -> None:
        self.pool = pool
        self.crls = crls
        self.budget = budget
        self.signers: dict[tuple[bytes, bytes], bool] = {}

    def best(
        self, leaf: Certificate, anchors: Pool, question: Question, asked: tuple[Certificate, ...]
    ) -> Examined:
        """The first path without reasons against it, or the one with the fewest; one that holds but for
        revocation goes before any that does not."""
        search = Search(self.pool, anchors, question, self.budget)
        worst: Examined | None = None
        for count, path in enumerate(search.paths(leaf)):
            reasons = check_path(path, question)
            revocation: list[Reason] = []
            if not reasons and question.check_revocation:
                try:
                    revocation = self._revocation(path, question, asked)
                except LimitError as error:
                    if asked:
                        raise
                    return Examined(path, [], [Reason("limit", detail=str(error))], [])
            found = Examined(path, reasons, revocation, [])
            if not reasons and not revocation:
                return found
            if worst is None or _weight(found) < _weight(worst):
                worst = found
            if count + 1 >= MOST_PATHS:
                raise LimitError("paths")
        return worst or Examined((), [Reason("no-path", str(leaf)), *search.failures], [], [])

    def _revocation(self, path: Path, question: Question, asked: tuple[Certificate, ...]) -> list[Reason]:
        """Every certificate below the anchor; one whose own status led us here is not asked again. What
        is not known of one does not keep a revocation of another from being told. Lists are looked at also
        where OCSP said good: whoever is revoked may bring an answer from before, which still runs."""

        def authentic(crl: Crl, prefix: Sequence[Certificate]) -> bool:
            return self._authentic(crl, prefix, question, (*asked, path[-1]))

        answered, unknown = question.answers(path), list[Reason]()
        for at in range(1, len(path)):
            if any(path[at].raw == one.raw for one in asked):
                continue
            told = answered.get(path[at].raw)
            if told is None or told.reason is None:
                good = None if told is None else told.since
                moment = question.known_at or question.at
                found = lists.status(path[at], path[:at], self.crls, moment, authentic, question.at, good)
            else:
                found = told.reason
            if found is not None and found.row.state == INVALID:
                return [found]
            unknown += [found] if found is not None and told is None else []
        return unknown[:1]

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
                remember=True,
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
            found = self.best(signer, Pool([anchor]), plain, asked)
            believed = not found.reasons and not found.revocation
            if len(asked) > 1:
                return believed  # rests on others that are being judged: not to be remembered
            self.signers[key] = believed
        return self.signers[key]


def _weight(found: Examined) -> tuple[int, bool]:
    """Of paths that all do not do, one known to be revoked goes before one of which nothing is known."""
    return len(found.reasons), all(one.row.state != INVALID for one in found.revocation)
