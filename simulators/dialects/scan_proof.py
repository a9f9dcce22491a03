"""Who calls in scan-oauth: four headers, a nonce, an access token (rules.md 2, 3)."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from simulators.desk import Desk
from simulators.nonces import NonceBook
from simulators.wire import Request

WINDOW_MS = 300_000
LIFE = timedelta(seconds=7200)
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}", re.ASCII)


def signature(secret: str, path: str, stamp: str, nonce: str, body: bytes) -> str:
    text = "\n".join(("POST", path, stamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()


class Gate:
    """Admits one client; hands out tokens and remembers nonces."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._nonces = NonceBook()
        self._tokens: dict[str, datetime] = {}

    def refuses(self, request: Request, now: datetime) -> str:
        """The code of the first check that fails; empty when the caller is proved."""
        given = self._desk.credentials
        told = [request.headers.get(name, "") for name in ("x-client-id", "x-timestamp", "x-nonce", "x-sign")]
        client, stamp, nonce, sign = told
        if client != given["client_id"]:
            return "4001"
        moment = int(now.timestamp() * 1000)
        plain = stamp.isascii() and stamp.isdigit() and len(stamp) <= 16
        if not plain or abs(int(stamp) - moment) > WINDOW_MS:
            return "4003"
        wanted = signature(given["client_secret"], request.path, stamp, nonce, request.body)
        if not hmac.compare_digest(wanted.encode("ascii"), sign.encode("utf-8")):
            return "4002"
        if not _NONCE.fullmatch(nonce) or not self._nonces.fresh(nonce, now):
            return "4004"
        return ""

    def token(self, now: datetime) -> str:
        """A new one each time it is asked for; older ones live out their time."""
        self._tokens = {old: until for old, until in self._tokens.items() if until > now}
        first = self._desk.credentials.get("access_token") if not self._tokens else None
        serial = f"{self._desk.id}/{len(self._tokens)}/{now.isoformat()}"
        secret = self._desk.credentials["client_secret"].encode("utf-8")
        made = first or "at-" + hmac.new(secret, serial.encode("utf-8"), hashlib.sha256).hexdigest()[:32]
        self._tokens[made] = now + LIFE
        return made

    def knows(self, request: Request, now: datetime) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        until = self._tokens.get(bearer)
        return until is not None and until > now
