"""The bytes on the wire: SM4 in CBC under a fresh IV, and a signature over what is inside.

The signature is over the very bytes that were deciphered; nothing is written anew to be verified.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from adapters import sm4
from adapters.proof import octets
from certs.algorithms import sm2
from certs.algorithms.sm2_keys import read_private, read_public
from hub.errors import SenderError

_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Sealed:
    """A body and the signature that goes beside it."""

    body: bytes
    sign: str


def seal(plain: bytes, credentials: Mapping[str, str], nonce: str) -> Sealed:
    """Raises SenderError where the keys are none; `nonce` is fresh, so the IV is."""
    try:
        iv = hashlib.sha256(b"iv|" + octets(nonce)).digest()[:_BLOCK]
        body = base64.b64encode(iv + sm4.encipher(plain, bytes.fromhex(credentials["sm4_key"]), iv))
        signature = sm2.sign(plain, read_private(bytes.fromhex(credentials["sign_private"])))
        return Sealed(body, base64.b64encode(signature).decode("ascii"))
    except (KeyError, ValueError) as error:
        raise SenderError("sm4_key, sign_private", code="peer.credentials") from error


def opened(body: bytes, credentials: Mapping[str, str]) -> bytes | None:
    """What is inside; None when it was not enciphered under the key of the two."""
    try:
        raw = base64.b64decode(body.strip(), validate=True)
        if len(raw) < 2 * _BLOCK or len(raw) % _BLOCK:
            return None
        return sm4.decipher(raw[_BLOCK:], bytes.fromhex(credentials.get("sm4_key", "")), raw[:_BLOCK])
    except (ValueError, binascii.Error):
        return None


def holds(plain: bytes, sign: str, credentials: Mapping[str, str]) -> bool:
    """Did the peer sign these bytes?"""
    try:
        public = read_public(bytes.fromhex(credentials.get("peer_public", "")))
        return sm2.verify(plain, base64.b64decode(sign, validate=True), public)
    except (ValueError, binascii.Error):
        return False
