"""Judging whatever a file is, with what the caller gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from certs.cli.asking import Given
from certs.cli.remark import Remark
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.trust import Revocation, Trust
from certs.verdict import Verdict

if TYPE_CHECKING:
    from certs.recognition import Recognition


_NOBODY = Remark(
    "未给出信任列表(--trust):以下只核对文件自身是否成立,不是认定",
    "nobody is trusted (--trust): no recognition",
)


@dataclass(frozen=True, slots=True)
class Judged:
    """`recognition` if it is about one certificate."""

    verdict: Verdict | None
    recognition: Recognition | None = None
    remarks: tuple[Remark, ...] = ()


def judge_certificate(certificates: Sequence[bytes], given: Given, args: Any) -> Judged:
    """The last of a chain; those above it in the same file help to find the path."""
    from certs.recognition.judging import Asked, recognise_under

    leaf, others = end_of(certificates)
    extra = (*others, *given.extra)
    asked = Asked(given.purpose, args.sector, args.medium, getattr(args, "subject", None), args.realm)
    trust, remarks = believed(given, (leaf, *extra))
    found = recognise_under(trust, given.listed, leaf, given.moment, asked, extra)
    return Judged(found.verdict, found, remarks)


def end_of(certificates: Sequence[bytes]) -> tuple[bytes, tuple[bytes, ...]]:
    """The certificate that issued none of the others, and the others."""
    views = [read_certificate(raw) for raw in certificates] if len(certificates) > 1 else []
    if not views:
        return certificates[0], ()
    issuers = {one.issuer for one in views if not one.self_issued}
    ends = [one for one in views if one.subject not in issuers]
    last = next((one for one in ends if not one.is_ca), ends[0] if ends else views[0])
    return last.raw, tuple(raw for raw in certificates if raw != last.raw)


def believed(given: Given, certificates: Sequence[bytes]) -> tuple[Trust, tuple[Remark, ...]]:
    """Whom the caller believes; if nobody, the roots that came along, to see whether it holds in itself."""
    if given.trust is not None:
        return given.trust, ()
    roots = tuple(raw for raw in certificates if _root(raw))
    return Trust(roots, Revocation.IGNORED, tuple(certificates)), (_NOBODY,)


def _root(raw: bytes) -> bool:
    try:
        one = read_certificate(raw)
    except MalformedError:
        return False
    return one.self_issued and (one.is_ca or one.version < 3)
