"""What all signers of one message share while it is judged, and what is worked out only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from certs.cms.schemes import content_digest
from certs.trust import Purpose, Trust
from certs.verdict import Moment, Reason, Verdict

_MOST_CHAINS = 32  # searches for a path in one message; each is bounded itself


class StampJudge(Protocol):
    """Says whether a signature time stamp holds over a signature value, and which moment it proves."""

    def __call__(
        self, token: bytes, value: bytes, *, trust: Trust, at: Moment
    ) -> tuple[Verdict, Moment | None]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """`trust` already knows the revocation data that came along; `certificates` are all that are at hand."""

    content_type: str
    content: bytes | None
    certificates: tuple[bytes, ...]
    trust: Trust
    moment: Moment
    purpose: Purpose
    stamps: StampJudge | None
    digests: dict[str, bytes] = field(default_factory=dict)
    chains: dict[tuple[bytes, datetime], Verdict] = field(default_factory=dict)

    def digest(self, name: str) -> bytes | None:
        if self.content is not None and name not in self.digests:
            self.digests[name] = content_digest(name, self.content)
        return self.digests.get(name)

    def chain(self, certificate: bytes, moment: Moment) -> Verdict:
        key = (certificate, moment.at)
        if key not in self.chains:
            if len(self.chains) >= _MOST_CHAINS:
                return Verdict(
                    False, [Reason("limit", detail=f"more than {_MOST_CHAINS} certificates to judge")]
                )
            self.chains[key] = self.trust.judge(
                certificate, moment=moment, purpose=self.purpose, extra=self.certificates
            )
        return self.chains[key]


def helpful(found: Sequence[bytes], extra: Sequence[bytes]) -> tuple[bytes, ...]:
    """Each certificate once."""
    return tuple(dict.fromkeys(map(bytes, (*found, *extra))))
