"""WS-Security UsernameToken with password digest: who calls, is it fresh, was the nonce seen (rules.md 4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from lxml import etree

from simulators.dialects.soap11_reading import Broken
from simulators.nonces import NonceBook

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WINDOW = timedelta(seconds=300)


class Guard:
    """Admits one user; remembers the nonces of those admitted."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password.encode("utf-8")
        self._nonces = NonceBook()

    def admit(self, header: etree._Element | None, now: datetime) -> None:
        """Raises Broken with the Fault of the first check that fails."""
        security = None if header is None else header.find(f"{{{WSSE}}}Security")
        if security is None:
            raise Broken("wsse:InvalidSecurity", "security header missing")
        token = security.find(f"{{{WSSE}}}UsernameToken")
        stamp = security.find(f"{{{WSU}}}Timestamp")
        nonce_text, created = _text(token, WSSE, "Nonce"), _text(token, WSU, "Created")
        made, expires = _text(stamp, WSU, "Created"), _text(stamp, WSU, "Expires")
        if token is None or not (nonce_text and created and made and expires):
            raise Broken("wsse:InvalidSecurity", "security header missing")
        nonce = _nonce(nonce_text)
        digest = hashlib.sha1(nonce + created.encode("utf-8") + self._password).digest()  # noqa: S324 - the profile's
        told = _text(token, WSSE, "Password").encode("utf-8")
        known = hmac.compare_digest(told, base64.b64encode(digest))
        if not known or _text(token, WSSE, "Username") != self._username:
            raise Broken("wsse:FailedAuthentication", "authentication failed")
        at, until = _moment(made), _moment(expires)
        if abs(now - at) > WINDOW or now >= until or created != made:
            raise Broken("wsse:MessageExpired", "timestamp outside 300 s")
        self._remember(nonce, now)

    def _remember(self, nonce: bytes, now: datetime) -> None:
        if not self._nonces.fresh(nonce, now):
            raise Broken("wsse:InvalidSecurityToken", "nonce already used")


def _text(parent: etree._Element | None, namespace: str, name: str) -> str:
    found = None if parent is None else parent.find(f"{{{namespace}}}{name}")
    return "" if found is None else (found.text or "").strip()


def _nonce(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("wsse:FailedAuthentication", "authentication failed") from None


def _moment(text: str) -> datetime:
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Broken("wsse:MessageExpired", "timestamp outside 300 s")
