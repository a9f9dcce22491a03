"""When a signature existed: as the caller says, or as a time stamp over its value proves."""

from __future__ import annotations

from certs.cms import oids
from certs.cms.asked import Asked
from certs.cms.signed import Signer
from certs.verdict import Judgement, Moment

_MOST_STAMPS = 4


def existed(asked: Asked, signer: Signer, said: Judgement) -> Moment:
    """The earliest moment proven. A stamp that does not hold proves nothing; it is told and forgiven, for
    anybody can add one."""
    best: Moment | None = None
    for token in signer.unsigned_attributes.get(oids.SIGNATURE_STAMP, ())[:_MOST_STAMPS]:
        if asked.stamps is None:
            said.skipped("timestamp", str(signer), "no judge of time stamps was given")
            break
        verdict, proven = asked.stamps(token, signer.signature, trust=asked.trust, at=asked.moment)
        if not verdict.ok or proven is None:
            said.skipped("timestamp", str(signer), verdict.sentence("en"))
            said.forgiven += verdict.reasons
            continue
        said.nested("timestamp", verdict, str(signer), proven.at.isoformat())
        best = proven if best is None or proven.at < best.at else best
    if best is None:
        return asked.moment
    return Moment(best.at, "timestamp", asked.moment.data_at, best.evidence)
