"""Finding paths: depth first from the last certificate upwards, every step counted.

A step up is taken only if the signature holds, so a crowd of certificates that merely carry the right
name leads nowhere; cliques of CAs that cross-certify one another end at the bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from certs.algorithms import identifiers as ids
from certs.algorithms.verification import fault
from certs.model.certificate import Certificate, PublicKey
from certs.path.question import Question, Rules
from certs.verdict import Reason

Path = tuple[Certificate, ...]
_MOST_FAILURES = 8


class LimitError(Exception):
    """A bound of the search is reached; never leaves the package."""


class Budget:
    """What one question may cost in all, lists and their signers included."""

    __slots__ = ("checks", "known", "steps")

    def __init__(self, rules: Rules) -> None:
        self.checks = rules.signature_checks
        self.steps = rules.steps
        self.known: dict[tuple[int, int], str | None] = {}

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise LimitError("steps")

    def check(self) -> None:
        self.checks -= 1
        if self.checks < 0:
            raise LimitError("signature checks")


class Pool:
    """Certificates by subject; the same bytes once. `below` is a pool that stands, which this one adds to."""

    __slots__ = ("below", "by_subject", "raws")

    def __init__(self, certificates: Iterable[Certificate], below: Pool | None = None) -> None:
        self.below = below
        self.raws: set[bytes] = set()
        self.by_subject: dict[object, list[Certificate]] = {}
        for certificate in certificates:
            if certificate.raw not in self.raws and (below is None or certificate.raw not in below.raws):
                self.raws.add(certificate.raw)
                self.by_subject.setdefault(certificate.subject.rdns, []).append(certificate)

    def named(self, rdns: object) -> list[Certificate]:
        own = self.by_subject.get(rdns, [])
        return own if self.below is None else [*self.below.named(rdns), *own]


class Search:
    """Paths from the anchors to one certificate, the likeliest first."""

    __slots__ = ("anchors", "budget", "failures", "pool", "question")

    def __init__(self, pool: Pool, anchors: Pool, question: Question, budget: Budget) -> None:
        self.pool = pool
        self.anchors = anchors
        self.question = question
        self.budget = budget
        self.failures: list[Reason] = []

    def paths(self, leaf: Certificate) -> Iterator[Path]:
        """Paths with the anchor first. Raises LimitError when the bounds are reached."""
        if leaf.raw in self.anchors.raws:
            if self.question.rules.trusted_leaf or (leaf.self_issued and self._fault(leaf, leaf) is None):
                yield (leaf,)
            return
        yield from self._above((leaf,))

    def _above(self, chain: Path) -> Iterator[Path]:
        """`chain` begins with the certificate whose issuer is wanted."""
        self.budget.step()
        child = chain[0]
        for anchor in self._likeliest(child, self.anchors):
            if self._signed_by(child, anchor):
                yield (anchor, *chain)
        if len(chain) > self.question.rules.deepest:
            return
        for issuer in self._likeliest(child, self.pool):
            if self._anchored(issuer) or _repeats(issuer, chain):
                continue
            if self._signed_by(child, issuer):
                yield from self._above((issuer, *chain))

    def _anchored(self, issuer: Certificate) -> bool:
        """A CA that is an anchor counts as it stands there, not as an unlimited copy of it does elsewhere."""
        return any(issuer.key == one.key for one in self.anchors.named(issuer.subject.rdns))

    def _likeliest(self, child: Certificate, pool: Pool) -> list[Certificate]:
        found = pool.named(child.issuer.rdns)
        return sorted(found, key=lambda one: self._rank(child, one)) if len(found) > 1 else found

    def _rank(self, child: Certificate, issuer: Certificate) -> tuple[bool, bool, bool]:
        wanted, has = child.extensions.authority_key, issuer.extensions.subject_key
        differs = wanted is not None and None not in (wanted.key, has) and wanted.key != has
        current = issuer.not_before <= self.question.at <= issuer.not_after
        return not issuer.is_ca, differs, not current

    def _signed_by(self, child: Certificate, issuer: Certificate) -> bool:
        found = self._fault(child, issuer)
        if found is not None and len(self.failures) < _MOST_FAILURES:
            self.failures.append(Reason(found, str(child), f"under the key of {issuer}"))
        return found is None

    def _fault(self, child: Certificate, issuer: Certificate) -> str | None:
        """Inherited DSA parameters are not known on the way up: such a step is taken, and checked later."""
        if lacks_parameters(issuer.key):
            self.budget.check()
            return None
        pair = (id(child), id(issuer))
        if pair not in self.budget.known:
            self.budget.check()
            self.budget.known[pair] = fault(
                child.signed,
                child.algorithm,
                child.signature,
                issuer.key,
                strength=self.question.rules.strength,
                remember=True,
            )
        return self.budget.known[pair]


def lacks_parameters(key: PublicKey) -> bool:
    return key.algorithm.oid == ids.DSA_KEY and key.algorithm.parameters in (None, b"\x05\x00")


def _repeats(issuer: Certificate, chain: Sequence[Certificate]) -> bool:
    """The same name with the same key again leads in a circle."""
    return any(issuer.key == one.key and issuer.subject == one.subject for one in chain)
