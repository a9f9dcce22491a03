"""The three secrets of the exchange: app key, the secret fetched under it, and the signature of a call.

Here the hub is also a provider. What it hands out is made from the member's app key and the clock,
so that any node knows it without a table: every 25 minutes a new secret, each good for 30, which is
the renewal with five minutes of overlap that the papers describe.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from adapters.proof import octets, same
from hub.ports import Session

RENEW = timedelta(seconds=60)
WINDOW = timedelta(seconds=300)
_STEP = timedelta(minutes=25)
_LIFE = timedelta(minutes=30)


def millis(moment: datetime) -> str:
    """A moment as epoch milliseconds in decimal text."""
    return str(int(moment.timestamp()) * 1000 + moment.microsecond // 1000)


def moment_of(text: str) -> datetime | None:
    """The moment of such a text, None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 14):
        return None
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def sign(key: str, *parts: str) -> str:
    """Base64 of HMAC-SHA256 over the parts run together."""
    made = hmac.new(octets(key), octets("".join(parts)), hashlib.sha256)
    return base64.b64encode(made.digest()).decode("ascii")


def holds(claimed: str, key: str, *parts: str) -> bool:
    """Is it that signature? In constant time."""
    return same(claimed, sign(key, *parts))


def signed_headers(credentials: Mapping[str, str], rid: str, secret: str, now: datetime) -> dict[str, str]:
    """The four headers of a call."""
    sid, rtime = credentials["sid"], millis(now)
    return {"sid": sid, "rid": rid, "rtime": rtime, "sign": sign(secret, sid, rid, rtime)}


def encipher(secret: str, app_key: str) -> str:
    """A secret under the app key, as the answer to a fetch carries it."""
    padder = PKCS7(128).padder()
    padded = padder.update(secret.encode()) + padder.finalize()
    encryptor = _cipher(bytes.fromhex(app_key)).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def decipher(text: str, app_key: str) -> str | None:
    """The secret in an answer; None when it is not ours or not whole."""
    try:
        raw = base64.b64decode(text, validate=True)
        decryptor = _cipher(bytes.fromhex(app_key)).decryptor()
        unpadder = PKCS7(128).unpadder()
        padded = decryptor.update(raw) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode("utf-8") or None
    except (ValueError, binascii.Error):
        return None


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - the mode of the exchange's papers


def issued(app_key: str, now: datetime, *, back: int = 0) -> Session:
    """The secret we hand out now, or the one `back` steps ago."""
    step = int(now.timestamp() // _STEP.total_seconds()) - back
    made = hmac.new(app_key.encode(), f"hutong-secret|{step}".encode(), hashlib.sha256)
    begun = datetime.fromtimestamp(step * _STEP.total_seconds(), UTC)
    return Session(made.hexdigest()[:32], begun + _LIFE)
