"""Variant sm2-aes of static-token-rest: the same JSON, enciphered as a whole (rules.md 11).

Requests come under SM2 to the system's own key, answers go under a fixed AES key. What cannot be opened is
told in clear, because then nobody knows yet whether the two hold the same keys.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace
from datetime import datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms.sm2_ciphertext import C1C2C3, C1C3C2
from certs.algorithms.sm2_encryption import SM2EncryptionError, recognise
from simulators.desk import Desk, ForeignSide
from simulators.dialects.static_token_rest import TEXTS, StaticTokenRest
from simulators.wire import Reply, Request

VARIANT = "sm2-aes"
TYPE = "text/plain;charset=UTF-8"
CLEAR = "application/json;charset=UTF-8"
LIMIT = 2 * 2**20
_HEX = re.compile(rb"04[0-9a-f]+")


def static_token_rest(desk: Desk) -> ForeignSide:
    """The side of the system's variant."""
    return Sm2Aes(desk) if desk.variant == VARIANT else StaticTokenRest(desk)


class Sm2Aes:
    """Opens, lets the plain side answer, closes again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._plain = StaticTokenRest(desk)

    def answer(self, request: Request, now: datetime) -> Reply:
        if not self._plain.serves(request):
            return self._plain.answer(request, now)
        if len(request.body) > LIMIT:
            return _clear("E413", TEXTS["E413"])
        opened = self._open(request)
        if opened is None:
            return _clear("E011", "解密失败")
        told = self._plain.answer(replace(request, body=opened), now)
        given = self._desk.credentials
        key, iv = (given[name].encode("ascii") for name in ("aes_key", "aes_iv"))
        if self._desk.feels("answer-under-another-key"):
            key = key[::-1]
        return Reply(200, {"Content-Type": TYPE, "encrypt": "1"}, encipher(key, iv, told.body))

    def _open(self, request: Request) -> bytes | None:
        """The JSON inside, or None. One order only: a system of this kind never tries the other."""
        if request.headers.get("encrypt") != "1" or not _HEX.fullmatch(request.body):
            return None
        wanted = C1C2C3 if self._desk.feels("sm2-mode-c1c2c3") else C1C3C2
        private = bytes.fromhex(self._desk.secret("peer_private"))
        try:
            text, order = recognise(private, bytes.fromhex(request.body.decode("ascii")))
            return base64.b64decode(text, validate=True) if order == wanted else None
        except (SM2EncryptionError, binascii.Error, ValueError):
            return None


def encipher(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Base64 of AES-128-CBC with PKCS#7."""
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return base64.b64encode(cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize())


def decipher(key: bytes, iv: bytes, body: bytes) -> bytes:
    """Raises ValueError (binascii.Error is one) for what was not enciphered so."""
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    opened = cipher.update(base64.b64decode(body, validate=True)) + cipher.finalize()
    return unpadder.update(opened) + unpadder.finalize()


def _clear(errorno: str, text: str) -> Reply:
    custom = {"errorno": errorno, "field": "", "rowguid": ""}
    told = {"status": {"code": 0, "text": text}, "custom": custom}
    return Reply.text(200, CLEAR, json.dumps(told, ensure_ascii=False, separators=(",", ":")))
