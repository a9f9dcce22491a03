"""Two ways to sign: three headers run together, or a text of lines that covers method, body and path.

A reader rebuilds the text from what the caller lists and sent, never from what it thinks was meant.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote

from adapters.hmac_open.papers import JSON, X_CA
from adapters.proof import octets, same
from hub.ports import Call, WireRequest

WINDOW = timedelta(seconds=600)
ACCEPT = "application/json"
_LISTED = ("x-ca-key", "x-ca-nonce", "x-ca-timestamp")
_NONCE = re.compile(r"[\x21-\x7e]{1,64}")
_MILLIS = re.compile(r"[0-9]{1,14}")


def headers(method: str, path: str, body: bytes, call: Call) -> dict[str, str]:
    """All headers of a call of ours."""
    stamp = str(int(call.now.timestamp()) * 1000 + call.now.microsecond // 1000)
    if call.variant != X_CA:
        client, secret = call.credentials["client_id"], call.credentials["client_secret"]
        made = {"X-Client-Id": client, "X-Timestamp": stamp, "X-Nonce": call.nonce}
        return {"Content-Type": JSON, **made, "X-Signature": _mac(secret, f"{client}{stamp}{call.nonce}")}
    made = {
        "Accept": ACCEPT,
        "Content-Type": JSON,
        "Content-MD5": body_digest(body),
        "X-Ca-Key": call.credentials["app_key"],
        "X-Ca-Timestamp": stamp,
        "X-Ca-Nonce": call.nonce,
        "X-Ca-Signature-Headers": ",".join(_LISTED),
    }
    given = {name.lower(): value for name, value in made.items()}
    text = signed_text(method, path, given, body)
    return {**made, "X-Ca-Signature": _mac(call.credentials["app_secret"], text)}


def body_digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")


def _mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(octets(secret), octets(text), hashlib.sha256).digest()).decode("ascii")


def signed_text(method: str, path: str, given: Mapping[str, str], body: bytes) -> str:
    """The lines of x-ca, joined by LF; a line that has nothing to say is not there at all."""
    lines = [method, given.get("accept", "")]
    if body:
        lines += [given.get("content-md5", ""), given.get("content-type", "")]
    lines += [f"{name}:{given.get(name, '')}" for name in _listed(given)]
    return "\n".join([*lines, _path_line(path)])


def _listed(given: Mapping[str, str]) -> list[str]:
    return given.get("x-ca-signature-headers", "").split(",")


def _path_line(path: str) -> str:
    """Path and query in the order of the names, the values as they are meant and not as they travel."""
    place, mark, query = path.partition("?")
    if not mark or not query:
        return place
    pairs = [pair.partition("=") for pair in query.split("&")]
    told = sorted((unquote(name), unquote(value)) for name, _, value in pairs)
    return f"{place}?{'&'.join(f'{name}={value}' for name, value in told)}"


def fault(request: WireRequest, path: str, given: Mapping[str, str], call: Call) -> str:
    """The code of what is wrong with the caller, in the order of the papers; "" when nothing is."""
    if call.variant == X_CA:
        return _fault_ca(request, path, given, call)
    client, secret = call.credentials.get("client_id", ""), call.credentials.get("client_secret", "")
    claimed, stamp, nonce = (given.get(name, "") for name in ("x-client-id", "x-timestamp", "x-nonce"))
    if not same(claimed, client):
        return "1001"
    if not _timely(stamp, call.now):
        return "1003"
    good = same(given.get("x-signature", ""), _mac(secret, f"{client}{stamp}{nonce}"))
    return "" if secret and good and _NONCE.fullmatch(nonce) else "1002"


def _fault_ca(request: WireRequest, path: str, given: Mapping[str, str], call: Call) -> str:
    if not given.get("accept"):
        return "1004"
    if not same(given.get("x-ca-key", ""), call.credentials.get("app_key", "")):
        return "1001"
    if not _timely(given.get("x-ca-timestamp", ""), call.now):
        return "1003"
    if request.body and not same(given.get("content-md5", ""), body_digest(request.body)):
        return "1007"
    secret = call.credentials.get("app_secret", "")
    text = signed_text(request.method, path, given, request.body)
    good = same(given.get("x-ca-signature", ""), _mac(secret, text)) and sorted(_listed(given)) == [*_LISTED]
    return "" if secret and good and _NONCE.fullmatch(given.get("x-ca-nonce", "")) else "1002"


def nonce_of(given: Mapping[str, str], call: Call) -> str:
    """The nonce of a caller that was proven."""
    return given["x-ca-nonce" if call.variant == X_CA else "x-nonce"]


def _timely(stamp: str, now: datetime) -> bool:
    if _MILLIS.fullmatch(stamp) is None:
        return False
    return abs(now.timestamp() - int(stamp) / 1000) <= WINDOW.total_seconds()
