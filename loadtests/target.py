"""May this target be loaded, is it there, and does it take our key? Asked before the first call."""

from __future__ import annotations

import http.client
import ssl
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from hub.message import Key, sign_request

OWN = frozenset({"127.0.0.1", "::1"})
SCHEMES = frozenset({"http", "https"})


def refused(url: str, *, owned: bool) -> str:
    """Why the target may not be loaded ("" when it may). A name may resolve to anybody: only literals."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query:
        return f"目标须形如 http://127.0.0.1:8700 / not a base address: {url}"
    if parts.hostname in OWN or owned:
        return ""
    return (
        f"{parts.hostname} 不是本机(127.0.0.1、::1);压测他人系统等于攻击,"
        "确为自有系统请加 --i-own-this-target"
        " / not this machine: add --i-own-this-target if it is yours"
    )


def connect(url: str, timeout: float) -> http.client.HTTPConnection:
    """A connection to the target, not yet opened; no proxy is asked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        # Like the load itself: what is measured is the target, not its certificate.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, parts.port or 443, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, parts.port or 80, timeout=timeout)


def find_path(sender: str, msg_id: str) -> str:
    return f"/v1/messages?from={quote(sender)}&msgId={quote(msg_id)}"


def preflight(url: str, key: Key, run: str, timeout: float = 5.0) -> str:
    """Why the run could not start ("" when it can): unreachable, or our key is not taken."""
    path = find_path(key.owner, f"L{run}-preflight")
    headers = sign_request("GET", path, key, now=datetime.now(UTC), nonce=f"{run}-preflight")
    try:
        connection = connect(url, timeout)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read(1 << 16)
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"目标不可达 / target unreachable: {url} ({type(error).__name__})"
    if answer.status in {401, 403}:
        return f"目标不接受 {key.owner} 的密钥 / the target refuses this key: HTTP {answer.status}"
    if answer.status not in {200, 404}:
        return f"目标未就绪 / the target is not ready: HTTP {answer.status}"
    return ""
