"""WS-Security UsernameToken with password digest: made for each attempt, judged for each call.

Digest = Base64(SHA-1(nonce + created + password)). SHA-1 is the profile's, not our choice; it only
shows knowledge of the password, and the nonce is remembered by the server for 600 s.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from adapters import xmltext
from adapters.proof import same
from hub.ports import Call

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
WINDOW = timedelta(seconds=300)


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of the check: "" when it holds, else the fault; the nonce for the server to remember."""

    fault: str
    nonce: str = ""
    created: str = ""


def digest(nonce: bytes, created: str, password: str) -> str:
    """The password digest of the profile."""
    sha1 = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(sha1.digest()).decode("ascii")


def header(call: Call) -> str:
    """The security header of one attempt; its nonce is the call's, as 16 bytes."""
    nonce = nonce_bytes(call.nonce)
    created = _utc(call.now)
    password = digest(nonce, created, call.credentials["password"])
    return (
        f'<wsse:Security xmlns:wsse="{_WSSE}" xmlns:wsu="{_WSU}" soapenv:mustUnderstand="1">'
        f'<wsu:Timestamp wsu:Id="TS-1"><wsu:Created>{created}</wsu:Created>'
        f"<wsu:Expires>{_utc(call.now + WINDOW)}</wsu:Expires></wsu:Timestamp><wsse:UsernameToken>"
        f"{xmltext.element('wsse:Username', call.credentials['username'])}"
        f'<wsse:Password Type="{_DIGEST}">{password}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode("ascii")}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def nonce_bytes(nonce: str) -> bytes:
    """Sixteen bytes of a nonce: its own when it is 32 hex digits, else those of its digest."""
    if re.fullmatch(r"[0-9a-f]{32}", nonce):
        return bytes.fromhex(nonce)
    return hashlib.sha256(nonce.encode()).digest()[:16]


def check(header_element: etree._Element | None, call: Call) -> Proof:
    """Header there, then user and digest, then time; in the order of the papers."""
    security = xmltext.child(header_element, "Security")
    token = xmltext.child(security, "UsernameToken")
    said = {name: text.strip() for name, text in xmltext.leaves(token).items()}
    stamp = {
        name: text.strip() for name, text in xmltext.leaves(xmltext.child(security, "Timestamp")).items()
    }
    created = said.get("Created", "")
    try:
        nonce = base64.b64decode(said.get("Nonce", ""), validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    moments = [_moment(text) for text in (created, stamp.get("Expires", ""))]
    if not nonce or created != stamp.get("Created") or None in moments:
        return Proof("InvalidSecurity")
    user, password = call.credentials.get("username", ""), call.credentials.get("password", "")
    user_holds = same(said.get("Username", ""), user)
    digest_holds = same(said.get("Password", ""), digest(nonce, created, password))
    if not (password and user_holds and digest_holds):
        return Proof("FailedAuthentication")
    begun, ended = moments
    if begun is None or ended is None or abs(call.now - begun) > WINDOW or call.now >= ended:
        return Proof("MessageExpired")
    return Proof("", base64.b64encode(nonce).decode("ascii"), created)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime | None:
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
