"""A small synchronous client of the hub, for the verbs of the command line and for the demo.

Nothing but the standard library and `hub.message`: it runs wherever Python does, also on Windows.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from certs.algorithms.digest import digest as body_digest
from hub import attaching
from hub.errors import HubError, SenderError, SettingsError
from hub.keyring import read_keys
from hub.message import Finding, Key, sign_request

DEFAULT_URL = "http://127.0.0.1:8700"
TIMEOUT = 30.0
OCTETS = "application/octet-stream"
APPLICATIONS = "/v1/onboarding/applications"


class UnreachableError(HubError):
    """Nobody answers at the hub's address; the verb ends with exit code 3."""

    code = "hub.unreachable"


@dataclass(frozen=True, slots=True)
class Sent:
    """Status and the JSON document that came with it ({} when there was none)."""

    status: int
    document: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def code(self) -> str:
        return str(self.document.get("code", ""))

    @property
    def hub_id(self) -> str:
        return str(self.document.get("hubId", ""))

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.document.get("findings", ()))


class HubClient:
    """One hub as one caller sees it; `key` signs requests that carry no envelope.

    Methods that read answer None for what is not there (or not yours); what is refused raises
    `SenderError` with the hub's code and findings. `ask` gives the bare answer instead.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: Key | None = None,
        *,
        timeout: float = TIMEOUT,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"HUTONG_URL: {url!r} 不是 http(s) 地址 / not an http(s) address")
        self._url = url
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._key = key
        self._timeout = timeout
        self._trust = trust or (client_trust(os.environ) if self._secure else None)

    @property
    def principal(self) -> str:
        return self._key.owner if self._key else "public"

    def send(self, envelope: bytes) -> Sent:
        return self._call("POST", "/v1/messages", envelope)

    def service(self, message_type: str, envelope: bytes) -> Sent:
        return self._call("POST", f"/v1/services/{message_type}", envelope)

    def trace(self, hub_id: str) -> dict[str, Any] | None:
        return self._read(f"/v1/messages/{quote(hub_id, safe='')}")

    def find(self, sender: str, msg_id: str) -> dict[str, Any] | None:
        return self._read("/v1/messages?" + urlencode({"from": sender, "msgId": msg_id}))

    def proof(self, hub_id: str) -> dict[str, Any] | None:
        return self._read(f"/v1/evidence/{quote(hub_id, safe='')}")

    def put_file(self, path: Path, **how: Any) -> dict[str, Any]:
        """Send a file in parts, going on where an earlier try stopped (`hub.attaching.put_file`)."""
        return attaching.put_file(self, path, **how)

    def get_file(self, digest: str, into: BinaryIO) -> int | None:
        """Fetch a file; how long it is, None when it is not there, or not for us."""
        return attaching.get_file(self, digest, into)

    def file_status(self, digest: str) -> dict[str, Any] | None:
        """What of a file is there: `state`, `size`, `ranges`, `missing`."""
        return self._read(f"/v1/files/{digest}?status")

    def put_part(self, digest: str, part: bytes, start: int, total: int) -> Sent:
        """Bytes of a file from `start`, whatever the answer."""
        target, proof = f"/v1/files/{digest}", f"sm3:{body_digest(part).hex()}"
        headers = self._proof("PUT", target, proof) | {"X-Hutong-Body": proof, "Content-Type": OCTETS}
        if part:
            headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{total}"
        return self._call("PUT", target, part, headers)

    def get_part(self, digest: str, start: int, stop: int) -> tuple[int, bytes, int]:
        """Status, bytes from `start` to before `stop`, and how long the whole file is."""
        target = f"/v1/files/{digest}"
        headers = self._proof("GET", target, "") | {"Range": f"bytes={start}-{stop - 1}"}
        status, raw, told = self._exchange("GET", target, b"", headers)
        whole = (told.get("Content-Range") or "").rpartition("/")[2]
        return status, raw, int(whole) if whole.isdigit() else len(raw)

    def heads(self, since: int = 0) -> dict[str, Any] | None:
        return self._read(f"/v1/evidence/heads?since={since}")

    def outbox(self, state: str | None = None) -> list[dict[str, Any]]:
        found = self._read("/v1/outbox" + (f"?state={state}" if state else "")) or {}
        return list(found.get("deliveries", ()))

    def retry(self, ids: list[int]) -> int:
        return int(self._told(self.ask("POST", "/v1/outbox/retry", {"ids": ids}))["retried"])

    def replay(self, wanted: Mapping[str, Any]) -> int:
        return int(self._told(self.ask("POST", "/v1/outbox/replay", dict(wanted)))["replayed"])

    def status(self) -> dict[str, Any]:
        return self._told(self._call("GET", "/v1/status"))

    def look(self, target: str) -> Sent:
        """What anybody may read, unsigned."""
        return self._call("GET", target)

    def page(self, path: str) -> str:
        """The text of a public page."""
        status, raw, _ = self._exchange("GET", path, b"", {})
        if status >= 400:
            raise SenderError(f"{path}: {status}", code="page.refused", status=status)
        return raw.decode("utf-8")

    def onboard_apply(self, application: Mapping[str, Any]) -> str:
        """File an application; the number under which it goes on (the system's id)."""
        found = self._told(self.ask("POST", APPLICATIONS, dict(application)))
        return str(found["application"]["system"])

    def onboard_report(self, system: str, report: Mapping[str, Any]) -> str:
        return self._step(system, "report", report)

    def onboard_approve(self, system: str) -> str:
        return self._step(system, "approve", {})

    def ask(self, method: str, target: str, document: Mapping[str, Any] | None = None) -> Sent:
        """One signed request, whatever the answer."""
        return self._signed(method, target, None if document is None else dict(document))

    def _step(self, system: str, step: str, document: Mapping[str, Any]) -> str:
        """Take a step at the desk; the state it leads to."""
        found = self._told(self.ask("POST", f"{APPLICATIONS}/{system}/{step}", document))
        return str(found["application"]["state"])

    def _read(self, target: str) -> dict[str, Any] | None:
        sent = self.ask("GET", target)
        return None if sent.status == 404 else self._told(sent)

    def _told(self, sent: Sent) -> dict[str, Any]:
        if sent.ok:
            return sent.document
        findings = tuple(_finding(row) for row in sent.findings)
        detail = str(sent.document.get("detail") or sent.document.get("title") or sent.status)
        where = ";".join(f"{finding.code} {finding.at}" for finding in findings)
        raise SenderError(
            f"{detail}({where})" if where else detail,
            code=sent.code or "hub.refused",
            status=sent.status,
            findings=findings,
        )

    def _signed(self, method: str, target: str, document: dict[str, Any] | None) -> Sent:
        body = b"" if document is None else json.dumps(document, ensure_ascii=False).encode("utf-8")
        proof = f"sm3:{body_digest(body).hex()}" if body else ""
        return self._call(method, target, body, self._proof(method, target, proof))

    def _proof(self, method: str, target: str, body: str) -> dict[str, str]:
        """The headers that sign a request; `body` is the digest of its body, "" without one."""
        if self._key is None:
            raise SettingsError("此操作需要密钥:--as ID / this needs a key: --as ID")
        now, nonce = datetime.now(UTC), secrets.token_hex(12)
        return sign_request(method, target, self._key, now=now, nonce=nonce, body_digest=body)

    def _call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Sent:
        status, raw, told = self._exchange(method, target, body, dict(headers or {}))
        wait = told.get("Retry-After") or ""
        return Sent(status, _document(raw), int(wait) if wait.isdigit() else None)

    def _exchange(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, Message]:
        connection: http.client.HTTPConnection
        if self._secure:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._trust
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        if body:
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        try:
            connection.request(method, target, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        except (OSError, http.client.HTTPException) as error:
            raise UnreachableError(
                f"平台没有应答 / no answer from {self._url} ({type(error).__name__});hutong up 已启动吗?"
            ) from error
        finally:
            connection.close()


def _finding(row: Mapping[str, Any]) -> Finding:
    code, at, expected, observed, advice, clause = (
        str(row.get(name, "")) for name in ("code", "at", "expected", "observed", "advice", "clause")
    )
    return Finding(code, at, expected, observed, advice, clause)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {"value": value}


def client_key(owner: str, env: Mapping[str, str], directory: Path | None = None) -> Key:
    """The owner's newest key that can sign; raises SettingsError as `client_keys` does."""
    found = client_keys(owner, env, directory)
    able = [key for key in found if key.signs]
    if not able:
        raise SettingsError(f"{found[-1].key_id}: 只有公钥,不能签名 / only its public half is here")
    return able[-1]


def client_keys(owner: str, env: Mapping[str, str], directory: Path | None = None) -> list[Key]:
    """The owner's keys in `--keys`, HUTONG_KEYS, or the data directory that `up` filled; at least one.

    Raises SettingsError telling where it looked.
    """
    folder = directory or Path(env.get("HUTONG_KEYS") or Path(env.get("HUTONG_DATA", ".hutong")) / "keys")
    found = [key for key in read_keys(folder) if key.owner == owner] if folder.is_dir() else []
    if not found:
        raise SettingsError(f"{folder} 中没有 {owner} 的密钥 / no key of {owner} there (hutong up, --keys)")
    return found


def client_trust(env: Mapping[str, str]) -> ssl.SSLContext:
    """Whom to believe (HUTONG_CA, else the system's) and who we are (HUTONG_CLIENT_CERT, HUTONG_CLIENT_KEY).

    All are PEM files. Raises SettingsError naming the one that cannot be used.
    """
    ca, cert, key = (env.get(f"HUTONG_{name}") or None for name in ("CA", "CLIENT_CERT", "CLIENT_KEY"))
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"HUTONG_CA: {ca}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert:
        try:
            context.load_cert_chain(cert, key)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"HUTONG_CLIENT_CERT: {cert}: {error}") from error
    return context


def hub_url(env: Mapping[str, str] | None = None) -> str:
    return (os.environ if env is None else env).get("HUTONG_URL", DEFAULT_URL)
