"""One bid from its file to its content, or to the finding why not: for a thread, with the platform's key.

Unlike `certs.envelope.open_envelope`, which tells nobody why something does not open, this says at which
step it ended: it is only done after the deadline, of an envelope whose signature, digest and recipients held,
and what it says is what the fault is decided by. What the key gave where it is wrong is told as a digest
only (`witness`): it may be the key of somebody else's bid.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from certs.algorithms.content_ciphers import Chosen
from certs.algorithms.content_streams import CipherError, Decryption
from certs.envelope import Examined, Share, examine
from certs.envelope.binding import binding
from certs.envelope.enveloped import Enveloped
from certs.envelope.keys import certificate_of, matches, parted
from certs.envelope.outside import Outside
from certs.envelope.recipient import Recipient, read_recipient
from certs.envelope.shares import SealedShare, joined
from certs.envelope.transport import Style, scheme, transport
from certs.keys.port import DecryptionKey, KeyFailureError
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError, Reader
from certs.trust import Revocation, Trust
from certs.verdict import Judgement, Moment
from hub.bids.file import BidFile, Measured, read_measured
from hub.bids.redoing import BROKEN
from hub.bids.witness import witness
from hub.files.cipher import DamagedFileError
from hub.files.name import Name, running
from hub.files.shelf import Shelf

Sink = Callable[[bytes], object]
_CONTENT = "sm3"


class KeyAwayError(Exception):
    """The platform's key cannot be used now: no result, the opening waits."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bid as it was taken: what its receipt says, and the chain its signature was judged by."""

    file: str
    size: int
    model: str
    chain: tuple[bytes, ...] = field(repr=False)
    received: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the table of faults, and what it rests on. `recovered` is what `witness` makes of what the key
    gave, never the key itself."""

    finding: str
    measured: Measured | None = None
    content: Measured | None = None
    recovered: str = ""
    checks: tuple[dict[str, object], ...] = ()
    probed: bool = False


def unseal(shelf: Shelf, sealed: Sealed, key: DecryptionKey, share: Share | None, sink: Sink) -> Found:
    """Content goes to `sink` in pieces and counts only if the finding is `opened`. Raises KeyAwayError."""
    name = Name.of(sealed.file)
    assert name is not None  # noqa: S101 - it was taken under this name
    try:
        now, file = read_measured(shelf, name)
        if now != Measured(sealed.file, sealed.size):
            return Found("store.digest", now)
        if file is None:
            return Found("outside.contradiction", now)
        found = _opened(file, sealed, key, share, sink)
    except FileNotFoundError:
        return Found("store.missing")
    except (DamagedFileError, OSError):
        return Found("store.damaged")
    except MalformedError:
        return Found("outside.contradiction", now)
    return Found(found.finding, now, found.content, found.recovered, found.checks, found.probed)


def looked_at(file: BidFile, sealed: Sealed) -> Examined:
    """The signature once more, by the chain that held at delivery and at that moment: nobody need be
    asked, and a certificate that was revoked since, or a CA that is gone, changes nothing."""
    trust = Trust(sealed.chain[:1], Revocation.IGNORED, sealed.chain[1:-1])
    return examine(file.head, file.ciphertext, trust=trust, at=Moment(sealed.received, "elsewhere"))


def _opened(file: BidFile, sealed: Sealed, key: DecryptionKey, share: Share | None, sink: Sink) -> Found:
    seen = looked_at(file, sealed)
    checks = tuple(one.as_dict() for one in seen.verdict.checks)
    if seen.outside is None or seen.cipher is None:
        return Found("outside.contradiction", checks=checks)
    size = seen.cipher.cipher.key_size
    step = _joined if seen.outside.envelope.shares else _alone
    found = step(seen.outside, key, size, share)
    if isinstance(found, Found):
        return Found(found.finding, None, None, found.recovered, checks, found.probed)
    content = _decrypted(seen, found, file, sink)
    if content is None:
        return Found(BROKEN, None, None, witness(found), checks)
    return Found("opened", None, content, "", checks)


def _alone(outside: Outside, key: DecryptionKey, size: int, share: Share | None) -> bytes | Found:
    """The platform's own copy of the key, if it is the one the signer bound to the content."""
    meant = matches(Judgement(), outside.envelope.recipients, [key])
    if not meant:
        return Found("recipient.contradiction")
    given = b""
    for one in meant:
        given = decrypted_key(one.recipient, one.scheme, one.key, size)
        if len(given) == size and outside.fits(given):
            return given
    probe(key)
    return Found("key.binding", recovered=_comes_to(outside, given), probed=True)


