"""A small synchronous client of the hub, for the verbs of the command line and for the demo.

Nothing but the standard library and `hub.message`: it runs wherever Python does, also on Windows.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from certs.algorithms.digest import digest
from hub.errors import HubError, SettingsError
from hub.keyring import read_keys
from hub.message import Key, sign_request

DEFAULT_URL = "http://127.0.0.1:8700"
TIMEOUT = 30.0


class UnreachableError(HubError):
    """Nobody answers at the hub's address; the verb ends with exit code 3."""

    code = "hub.unreachable"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and the JSON document that came with it ({} when there was none)."""

    status: int
    document: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None

    @property
    def ok(self) -> bool:
        return self.status < 400


class HubClient:
    """One hub as one caller sees it; `key` signs requests that carry no envelope."""

    def __init__(self, url: str = DEFAULT_URL, key: Key | None = None, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"HUTONG_URL: {url!r} 不是 http(s) 地址 / not an http(s) address")
        self._url = url
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._key = key
        self._timeout = timeout

    def send(self, envelope: bytes) -> Reply:
        return self._call("POST", "/v1/messages", envelope)

    def service(self, message_type: str, envelope: bytes) -> Reply:
        return self._call("POST", f"/v1/services/{message_type}", envelope)

    def trace(self, hub_id: str) -> Reply:
        return self._signed("GET", f"/v1/messages/{hub_id}")

    def find(self, sender: str, msg_id: str) -> Reply:
        return self._signed("GET", "/v1/messages?" + urlencode({"from": sender, "msgId": msg_id}))

    def proof(self, hub_id: str) -> Reply:
        return self._signed("GET", f"/v1/evidence/{hub_id}")

    def outbox(self, state: str | None = None) -> Reply:
        return self._signed("GET", "/v1/outbox" + (f"?state={state}" if state else ""))

    def retry(self, ids: list[Any]) -> Reply:
        return self._signed("POST", "/v1/outbox/retry", {"ids": ids})

    def replay(self, wanted: Mapping[str, Any]) -> Reply:
        return self._signed("POST", "/v1/outbox/replay", dict(wanted))

    def systems(self) -> Reply:
        return self._call("GET", "/v1/systems")

    def status(self) -> Reply:
        return self._call("GET", "/v1/status")

    def onboard_apply(self, application: Mapping[str, Any]) -> Reply:
        return self._signed("POST", "/v1/onboarding/applications", dict(application))

    def onboard_step(self, system: str, step: str, document: Mapping[str, Any] | None = None) -> Reply:
        return self._signed("POST", f"/v1/onboarding/applications/{system}/{step}", dict(document or {}))

    def onboard_show(self, system: str | None = None) -> Reply:
        return self._signed("GET", "/v1/onboarding/applications" + (f"/{system}" if system else ""))

    def directory(self) -> Reply:
        return self._call("GET", "/v1/onboarding/directory")

    def ticket(self) -> Reply:
        return self._signed("POST", "/v1/console/tickets", {})

    def _signed(self, method: str, target: str, document: dict[str, Any] | None = None) -> Reply:
        if self._key is None:
            raise SettingsError("此操作需要密钥:--as ID / this needs a key: --as ID")
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode("utf-8")
        proof = f"sm3:{digest(body).hex()}" if body else ""
        now, nonce = datetime.now(UTC), secrets.token_hex(12)
        headers = sign_request(method, target, self._key, now=now, nonce=nonce, body_digest=proof)
        return self._call(method, target, body, headers)

    def _call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        dressed = dict(headers or {})
        if body:
            dressed["Content-Type"] = "application/json; charset=utf-8"
        try:
            connection.request(method, target, body or None, dressed)
            response = connection.getresponse()
            raw = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(
                f"平台没有应答 / no answer from {self._url} ({type(error).__name__}); hutong up 已启动吗?"
            ) from error
        finally:
            connection.close()
        wait = response.getheader("Retry-After", "")
        return Reply(response.status, _document(raw), int(wait) if wait.isdigit() else None)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {"value": value}


def client_key(owner: str, env: Mapping[str, str], directory: Path | None = None) -> Key:
    """The owner's newest key in `--keys`, HUTONG_KEYS, or the data directory that `up` filled.

    Raises SettingsError telling where it looked.
    """
    folder = directory or Path(env.get("HUTONG_KEYS") or Path(env.get("HUTONG_DATA", ".hutong")) / "keys")
    found = [key for key in read_keys(folder) if key.owner == owner] if folder.is_dir() else []
    if not found:
        raise SettingsError(f"{folder} 中没有 {owner} 的密钥 / no key of {owner} there (hutong up, --keys)")
    return found[-1]


def hub_url(env: Mapping[str, str] | None = None) -> str:
    return (os.environ if env is None else env).get("HUTONG_URL", DEFAULT_URL)
