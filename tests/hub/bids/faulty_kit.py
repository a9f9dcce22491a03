"""Envelopes that are wrong on purpose, each in one way that shows only when they are opened."""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from certs.algorithms.content_ciphers import chosen
from certs.algorithms.content_streams import encrypt
from certs.cms import sign
from certs.envelope import oids
from certs.envelope.binding import binding
from certs.envelope.sealing import content_info
from certs.envelope.shares import Share, split
from certs.envelope.transport import Style, transport
from certs.model import write as w
from certs.model.certificate import read_certificate

PLAIN = Style()


def _key(size: int = 16) -> bytes:
    return secrets.token_bytes(size)


def signed(who, at, recipients, key, *, content=b"content of a bid", ciphertext=None):
    """`key` is what the content is sealed with and what the signer binds."""
    cipher = chosen("sm4-cbc", _key())
    if ciphertext is None:
        ciphertext, _ = encrypt(cipher, key, content)
    sealed = content_info(ciphertext, b"", cipher, recipients, "sm2")
    attributes = {oids.BINDING: w.octets(binding(key, who.signing.certificate, sealed))}
    return sign(sealed, who.signing, arc="sm2", time=at, attributes=attributes)


def another_key(platform, who, at):
    """The platform is given a key, only not the one of the content."""
    key = _key()
    to = read_certificate(platform.certificate), read_certificate(who.encryption.certificate)
    return signed(who, at, (transport(_key(), to[0], PLAIN), transport(key, to[1], PLAIN)), key)


def broken_content(platform, who, at):
    """The right key for everybody, and under it nothing that can be read."""
    key, iv = _key(), _key()
    context = Cipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
    wrong = context.update(bytes(64)) + context.finalize()  # ends in no padding
    to = (read_certificate(one.certificate) for one in (platform, who.encryption))
    cipher = chosen("sm4-cbc", iv)
    sealed = content_info(wrong, b"", cipher, [transport(key, one, PLAIN) for one in to], "sm2")
    attributes = {oids.BINDING: w.octets(binding(key, who.signing.certificate, sealed))}
    return sign(sealed, who.signing, arc="sm2", time=at, attributes=attributes)


def another_whole(platform, who, at):
    """All parts are as they should be, and together they are another key."""
    to = [read_certificate(one.certificate) for one in (platform, who.encryption)]
    return signed(who, at, split(_key(), to, PLAIN, secrets.token_bytes), _key())


def wrong_part(platform, who, at):
    """What is sealed to the platform does not fit the check value beside it."""
    key, group = _key(), _key()
    parts = (_key(), _key())
    to = [read_certificate(one.certificate) for one in (platform, who.encryption)]
    rows = []
    for index, (part, certificate) in enumerate(zip(parts, to, strict=True), 1):
        travels = _key() if index == 1 else part
        stated = w.sequence(
            w.integer(1), w.octets(group), w.integer(index), w.integer(2), w.utf8(str(certificate.subject)),
            w.octets(Share(group, index, 2, "", part).check), transport(travels, certificate, PLAIN),
        )  # fmt: skip
        rows.append(w.implicit(4, w.sequence(w.oid(oids.KEY_SHARE), stated)))
    return signed(who, at, tuple(rows), key)
