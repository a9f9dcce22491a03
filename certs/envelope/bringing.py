"""The content key of an envelope that is for its holder alone, on its way to where it is opened.

Whoever keeps the key brings it when the time has come, in the form of a part (`Share.whole`). Only a key that
the envelope's own signature binds is given out: another one would be refused there.
"""

from __future__ import annotations

from datetime import datetime

from certs.cms import StampJudge
from certs.envelope.keys import cipher_of, content_keys, matches
from certs.envelope.outside import Asked, asked, judge_outside
from certs.envelope.shares import Share
from certs.envelope.together import OpenedShare
from certs.keys.port import DecryptionKey
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged


def open_key(
    data: bytes, key: DecryptionKey, *, trust: Trust, at: datetime | Moment, stamps: StampJudge | None = None
) -> OpenedShare:
    """Never raises. As secret as what `open_share` gives: send it only enveloped to where it is used. Of a
    stream the head is enough."""
    out: list[Share] = []
    verdict = _open_key(out, data, key, asked(trust, at, stamps, True))
    return OpenedShare(out[0] if verdict.ok else None, verdict)


@judged
def _open_key(out: list[Share], data: bytes, key: DecryptionKey, by: Asked) -> Verdict:
    said = Judgement(by.moment)
    found = judge_outside(said, data, by)
    if found is None:
        return said.verdict()
    cipher = cipher_of(said, found.envelope)
    candidates = matches(said, found.envelope.recipients, [key])
    if cipher is not None and candidates and found.binding is not None:
        fitting = (one for one in content_keys(candidates, cipher.cipher.key_size) if found.fits(one))
        out += [Share.whole(found.binding, "", one) for one in fitting][:1]
        said.ask("decryption", None if out else Reason("decryption"))
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)
