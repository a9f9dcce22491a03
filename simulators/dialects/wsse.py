"""WS-Security UsernameToken with password digest: who calls, is it fresh, was the nonce seen (rules.md 4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime, timedelta
from functools import lru_cache

from lxml import etree

from simulators.dialects.soap11_reading import Broken
from simulators.nonces import NonceBook

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WINDOW = timedelta(seconds=300)
_NONCE, _PASSWORD, _USERNAME = (f"{{{WSSE}}}{name}" for name in ("Nonce", "Password", "Username"))
_CREATED, _EXPIRES = (f"{{{WSU}}}{name}" for name in ("Created", "Expires"))
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


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
        token = _texts(security.find(f"{{{WSSE}}}UsernameToken"))
        stamp = _texts(security.find(f"{{{WSU}}}Timestamp"))
        nonce_text, created = token.get(_NONCE, ""), token.get(_CREATED, "")
        made, expires = stamp.get(_CREATED, ""), stamp.get(_EXPIRES, "")
        if not (nonce_text and created and made and expires):
            raise Broken("wsse:InvalidSecurity", "security header missing")
        nonce = _nonce(nonce_text)
        digest = hashlib.sha1(nonce + created.encode("utf-8") + self._password).digest()  # noqa: S324 - the profile's
        told = token.get(_PASSWORD, "").encode("utf-8")
        known = hmac.compare_digest(told, base64.b64encode(digest))
        if not known or token.get(_USERNAME) != self._username:
            raise Broken("wsse:FailedAuthentication", "authentication failed")
        at, until = _moment(made), _moment(expires)
        if abs(now - at) > WINDOW or now >= until or created != made:
            raise Broken("wsse:MessageExpired", "timestamp outside 300 s")
        self._remember(nonce, now)

    def _remember(self, nonce: bytes, now: datetime) -> None:
        if not self._nonces.fresh(nonce, now):
            raise Broken("wsse:InvalidSecurityToken", "nonce already used")


def _texts(parent: etree._Element | None) -> dict[str, str]:
    """Tag -> text of the children; the first of a repeated one counts."""
    if parent is None:
        return {}
    return {str(child.tag): (child.text or "").strip() for child in reversed(parent)}


def _nonce(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Broken("wsse:FailedAuthentication", "authentication failed") from None


@lru_cache(maxsize=256)
def _moment(text: str) -> datetime:
    if _MOMENT.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise Broken("wsse:MessageExpired", "timestamp outside 300 s")
