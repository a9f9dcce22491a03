"""A member's key and what it can do: keyed digests by a shared secret, signatures by a key pair.

The algorithm belongs to the key, never to the message: a message that names another one is refused.
The hub holds public keys; a private key is here only where one signs.
"""

from __future__ import annotations

from dataclasses import dataclass

from certs.algorithms.digest import MACS, mac, mac_matches
from certs.algorithms.signature import DEFAULT_ID, SIGNATURES, family

ALGORITHMS = (*MACS, *SIGNATURES)


class CannotSignError(ValueError):
    """The key can only check: its private half is not here."""


@dataclass(frozen=True, slots=True)
class Key:
    """Whose it is and for which algorithm: `secret` for hmac-*, `public` (and `private`) for the others.

    Keys are bytes as `certs.algorithms.signature` has them; `ident` is the SM2 identity. `certificate` is
    there where the key is a certificate's: it then holds only while somebody says that the certificate does.
    """

    key_id: str
    owner: str
    alg: str
    secret: bytes = b""
    public: bytes = b""
    private: bytes = b""
    ident: bytes = DEFAULT_ID
    certificate: bytes = b""

    @property
    def signs(self) -> bool:
        """Is the half here that makes signatures?"""
        return bool(self.secret or self.private)

    def __repr__(self) -> str:
        return f"Key({self.key_id!r}, owner={self.owner!r}, alg={self.alg!r})"


def make_value(data: bytes, key: Key) -> bytes:
    """The signature value over these bytes; raises CannotSignError without the private half."""
    if key.alg in MACS:
        return mac(data, key.secret, key.alg)
    if not key.private:
        raise CannotSignError(f"{key.key_id}: 没有私钥,不能签名 / no private key, cannot sign")
    return family(key.alg).sign(data, key.private, key.ident)


def holds(data: bytes, key: Key, value: bytes) -> bool:
    """Does the value hold over these bytes under the key's own algorithm?"""
    if key.alg in MACS:
        # An empty secret would make a keyed digest that anybody can compute.
        return bool(key.secret) and mac_matches(data, key.secret, key.alg, value)
    return bool(key.public) and family(key.alg).verify(data, value, key.public, key.ident)
