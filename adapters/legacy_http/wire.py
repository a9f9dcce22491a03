"""Forms, signatures and sessions of the old platforms: the part that is about bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, quote_plus, unquote_plus

from adapters import jsontext
from adapters.proof import octets, same
from hub.ports import Session

IDLE = timedelta(seconds=1800)
WINDOW = timedelta(seconds=600)


def form(values: Mapping[str, str]) -> bytes:
    """A form body in the order given; only unreserved characters stand for themselves."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items()).encode("ascii")


def read_form(raw: bytes) -> dict[str, str] | None:
    """Parameters of a form body; None when it is not UTF-8 or names one twice."""
    found: dict[str, str] = {}
    try:
        for pair in raw.decode("ascii").split("&"):
            name, _, value = pair.partition("=")
            name = unquote_plus(name, errors="strict")
            if name in found:
                return None
            found[name] = unquote_plus(value, errors="strict")
    except UnicodeDecodeError:
        return None
    return found


def url_encoded(text: str) -> bytes:
    """An answer as the session variant writes it."""
    return quote_plus(text, safe="", errors="replace").encode("ascii")


def read_answer(raw: bytes) -> object:
    """The JSON of an answer, URL-encoded or not; None when there is none."""
    if raw.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return jsontext.read(raw)
    try:
        return jsontext.read(unquote_plus(raw.decode("ascii").strip(), errors="strict").encode())
    except UnicodeError:
        return None


def sign(values: Mapping[str, str], secret: str) -> str:
    """Upper-case MD5 over the sorted parameters between two secrets; empty ones stay out."""
    text = "&".join(f"{name}={value}" for name, value in sorted(values.items()) if value and name != "sign")
    made = hashlib.md5(octets(f"{secret}{text}{secret}"), usedforsecurity=False)
    return made.hexdigest().upper()


def credential(username: str, password: str) -> str:
    """What the login form carries."""
    text = jsontext.write({"username": username, "password": password})
    return base64.b64encode(text.encode()).decode("ascii")


def read_credential(text: str) -> tuple[str, str] | None:
    """User and password in a login form."""
    try:
        value = jsontext.read(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
    names = [jsontext.member(value, name) for name in ("username", "password")]
    return (names[0], names[1]) if all(isinstance(name, str) for name in names) else None


def issued(username: str, password: str, now: datetime, nonce: str) -> Session:
    """A new session id for a member that logged in at the hub, good for 1800 s.

    It says when it was made and proves it with the member's password as key, so that any node of the
    hub can judge it without a table; to the member it is opaque.
    """
    fresh = hashlib.sha256(octets(nonce)).hexdigest()[:8]
    begun = f"{int(now.timestamp()):08x}{fresh}"
    return Session(f"{begun}{_mark(begun, username, password)}".upper(), now + IDLE)


def held(claimed: str, username: str, password: str, now: datetime) -> bool:
    """Is it a session of that member, and not older than 1800 s?"""
    text = claimed.lower()
    if re.fullmatch(r"[0-9a-f]{48}", text) is None:
        return False
    age = now.timestamp() - int(text[:8], 16)
    return same(text[16:], _mark(text[:16], username, password)) and -1 <= age <= IDLE.total_seconds()


def _mark(begun: str, username: str, password: str) -> str:
    text = f"hutong-session|{username}|{begun}"
    return hmac.new(octets(password), octets(text), hashlib.sha256).hexdigest()[:32]