def _joined(outside: Outside, key: DecryptionKey, size: int, share: Share | None) -> bytes | Found:
    """The platform's part and the bidder's, put together."""
    parts = outside.envelope.shares
    certificate = certificate_of(key)
    mine = next((one for one in parts if certificate and one.recipient.is_for(certificate)), None)
    others = [one for one in parts if one is not mine]
    meant = matches(Judgement(), [] if mine is None else [mine.recipient], [key])
    if mine is None or not meant or len(others) != 1:
        return Found("recipient.contradiction")
    value = decrypted_key(meant[0].recipient, meant[0].scheme, key, size)
    own = mine.with_value(value)
    if not mine.agrees(own):
        probe(key)
        return Found("share.platform", recovered=witness(own.check), probed=True)
    if share is None:
        return Found("share.missing")
    return _together(outside, own, others[0], share, size)


def _together(outside: Outside, own: Share, other: SealedShare, share: Share, size: int) -> bytes | Found:
    if not other.agrees(share):  # it did when it was taken (`parts`)
        return Found("outside.contradiction")
    if not len(own.value) == len(share.value) == size:
        return Found("shares.binding", recovered=witness(b""))  # there is no key to be made of these
    whole = joined([own, share])
    return whole if outside.fits(whole) else Found("shares.binding", recovered=_comes_to(outside, whole))


def _comes_to(outside: Outside, key: bytes) -> str:
    """Of the binding under this key."""
    covered = outside.signed + (outside.detached or b"")
    return witness(binding(key, outside.verdict.signer or b"", covered))


def decrypted_key(recipient: Recipient, by: str, key: DecryptionKey, size: int) -> bytes:
    """What the key gives: random octets where it gives nothing, as everywhere (RFC 3218, 2.3.2)."""
    try:
        return key.decrypt(recipient.encrypted_key, by)
    except KeyFailureError:
        return secrets.token_bytes(size)


def probe(key: DecryptionKey) -> None:
    """Does the key open what was sealed to its certificate this moment? Raises KeyAwayError if not: then
    nothing is known of anybody's envelope."""
    secret, certificate = secrets.token_bytes(16), read_certificate(key.certificate)
    reader = Reader(transport(secret, certificate, Style()))
    recipient = read_recipient(reader, reader.whole())
    by, _ = scheme(recipient, certificate)
    try:
        held = by is not None and hmac.compare_digest(key.decrypt(recipient.encrypted_key, by), secret)
    except KeyFailureError as error:
        raise KeyAwayError(str(error)) from error
    if not held:
        raise KeyAwayError("平台密钥不能解开封给自身证书的探针")


def _decrypted(seen: Examined, key: bytes, file: BidFile, sink: Sink) -> Measured | None:
    """The content's digest and size; None if key and ciphertext do not go together."""
    assert seen.outside is not None and seen.cipher is not None  # noqa: S101 - looked at before
    envelope = seen.outside.envelope
    own, size = running(_CONTENT), 0
    try:
        pieces, tag = _ciphertext(file, envelope, seen.cipher)
        stream = Decryption(seen.cipher, key, tag, envelope.aad)
        for piece in _plain(stream, pieces):
            own.update(piece)
            size += len(piece)
            sink(piece)
    except (CipherError, MalformedError):  # too short for a tag: also that was so when it was sealed
        return None
    return Measured(f"{_CONTENT}:{own.hexdigest()}", size)


def _ciphertext(file: BidFile, envelope: Enveloped, cipher: Chosen) -> tuple[Iterable[bytes], bytes]:
    """In pieces, and the tag. Raises MalformedError."""
    if file.ciphertext is not None:
        return file.ciphertext(), envelope.tag
    whole, tag = parted(envelope, cipher)
    return [whole], tag


def _plain(stream: Decryption, pieces: Iterable[bytes]) -> Iterable[bytes]:
    for piece in pieces:
        yield stream.update(piece)
    yield stream.finalize()
