"""Envelopes for large files: the ciphertext lies beside a small signed head, memory stays bounded.

The head is an envelope without content; its signature covers digest and size of the ciphertext. Opening
reads the ciphertext twice: once for the digest, so that nothing is decrypted that was not signed, and once
to decrypt. It must not change in between; if it does, the verdict says so.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from cryptography.hazmat.primitives import hashes

from certs.algorithms.content_ciphers import Chosen
from certs.algorithms.content_streams import CipherError, Decryption, Encryption
from certs.cms import StampJudge, sign
from certs.envelope import oids
from certs.envelope.binding import binding
from certs.envelope.keys import cipher_of, content_keys, matches
from certs.envelope.outside import Outside, asked, judge_outside
from certs.envelope.sealing import Arc, Model, begin, content_info
from certs.envelope.shares import Random, Share, joined
from certs.envelope.together import chosen_shares, shares_of
from certs.envelope.transport import Style
from certs.keys.port import DecryptionKey, SigningKey
from certs.model import write as w
from certs.model.der import MalformedError
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged

_SM3 = "1.2.156.10197.1.401"
_PLAIN = Style()
Sink = Callable[[bytes], object]
Source = Callable[[], Iterable[bytes]]


class _Measured:
    """Digest and size of what passed."""

    def __init__(self) -> None:
        self._state, self.size = hashes.Hash(hashes.SM3()), 0

    def pass_on(self, piece: bytes) -> bytes:
        self._state.update(piece)
        self.size += len(piece)
        return piece

    def written(self) -> bytes:
        """As the head states it, as a whole element; also what two measurements are compared by."""
        digest = self._state.copy().finalize()
        return w.sequence(w.algorithm(_SM3), w.octets(digest), w.octets(self.size.to_bytes(8, "big")))


def seal_stream(
    content: Iterable[bytes],
    ciphertext: Sink,
    recipients: Sequence[bytes],
    signer: SigningKey,
    *,
    trust: Trust | None,
    at: datetime,
    model: Model = "any-of",
    cipher: str = "sm4-cbc",
    arc: Arc = "sm2",
    style: Style = _PLAIN,
    extra: Sequence[bytes] = (),
    random: Random = secrets.token_bytes,
) -> bytes:
    """The signed head; the ciphertext goes to `ciphertext` in pieces. Otherwise as `seal_envelope`."""
    begun = begin(recipients, trust, at, extra, model, cipher, style, random)
    stream, measured = Encryption(begun.cipher, begun.key, b""), _Measured()
    for piece in content:
        ciphertext(measured.pass_on(stream.update(piece)))
    ciphertext(measured.pass_on(stream.finalize()))
    head = content_info(None, stream.tag, begun.cipher, begun.recipients, arc)
    detached = measured.written()
    attributes = {
        oids.BINDING: w.octets(binding(begun.key, signer.certificate, head + detached)),
        oids.DETACHED: detached,
    }
    return sign(head, signer, arc=arc, time=at, attributes=attributes)


@judged
def open_stream(
    head: bytes,
    ciphertext: Source,
    content: Sink,
    *,
    keys: Sequence[DecryptionKey] = (),
    shares: Sequence[Share] = (),
    trust: Trust,
    at: datetime | Moment,
    stamps: StampJudge | None = None,
) -> Verdict:
    """Content goes to `content` in pieces; unless the verdict is ok it must be thrown away.

    `ciphertext` gives the pieces from the beginning each time it is called. An `all-of` envelope takes the
    shares of all holders, or their keys. Nothing is passed on before signature, digest and key are right.
    """
    by = asked(trust, at, stamps, True)
    said = Judgement(by.moment)
    found = judge_outside(said, head, by)
    if found is None:
        return said.verdict()
    cipher = cipher_of(said, found.envelope)
    if is_what_was_signed(said, found, ciphertext) and cipher is not None:
        key = _key(said, found, cipher, keys, shares)
        if key is not None:
            _decrypted(said, found, Decryption(cipher, key, found.envelope.tag, b""), ciphertext, content)
    return said.verdict(chain=found.verdict.chain, signer=found.verdict.signer)


def is_what_was_signed(said: Judgement, found: Outside, ciphertext: Source) -> bool:
    if found.detached is None or found.envelope.ciphertext is not None:
        raise MalformedError("not the head of an envelope whose ciphertext is kept elsewhere")
    measured = _Measured()
    for piece in ciphertext():
        measured.pass_on(piece)
    same = hmac.compare_digest(measured.written(), found.detached)
    return said.ask(
        "content", None if same else Reason("digest", "ciphertext"), evidence=f"{measured.size} bytes"
    )


def _key(
    said: Judgement,
    found: Outside,
    cipher: Chosen,
    keys: Sequence[DecryptionKey],
    shares: Sequence[Share],
) -> bytes | None:
    """The content key, and the right one: it fits what the signer bound to it."""
    size = cipher.cipher.key_size
    if found.envelope.shares:
        used = chosen_shares(said, found, [*shares, *shares_of(found, keys)])
        if used is None:
            return None
        candidates = [joined(used)]
    else:
        candidates = list(content_keys(matches(said, found.envelope.recipients, keys), size))
        if not candidates:
            return None
    key = next((one for one in candidates if len(one) == size and found.fits(one)), None)
    if key is None:
        said.failed("decryption", Reason("decryption"))
    return key


def _decrypted(
    said: Judgement, found: Outside, stream: Decryption, ciphertext: Source, content: Sink
) -> None:
    measured = _Measured()
    try:
        for piece in ciphertext():
            content(stream.update(measured.pass_on(piece)))
        content(stream.finalize())
    except CipherError:
        said.failed("decryption", Reason("decryption"))
        return
    same = measured.written() == found.detached
    said.ask("decryption", None if same else Reason("digest", "ciphertext", "changed while it was read"))
