"""Envelopes that only all holders together open: shares opened apart, and put together.

A holder opens its share where its key is, when it can; the place that puts them together needs no key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from certs.cms import StampJudge
from certs.envelope.keys import certificate_of, cipher_of, matches, opened, share_of
from certs.envelope.outside import Asked, Outside, asked, judge_outside
from certs.envelope.shares import Share, joined
from certs.keys.port import DecryptionKey
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged


@dataclass(frozen=True, slots=True)
class Opened:
    """`content` is there only if the verdict is ok."""

    content: bytes | None = field(repr=False)
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OpenedShare:
    """`share` is there only if the verdict is ok."""

    share: Share | None
    verdict: Verdict


def open_share(
    data: bytes,
    key: DecryptionKey,
    *,
    trust: Trust,
    at: datetime | Moment,
    stamps: StampJudge | None = None,
    bound: bool = False,
) -> OpenedShare:
    """One holder's share of an `all-of` envelope; never raises. The share is as secret as the key itself:
    send it only enveloped to where all are put together (`Share.written`)."""
    out: list[Share] = []
    verdict = _open_share(out, data, key, asked(trust, at, stamps, bound))
    return OpenedShare(out[0] if verdict.ok else None, verdict)


@judged
def _open_share(out: list[Share], data: bytes, key: DecryptionKey, by: Asked) -> Verdict:
    said = Judgement(by.moment)
    found = judge_outside(said, data, by)
    if found is None:
        return said.verdict()
    share = _share(said, found, key)
    out += [] if share is None else [share]
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)


def _share(said: Judgement, found: Outside, key: DecryptionKey) -> Share | None:
    cipher = cipher_of(said, found.envelope)
    certificate = certificate_of(key)
    mine = (one for one in found.envelope.shares if certificate and one.recipient.is_for(certificate))
    sealed = next(mine, None)
    candidates = matches(said, [] if sealed is None else [sealed.recipient], [key])
    if cipher is None or sealed is None or not candidates:
        return None
    share = share_of(sealed, candidates[0], cipher.cipher.key_size)
    said.ask("decryption", Reason("decryption") if share is None else None, at=sealed.holder)
    return share


def shares_of(found: Outside, keys: Sequence[DecryptionKey]) -> list[Share]:
    """Those that these keys open, in silence."""
    return [share for key in keys if (share := _share(Judgement(), found, key)) is not None]


def combine(
    data: bytes,
    shares: Sequence[Share],
    *,
    trust: Trust,
    at: datetime | Moment,
    stamps: StampJudge | None = None,
    bound: bool = False,
) -> Opened:
    """Open an `all-of` envelope with the shares of all holders, in any order; never raises.

    Who is missing and whose share is not the one that was sealed is named.
    """
    out: list[bytes] = []
    verdict = _open_with(out, data, tuple(shares), asked(trust, at, stamps, bound))
    return Opened(out[0] if verdict.ok else None, verdict)


@judged
def _open_with(out: list[bytes], data: bytes, shares: Sequence[Share], by: Asked) -> Verdict:
    said = Judgement(by.moment)
    found = judge_outside(said, data, by)
    if found is None:
        return said.verdict()
    put_together(out, said, found, shares)
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)


def put_together(out: list[bytes], said: Judgement, found: Outside, shares: Sequence[Share]) -> None:
    """The content to `out`, or why not to the judgement."""
    cipher = cipher_of(said, found.envelope)
    used = chosen_shares(said, found, shares)
    if cipher is None or used is None or not has_content(said, found):
        return
    key = joined(used)
    content = opened(found.envelope, cipher, key) if len(key) == cipher.cipher.key_size else None
    if content is not None and found.fits(key):
        out.append(content)
    said.ask("decryption", None if out else Reason("decryption"))


def chosen_shares(said: Judgement, found: Outside, shares: Sequence[Share]) -> list[Share] | None:
    """One share for every holder; who is missing and who handed in another one is said."""
    if not found.envelope.shares:
        said.failed("shares", Reason("no-recipient", detail="the key is not split"))
        return None
    used, wrong = [], []
    for sealed in found.envelope.shares:
        given = [one for one in shares if one.index == sealed.index]
        right = next((one for one in given if sealed.agrees(one)), None)
        if right is not None:
            used.append(right)
        else:
            wrong.append(Reason("share-differs" if given else "shares", sealed.holder))
    if wrong:
        said.failed("shares", *wrong)
        return None
    said.passed("shares", evidence=f"{len(used)}")
    return used


def has_content(said: Judgement, found: Outside) -> bool:
    if found.envelope.ciphertext is None:
        said.failed("decryption", Reason("no-content"))
    return found.envelope.ciphertext is not None
