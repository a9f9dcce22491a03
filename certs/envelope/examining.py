"""What everybody can see of an envelope without a key: who signed it, for whom it is, whether it is whole.

For whoever keeps envelopes that must not be opened yet. The same steps as before opening, and none after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.algorithms.content_ciphers import Chosen
from certs.cms import StampJudge
from certs.envelope.keys import cipher_of
from certs.envelope.outside import Asked, Outside, asked, judge_outside
from certs.envelope.recipient import Recipient
from certs.envelope.streaming import Source, is_what_was_signed
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged


@dataclass(frozen=True, slots=True)
class Examined:
    """`outside` and `cipher` are there only if the verdict is ok."""

    verdict: Verdict
    outside: Outside | None = None
    cipher: Chosen | None = None

    @property
    def recipients(self) -> Sequence[Recipient]:
        """Everybody who holds the key, or a part of it."""
        if self.outside is None:
            return ()
        envelope = self.outside.envelope
        return [one.recipient for one in envelope.shares] or envelope.recipients


def examine(
    head: bytes,
    ciphertext: Source | None,
    *,
    trust: Trust,
    at: datetime | Moment,
    stamps: StampJudge | None = None,
) -> Examined:
    """Never raises. `ciphertext` where it lies beside the head. The signature must be bound to the key."""
    out: list[tuple[Outside, Chosen]] = []
    verdict = _examine(out, head, ciphertext, asked(trust, at, stamps, True))
    return Examined(verdict, *out[0]) if verdict.ok else Examined(verdict)


@judged
def _examine(out: list[tuple[Outside, Chosen]], head: bytes, ciphertext: Source | None, by: Asked) -> Verdict:
    said = Judgement(by.moment)
    found = judge_outside(said, head, by)
    if found is None:
        return said.verdict()
    cipher = cipher_of(said, found.envelope)
    if ciphertext is not None:
        is_what_was_signed(said, found, ciphertext)
    elif found.envelope.ciphertext is None:
        said.failed("content", Reason("no-content"))
    if cipher is not None:
        out.append((found, cipher))
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)
