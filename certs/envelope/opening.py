"""Opening envelopes: the signature outside first, then the key, then the content, or one refusal.

Whatever goes wrong from the key on has one reason, "decryption": padding, tag, wrong key and altered
recipients look the same, so nobody learns from asking.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from certs.cms import StampJudge
from certs.envelope import oids
from certs.envelope.enveloped import content_kind
from certs.envelope.keys import cipher_of, content_keys, matches, opened
from certs.envelope.outside import Asked, Outside, asked, judge_outside
from certs.envelope.signed_inside import judge_inside
from certs.envelope.together import Opened, has_content, put_together, shares_of
from certs.keys.port import DecryptionKey
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged


def open_envelope(
    data: bytes,
    keys: Sequence[DecryptionKey],
    *,
    trust: Trust,
    at: datetime | Moment,
    stamps: StampJudge | None = None,
    bound: bool = False,
) -> Opened:
    """Open with the keys at hand; an `all-of` envelope needs those of all holders. Never raises.

    `bound` asks that the signature show that the signer knew the content key (our own envelopes all do):
    without it somebody else's envelope may have been signed again. `stamps` as in `certs.cms.verify_cms`.
    """
    out: list[bytes] = []
    verdict = _open(out, data, tuple(keys), asked(trust, at, stamps, bound))
    return Opened(out[0] if verdict.ok else None, verdict)


@judged
def _open(out: list[bytes], data: bytes, keys: Sequence[DecryptionKey], by: Asked) -> Verdict:
    said = Judgement(by.moment)
    if content_kind(data) in oids.SIGNED_AND_ENVELOPED.values():
        return judge_inside(out, said, data, keys, by)
    found = judge_outside(said, data, by)
    if found is None:
        return said.verdict()
    if found.envelope.shares:
        shares = shares_of(found, keys)
        put_together(out, said, found, shares)
    else:
        _any_of(out, said, found, keys)
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)


def _any_of(out: list[bytes], said: Judgement, found: Outside, keys: Sequence[DecryptionKey]) -> None:
    cipher = cipher_of(said, found.envelope)
    candidates = matches(said, found.envelope.recipients, keys)
    if cipher is None or not candidates or not has_content(said, found):
        return
    for key in content_keys(candidates, cipher.cipher.key_size):
        content = opened(found.envelope, cipher, key)
        if content is not None and found.fits(key):
            out.append(content)
            break
    said.ask("decryption", None if out else Reason("decryption"))
