"""The step a finding rests on, done again with the delivered file, and for one finding with a holder's key.

That the right key does not open the content is shown by decrypting, so by the key. Stating it would let
whoever has file and proof read most of a bid that is broken in one place: a digest of it is stated
(`witness`), and the step is done again by who holds a key the file was sealed to anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from certs.algorithms.content_streams import CipherError, Decryption
from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.cms.signed import SignedData
from certs.envelope.binding import attribute, binding, stated
from certs.envelope.enveloped import Enveloped, read_enveloped
from certs.envelope.keys import cipher_of, matches, parted
from certs.envelope.oids import DETACHED
from certs.envelope.recipient import Recipient
from certs.envelope.shares import joined
from certs.keys.port import DecryptionKey, KeyFailureError
from certs.model.der import MalformedError
from certs.verdict import Judgement
from hub.bids.file import split
from hub.bids.witness import witness

BROKEN = "content.decryption"
Fits = Callable[[bytes], bool]


def holds(
    finding: str, file: bytes, recovered: str, signer: str, holders: Sequence[DecryptionKey] = ()
) -> bool | None:
    """Does the file bear the finding out? None where that takes a key which none of `holders` has."""
    head, rest = split(file)
    outside = read_signed(head)
    envelope = read_enveloped(outside.content or b"")
    wanted = stated(outside)
    if finding in ("key.binding", "shares.binding"):
        return wanted is not None and recovered != witness(wanted)
    if finding == "share.platform":
        return bool(envelope.shares) and recovered not in {witness(one.check) for one in envelope.shares}
    if finding != BROKEN or wanted is None:
        return False
    fits = _fits(outside, wanted, signer)
    key = _content_key(envelope, holders, fits)
    if key is None:
        return None
    return recovered == witness(key) and not _opens(envelope, rest, key)


def _fits(outside: SignedData, wanted: bytes, named: str) -> Fits:
    signer = next(one for one in outside.certificates if f"sm3:{digest(one).hex()}" == named)
    covered = (outside.content or b"") + (attribute(outside, DETACHED) or b"")
    return lambda key: binding(key, signer, covered) == wanted


def _content_key(envelope: Enveloped, holders: Sequence[DecryptionKey], fits: Fits) -> bytes | None:
    """The one the signer has bound; only one fits."""
    if not envelope.shares:
        return next((one for one in _given(envelope.recipients, holders) if fits(one)), None)
    parts = []
    for sealed in envelope.shares:
        found = (sealed.with_value(one) for one in _given([sealed.recipient], holders))
        part = next((one for one in found if sealed.agrees(one)), None)
        if part is None:
            return None
        parts.append(part)
    whole = joined(parts)
    return whole if fits(whole) else None


def _given(recipients: Sequence[Recipient], holders: Sequence[DecryptionKey]) -> Iterable[bytes]:
    for one in matches(Judgement(), recipients, holders):
        try:
            yield one.key.decrypt(one.recipient.encrypted_key, one.scheme)
        except KeyFailureError:
            continue


def _opens(envelope: Enveloped, rest: bytes | None, key: bytes) -> bool:
    cipher = cipher_of(Judgement(), envelope)
    if cipher is None:
        return True
    try:
        ciphertext, tag = parted(envelope, cipher) if rest is None else (rest, envelope.tag)
        stream = Decryption(cipher, key, tag, envelope.aad)
        stream.update(ciphertext)
        stream.finalize()
    except (CipherError, MalformedError):
        return False
    return True
