"""One bid from its file to its content, or to the finding why not: for a thread, with the platform's key.

Unlike `certs.envelope.open_envelope`, which tells nobody why something does not open, this says at which
step it ended: it is only done after the deadline, of an envelope whose signature, digest and recipients held,
and what it says is what the fault is decided by. What the key gave where it is wrong is told as a digest
only (`witness`): it may be the key of somebody else's bid.

That the signature held was found at the delivery, of the octets that the receipt names. Once these are seen
to be the same octets, nothing of it can have become otherwise: no signature is checked a second time, and the
digest that the key is bound to is the one taken then. A certificate revoked since changes nothing either.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from certs.algorithms.content_ciphers import Chosen
from certs.algorithms.content_streams import CipherError, Decryption
from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.envelope import Share
from certs.envelope.binding import attribute, binding_over, stated
from certs.envelope.enveloped import Enveloped
from certs.envelope.keys import certificate_of, cipher_of, matches, parted
from certs.envelope.oids import DETACHED
from certs.envelope.outside import inside
from certs.envelope.recipient import Recipient, read_recipient
from certs.envelope.shares import SealedShare, joined
from certs.envelope.transport import Style, scheme, transport
from certs.keys.port import DecryptionKey, KeyFailureError
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError, Reader
from certs.verdict import Judgement
from hub.bids.delivery import ALONE
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
    """A bid as it was taken: what its receipt says. `signer` is the digest of the certificate that signed it,
    `binding` what that has bound the key by, `covered` the digest of what it is bound to (b"": not kept)."""

    file: str
    size: int
    model: str
    signer: bytes
    binding: bytes = field(repr=False)
    covered: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the table of faults, and what it rests on. `recovered` is what `witness` makes of what the key
    gave, never the key itself."""

    finding: str
    measured: Measured | None = None
    content: Measured | None = None
    recovered: str = ""
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
    return Found(found.finding, now, found.content, found.recovered, found.probed)


@dataclass(frozen=True, slots=True)
class Seen:
    """What everybody can read of the file, and what the key has to fit."""

    envelope: Enveloped
    cipher: Chosen
    sealed: Sealed
    covered: bytes

    @property
    def size(self) -> int:
        return self.cipher.cipher.key_size

    def comes_to(self, key: bytes) -> bytes:
        return binding_over(key, self.sealed.signer, self.covered)

    def fits(self, key: bytes) -> bool:
        """Is this the key that the signer bound to the content?"""
        return len(key) == self.size and hmac.compare_digest(self.comes_to(key), self.sealed.binding)


def read_again(file: BidFile, sealed: Sealed) -> Seen | None:
    """Of the very octets that were delivered; None if they are not what the receipt says they are."""
    signed = read_signed(file.head)
    if signed.content is None or stated(signed) != sealed.binding:
        return None
    envelope = inside(signed.content_type, signed.content)
    cipher = cipher_of(Judgement(), envelope)
    if cipher is None:
        return None
    covered = sealed.covered or digest(signed.content + (attribute(signed, DETACHED) or b""))
    return Seen(envelope, cipher, sealed, covered)


def _opened(file: BidFile, sealed: Sealed, key: DecryptionKey, share: Share | None, sink: Sink) -> Found:
    seen = read_again(file, sealed)
    if seen is None:
        return Found("outside.contradiction")
    found = _key(seen, key, share)
    if isinstance(found, Found):
        return found
    content = _decrypted(seen, found, file, sink)
    if content is None:
        return Found(BROKEN, recovered=witness(found))
    return Found("opened", content=content)


def _key(seen: Seen, key: DecryptionKey, share: Share | None) -> bytes | Found:
    """The key of the content, or the finding why there is none."""
    if seen.sealed.model == ALONE:
        return _brought(seen, share)
    return _joined(seen, key, share) if seen.envelope.shares else _own(seen, key)


def _brought(seen: Seen, share: Share | None) -> bytes | Found:
    """Only the bidder has it; what it brought did fit when it was taken (`parts`)."""
    if share is None:
        return Found("key.missing")
    return share.value if seen.fits(share.value) else Found("outside.contradiction")


def _own(seen: Seen, key: DecryptionKey) -> bytes | Found:
    """The platform's own copy of the key, if it is the one the signer bound to the content."""
    meant = matches(Judgement(), seen.envelope.recipients, [key])
    if not meant:
        return Found("recipient.contradiction")
    given = b""
    for one in meant:
        given = decrypted_key(one.recipient, one.scheme, one.key, seen.size)
        if seen.fits(given):
            return given
    probe(key)
    return Found("key.binding", recovered=witness(seen.comes_to(given)), probed=True)


def _joined(seen: Seen, key: DecryptionKey, share: Share | None) -> bytes | Found:
    """The platform's part and the bidder's, put together."""
    parts = seen.envelope.shares
    certificate = certificate_of(key)
    mine = next((one for one in parts if certificate and one.recipient.is_for(certificate)), None)
    others = [one for one in parts if one is not mine]
    meant = matches(Judgement(), [] if mine is None else [mine.recipient], [key])
    if mine is None or not meant or len(others) != 1:
        return Found("recipient.contradiction")
    value = decrypted_key(meant[0].recipient, meant[0].scheme, key, seen.size)
    own = mine.with_value(value)
    if not mine.agrees(own):
        probe(key)
        return Found("share.platform", recovered=witness(own.check), probed=True)
    if share is None:
        return Found("share.missing")
    return _together(seen, own, others[0], share)


def _together(seen: Seen, own: Share, other: SealedShare, share: Share) -> bytes | Found:
    if not other.agrees(share):  # it did when it was taken (`parts`)
        return Found("outside.contradiction")
    if not len(own.value) == len(share.value) == seen.size:
        return Found("shares.binding", recovered=witness(b""))  # there is no key to be made of these
    whole = joined([own, share])
    return whole if seen.fits(whole) else Found("shares.binding", recovered=witness(seen.comes_to(whole)))


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


def _decrypted(seen: Seen, key: bytes, file: BidFile, sink: Sink) -> Measured | None:
    """The content's digest and size; None if key and ciphertext do not go together."""
    own, size = running(_CONTENT), 0
    try:
        pieces, tag = _ciphertext(file, seen.envelope, seen.cipher)
        stream = Decryption(seen.cipher, key, tag, seen.envelope.aad)
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
