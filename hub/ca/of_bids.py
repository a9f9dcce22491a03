"""Whether an envelope is one of a bid: those are opened at their gate, by the opening, and nowhere else."""

from __future__ import annotations

from certs.envelope.outside import Outside, asked, judge_outside
from certs.model.certificate import read_certificate
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Verdict, judged


def of_a_bid(bids: bytes, raw: bytes, trust: Trust, at: Moment) -> bool:
    """Is it sealed to the certificate `bids` as well? Then nobody opens it here, whoever else may: a bid
    that can be read before its opening is none."""
    certificate = read_certificate(bids)
    found: list[Outside] = []

    @judged
    def look() -> Verdict:
        said = Judgement(at)
        outside = judge_outside(said, raw, asked(trust, at, None, bound=False))
        found.extend([outside] if outside is not None else [])
        return said.verdict()

    look()
    envelopes = [one.envelope for one in found]
    meant = [
        one for each in envelopes for one in (*each.recipients, *(part.recipient for part in each.shares))
    ]
    return any(one.is_for(certificate) for one in meant)
