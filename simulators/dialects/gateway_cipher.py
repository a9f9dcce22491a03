"""What stands inside a gateway-gm body: enciphered by SM4, signed by SM2 in one of several ways.

Both directions of the wire use this (rules.md 4): how a payload is made small, which text is signed, how a
signature is written and what a reader lets pass.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms import sm2

USER_ID = "1234567812345678"
SIGNED = ("appId", "data", "encType", "msgid", "signType", "timestamp", "version")


def compact(value: Any, *, ordered: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=ordered)


def thinned(value: Any) -> Any:
    """The payload without empty texts and nulls, at every level; empty lists stay."""
    if isinstance(value, Mapping):
        return {name: thinned(part) for name, part in value.items() if part is not None and part != ""}
    return [thinned(part) for part in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Sealing:
    """What both sides of one application agreed on: app id, secret, the SM4 key that follows from them."""

    app_id: str
    secret: str

    @cached_property
    def key(self) -> bytes:
        first = _sm4(self.app_id.encode("utf-8")[:16], self.secret.encode("utf-8"))
        return first.hex().upper()[:16].encode("ascii")

    def seal(self, text: str) -> str:
        return _sm4(self.key, text.encode("utf-8")).hex().upper()

    def open(self, sealed: str) -> bytes | None:
        """The octets of the payload; None where it does not open."""
        try:
            cipher = Cipher(algorithms.SM4(self.key), modes.ECB()).decryptor()  # noqa: S305 - theirs
            padded = cipher.update(bytes.fromhex(sealed)) + cipher.finalize()
            unpadder = PKCS7(128).unpadder()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            return None

    def text(self, body: Mapping[str, Any], payload: Any, *, empties: bool = False) -> bytes:
        """What is signed: seven parameters by name, empty ones left out (or kept), then the secret."""
        value = compact(payload if empties else thinned(payload), ordered=True)
        pairs = {**{name: str(body.get(name) or "") for name in SIGNED}, "data": value}
        said = [f"{name}={pairs[name]}" for name in SIGNED if pairs[name] or empties]
        return ("&".join(said) + f"&key={self.secret}").encode("utf-8")

    def other(self, user_id: str) -> str:
        """The user id that is not this one."""
        return self.app_id if user_id == USER_ID else USER_ID


@dataclass(frozen=True, slots=True)
class Hand:
    """How one side signs: user id, `raw` or `der`."""

    user_id: str = USER_ID
    form: str = "raw"

    def sign(self, text: bytes, private: str) -> str:
        der = sm2.sign(text, bytes.fromhex(private), self.user_id.encode("ascii"))
        return base64.b64encode(raw_of(der) if self.form == "raw" else der).decode("ascii")


def holds(text: bytes, signature: object, public: str, user_id: str) -> bool:
    """Does a signature of either form hold over this text under this user id?"""
    try:
        octets = base64.b64decode(str(signature), validate=True)
    except (ValueError, binascii.Error):
        return False
    if len(octets) == 64:
        r, s = int.from_bytes(octets[:32], "big"), int.from_bytes(octets[32:], "big")
        octets = encode_dss_signature(r, s)
    return sm2.verify(text, octets, bytes.fromhex(public), user_id.encode("ascii"))


def holds_in_some_way(sealing: Sealing, body: Mapping[str, Any], payload: Any, public: str, own: str) -> bool:
    """Readers of answers let pass: empties left out or kept, under their own user id or the other."""
    for empties, user_id in product((False, True), (own, sealing.other(own))):
        if holds(sealing.text(body, payload, empties=empties), body.get("signData"), public, user_id):
            return True
    return False


def raw_of(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _sm4(key: bytes, plain: bytes) -> bytes:
    padder, cipher = PKCS7(128).padder(), Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305
    return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
