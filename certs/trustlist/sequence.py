"""No way back: a list older than one already seen is refused, whoever signed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from certs.trustlist.finding import Finding

if TYPE_CHECKING:
    from certs.trustlist.model import TrustList

_ADVICE = "向中心索取最新的信任列表;如确为中心重发,须使用更大的序号"


@dataclass(frozen=True, slots=True)
class Sequence:
    """The newest list seen of a region. `digest` is over its canonical bytes without the signature: the
    same list signed again is the same list."""

    number: int
    issued: datetime
    digest: str

    @classmethod
    def of(cls, one: TrustList) -> Sequence:
        return cls(one.sequence, one.issued, one.digest)


def rolled_back(one: TrustList, newest: Sequence | None) -> list[Finding]:
    """Findings if `one` goes behind what was seen."""
    if newest is None:
        return []
    out = []
    if one.sequence < newest.number:
        out.append(
            Finding("list-rollback", "/list/sequence", f"不小于 {newest.number}", str(one.sequence), _ADVICE)
        )
    if one.sequence == newest.number and one.digest != newest.digest:
        out.append(Finding("list-rollback", "/list/sequence", f"同一序号 {one.sequence} 内容相同",
                           f"{one.digest[:20]}…,已见 {newest.digest[:20]}…", _ADVICE))  # fmt: skip
    if one.issued < newest.issued:
        out.append(Finding("list-rollback", "/list/issued", f"不早于 {newest.issued.isoformat()}",
                           one.issued.isoformat(), _ADVICE))  # fmt: skip
    return out
