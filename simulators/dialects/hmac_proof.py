"""The two ways in which hmac-open signs a call: three values joined (x-client), or a text of lines (x-ca)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, unquote

from simulators.nonces import NonceBook
from simulators.wire import Request

LISTED = ("x-ca-key", "x-ca-nonce", "x-ca-timestamp")
JSON = "application/json;charset=UTF-8"
WINDOW_MS = 600_000


class Proof(Protocol):
    """Judges and makes the headers of one variant."""

    def refuses(self, request: Request, now: datetime, nonces: NonceBook) -> str:
        """The code of the first check that fails, in the order of the papers; empty when all hold."""
        ...

    def headers(self, call: Request, now: datetime, nonce: str) -> dict[str, str]:
        """What a caller of this variant sends along."""
        ...


class XClient:
    """X-Client-Id, X-Timestamp and X-Nonce; the body is not covered."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._id, self._secret = credentials["client_id"], credentials["client_secret"]

    def refuses(self, request: Request, now: datetime, nonces: NonceBook) -> str:
        head = request.headers
        stamp, nonce = head.get("x-timestamp", ""), head.get("x-nonce", "")
        if head.get("x-client-id") != self._id:
            return "1001"
        if not near(stamp, now):
            return "1003"
        wanted = signed(self._secret, self._id + stamp + nonce)
        if not same(wanted, head.get("x-signature", "")):
            return "1002"
        return "" if visible(nonce) and nonces.fresh(nonce, now) else "1005"

    def headers(self, call: Request, now: datetime, nonce: str) -> dict[str, str]:
        stamp = str(int(now.timestamp() * 1000))
        return {
            "Content-Type": JSON,
            "X-Client-Id": self._id,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": signed(self._secret, self._id + stamp + nonce),
        }


class XCa:
    """Method, Accept, digest and type of the body, three listed headers and the path, line by line."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._key, self._secret = credentials["app_key"], credentials["app_secret"]

    def refuses(self, request: Request, now: datetime, nonces: NonceBook) -> str:
        head = request.headers
        nonce = head.get("x-ca-nonce", "")
        if not head.get("accept"):
            return "1004"
        if head.get("x-ca-key") != self._key:
            return "1001"
        if not near(head.get("x-ca-timestamp", ""), now):
            return "1003"
        if request.body and head.get("content-md5") != content_md5(request.body):
            return "1007"
        listed = [name.strip().lower() for name in head.get("x-ca-signature-headers", "").split(",")]
        if sorted(listed) != sorted(LISTED):
            return "1002"
        if not same(signed(self._secret, text_of(request, listed)), head.get("x-ca-signature", "")):
            return "1002"
        return "" if visible(nonce) and nonces.fresh(nonce, now) else "1005"

    def headers(self, call: Request, now: datetime, nonce: str) -> dict[str, str]:
        made = {"Accept": "application/json"}
        if call.body:
            made |= {"Content-Type": JSON, "Content-MD5": content_md5(call.body)}
        made |= {
            "X-Ca-Key": self._key,
            "X-Ca-Timestamp": str(int(now.timestamp() * 1000)),
            "X-Ca-Nonce": nonce,
            "X-Ca-Signature-Headers": ",".join(LISTED),
        }
        lower = {name.lower(): value for name, value in made.items()}
        signing = Request(call.method, call.path, call.query, lower, call.body)
        return made | {"X-Ca-Signature": signed(self._secret, text_of(signing, LISTED))}


def text_of(request: Request, listed: list[str] | tuple[str, ...]) -> str:
    """The signed text: absent lines are left out whole, the query stands decoded and by name."""
    head = request.headers
    lines = [request.method, head.get("accept", "")]
    if request.body:
        lines += [head.get("content-md5", ""), head.get("content-type", "")]
    lines += [f"{name}:{head.get(name, '')}" for name in listed]
    pairs = sorted(part.partition("=")[::2] for part in request.query.split("&") if part)
    query = "&".join(f"{unquote(name)}={unquote(value)}" for name, value in pairs)
    return "\n".join([*lines, f"{request.path}?{query}" if query else request.path])


def encoded(pairs: Mapping[str, str]) -> str:
    """A query by name, percent-encoded as RFC 3986 has it."""
    return "&".join(f"{quote(name, safe='-._~')}={quote(pairs[name], safe='-._~')}" for name in sorted(pairs))


def signed(secret: str, text: str) -> str:
    mac = hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode("ascii")


def content_md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body).digest()).decode("ascii")  # noqa: S324 - theirs


def same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode("utf-8"), given.encode("utf-8"))


def near(stamp: str, now: datetime) -> bool:
    """A time in milliseconds within the window."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):
        return False
    return abs(int(stamp) - int(now.timestamp() * 1000)) <= WINDOW_MS


def visible(nonce: str) -> bool:
    return nonce.isascii() and nonce.isprintable() and " " not in nonce and 1 <= len(nonce) <= 64
