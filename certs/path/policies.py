"""The policy tree of RFC 5280 6.1, held as the graph of RFC 9618: the same answers, never exponential."""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.model.certificate import Certificate
from certs.path.question import ANY_POLICY, Question


@dataclass(slots=True)
class _Node:
    expected: set[str]
    parents: set[str] = field(default_factory=set)


Level = dict[str, _Node]


class PolicyState:
    """Walks down the path with the graph and the three counters."""

    __slots__ = ("explicit", "inhibit_any", "levels", "mapping", "question")

    def __init__(self, question: Question, length: int) -> None:
        self.question = question
        self.levels: list[Level] | None = [{ANY_POLICY: _Node({ANY_POLICY})}]
        self.explicit = 0 if question.explicit_policy else length + 1
        self.inhibit_any = 0 if question.inhibit_any else length + 1
        self.mapping = 0 if question.inhibit_mapping else length + 1

    def enter(self, certificate: Certificate, last: bool) -> str | None:
        """6.1.3 (d) to (f): a reason code, or None."""
        policies = certificate.extensions.policies
        if policies is None:
            self.levels = None
        elif self.levels is not None:
            may_be_any = self.inhibit_any > 0 or (not last and certificate.self_issued)
            self._grow(policies, may_be_any)
        return None if self.explicit > 0 or self.levels is not None else "policy"

    def _grow(self, policies: tuple[str, ...], may_be_any: bool) -> None:
        assert self.levels is not None  # noqa: S101  for the type checker; the caller has looked
        above = self.levels[-1]
        expecting: dict[str, set[str]] = {}
        for name, node in above.items():
            for wanted in node.expected:
                expecting.setdefault(wanted, set()).add(name)
        level: Level = {}
        for policy in policies:
            if policy == ANY_POLICY:
                continue
            if policy in expecting:
                level[policy] = _Node({policy}, set(expecting[policy]))
            elif ANY_POLICY in above:
                level[policy] = _Node({policy}, {ANY_POLICY})
        if ANY_POLICY in policies and may_be_any:
            for wanted, parents in expecting.items():
                if wanted not in level:
                    level[wanted] = _Node({wanted}, set(parents))
        self.levels.append(level)
        self._prune()

    def _prune(self) -> None:
        """Drop nodes without children, from the last level upwards; an empty level empties all."""
        if self.levels is None:
            return
        for at in range(len(self.levels) - 1, 0, -1):
            used: set[str] = set().union(*(node.parents for node in self.levels[at].values()))
            above = self.levels[at - 1]
            for name in [name for name in above if name not in used]:
                del above[name]
        if not self.levels[0] or not self.levels[-1]:
            self.levels = None

    def leave(self, certificate: Certificate) -> str | None:
        """6.1.4 (a), (b), (h) to (j): mappings, then the counters for the next certificate."""
        mappings = certificate.extensions.policy_mappings
        if mappings is not None:
            if any(ANY_POLICY in pair for pair in mappings):
                return "policy-mapping"
            if self.levels is not None:
                self._map(mappings)
        if not certificate.self_issued:
            self.explicit = max(0, self.explicit - 1)
            self.mapping = max(0, self.mapping - 1)
            self.inhibit_any = max(0, self.inhibit_any - 1)
        constraints = certificate.extensions.policy_constraints
        if constraints is not None and constraints.require_explicit is not None:
            self.explicit = min(self.explicit, constraints.require_explicit)
        if constraints is not None and constraints.inhibit_mapping is not None:
            self.mapping = min(self.mapping, constraints.inhibit_mapping)
        if certificate.extensions.inhibit_any is not None:
            self.inhibit_any = min(self.inhibit_any, certificate.extensions.inhibit_any)
        return None

    def _map(self, mappings: tuple[tuple[str, str], ...]) -> None:
        assert self.levels is not None  # noqa: S101  for the type checker; the caller has looked
        targets: dict[str, set[str]] = {}
        for issuer, subject in mappings:
            targets.setdefault(issuer, set()).add(subject)
        level = self.levels[-1]
        for issuer, subjects in targets.items():
            if self.mapping == 0:
                level.pop(issuer, None)
            elif issuer in level:
                level[issuer].expected = subjects
            elif ANY_POLICY in level:
                level[issuer] = _Node(subjects, set(level[ANY_POLICY].parents))
        if self.mapping == 0:
            self._prune()

    def close(self, certificate: Certificate) -> str | None:
        """6.1.5 (a), (b), (g)."""
        self.explicit = max(0, self.explicit - 1)
        constraints = certificate.extensions.policy_constraints
        if constraints is not None and constraints.require_explicit == 0:
            self.explicit = 0
        return None if self.explicit > 0 or self._acceptable() else "policy"

    def _acceptable(self) -> bool:
        """Is a policy left that the authorities constrain to and the user asked for?"""
        if self.levels is None:
            return False
        if ANY_POLICY in self.question.policies or ANY_POLICY in self.levels[-1]:
            return True
        rooted = {
            name
            for level in self.levels[1:]
            for name, node in level.items()
            if name != ANY_POLICY and ANY_POLICY in node.parents
        }
        return bool(rooted & self.question.policies)
