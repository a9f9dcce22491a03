"""EncryptData and DecryptData: the digital envelope of the function set, to one certificate, unsigned.

Bids are never sent like this: theirs are signed outside (`certs.envelope`). Whatever fails on opening is one
error, so that asking again and again tells nobody which part it was.
"""

from __future__ import annotations

import secrets

from certs.algorithms.content_ciphers import CIPHERS, chosen, iv_size
from certs.envelope.enveloped import read_enveloped
from certs.envelope.keys import cipher_of, content_keys, matches, opened
from certs.envelope.sealing import ANY_OF, EnvelopeError, checked, enveloped, to
from certs.envelope.transport import Style
from certs.keys.held import HeldKey
from certs.model.der import MalformedError
from certs.verdict import Judgement
from simulators.component.errors import SofError

_STYLE = Style()


def encrypt(certificate: bytes, plain: bytes, cipher: str) -> bytes:
    """A ContentInfo, DER."""
    try:
        found = checked([certificate], ANY_OF, cipher, _STYLE)
    except EnvelopeError:
        raise SofError("key") from None
    key = secrets.token_bytes(CIPHERS[cipher].key_size)
    sealed = to(key, found, ANY_OF, _STYLE, secrets.token_bytes)
    return enveloped(plain, key, chosen(cipher, secrets.token_bytes(iv_size(cipher))), sealed, "sm2")


def decrypt(key: HeldKey, envelope: bytes) -> bytes:
    try:
        read = read_enveloped(envelope)
        said = Judgement(None)
        cipher = cipher_of(said, read)
        fitting = matches(said, read.recipients, [key])
    except MalformedError:
        raise SofError("message") from None
    if cipher is None or not fitting or read.ciphertext is None:
        raise SofError("decrypt")
    for one in content_keys(fitting, cipher.cipher.key_size):
        plain = opened(read, cipher, one)
        if plain is not None:
            return plain
    raise SofError("decrypt")
