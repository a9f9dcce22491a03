"""The signature of a call, and the token that the hub hands out when it is the provider.

The token is made from the client's secret and the clock, so that any node of the hub knows it without a
table; each hour a new one, and the one before holds until it ends.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from adapters.proof import octets, same
from hub.ports import Session, WireRequest

WINDOW = timedelta(seconds=300)
_STEP = 3600
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}")


def sign(secret: str, path: str, stamp: str, nonce: str, body: bytes) -> str:
    """Lower-case hex over method, path, time, nonce and the digest of the body."""
    text = "\n".join(("POST", path, stamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(octets(secret), octets(text), hashlib.sha256).hexdigest()


def headers(
    credentials: Mapping[str, str], path: str, now: datetime, nonce: str, body: bytes
) -> dict[str, str]:
    """The four headers of a call; a nonce of another shape is brought into theirs."""
    stamp = str(int(now.timestamp() * 1000))
    own = nonce if _NONCE.fullmatch(nonce) else hashlib.sha256(octets(nonce)).hexdigest()[:32]
    return {
        "X-Client-Id": credentials["client_id"],
        "X-Timestamp": stamp,
        "X-Nonce": own,
        "X-Sign": sign(credentials["client_secret"], path, stamp, own, body),
    }


def fault(request: WireRequest, path: str, credentials: Mapping[str, str], now: datetime) -> tuple[str, str]:
    """The code of the papers for what is wrong with a call's proof ("" for nothing), and its nonce."""
    said = {name.lower(): value for name, value in request.headers.items()}
    secret, stamp, nonce = (
        credentials.get("client_secret", ""),
        said.get("x-timestamp", ""),
        said.get("x-nonce", ""),
    )
    if not same(said.get("x-client-id", ""), credentials.get("client_id", "")):
        return "4002", ""
    moment = _moment(stamp)
    if moment is None or abs(moment - now) > WINDOW:
        return "4003", ""
    expected = sign(secret, path, stamp, nonce, request.body)
    if not secret or not same(said.get("x-sign", ""), expected) or _NONCE.fullmatch(nonce) is None:
        return "4002", ""
    return "", nonce


def _moment(stamp: str) -> datetime | None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        return None
    return datetime.fromtimestamp(int(stamp) / 1000, UTC)


def issued(credentials: Mapping[str, str], now: datetime, *, back: int = 0) -> Session:
    """The token we hand out now, or the one `back` steps ago; it holds for an hour after the next."""
    step = int(now.timestamp()) // _STEP - back
    made = hmac.new(
        octets(credentials.get("client_secret", "")), f"hutong-token|{step}".encode(), hashlib.sha256
    )
    return Session(f"at-{made.hexdigest()[:40]}", datetime.fromtimestamp((step + 2) * _STEP, UTC))


def bears(request: WireRequest, known: Session | None, credentials: Mapping[str, str], now: datetime) -> bool:
    """Does the call bear a token of ours that still holds?"""
    said = next((v for name, v in request.headers.items() if name.lower() == "authorization"), "")
    tokens = [known] if known is not None else [issued(credentials, now, back=back) for back in (0, 1)]
    return any(same(said, f"Bearer {token.value}") for token in tokens if token.expires > now)
