"""The sandbox's own time-stamp service: an SM2 root and authority, made when first asked.

It proves nothing to anybody outside: its certificates carry the sandbox mark, and it is deaf in every
other realm. It is here so that a sandbox shows all that a real service would give, without a network.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from certs.keys.held import HeldKey
from certs.testpki.issue import Authority as Ca
from certs.testpki.issue import name
from certs.testpki.mark import ProductionError, mark, refuse_folder
from certs.timestamp import Accuracy, respond
from certs.trust import Revocation, Trust
from hub.errors import SettingsError

POLICY = "2.25.63556420250654782114311783445656514501.1"  # under the sandbox mark: no real policy
FOLDER, ANCHOR, KEYS = "sandbox-tsa", "anchor.pem", "keys.json"
_DAYS = 3650
_STAMPS = ("1.3.6.1.5.5.7.3.8",)
_KIND = "sm2-sm3"


class SandboxAuthority:
    """Stamps in this process; keys are kept, so that a sandbox started again is the same authority."""

    def __init__(self, data: Path, clock: Callable[[], datetime], randbytes: Callable[[int], bytes]) -> None:
        try:
            refuse_folder(data)
        except ProductionError as error:
            raise SettingsError(str(error)) from error
        self._folder, self._clock, self._randbytes = data / FOLDER, clock, randbytes
        self._made: tuple[Ca, HeldKey] | None = None
        self._lock = Lock()

    async def ask(self, request: bytes) -> bytes:
        return await asyncio.to_thread(self._respond, request)

    def trust(self, now: datetime) -> Trust:
        root, _ = self._open()
        lists = (root.crl(this_update=now, number=int(now.timestamp())),)
        return Trust((root.key.certificate,), Revocation.REQUIRED, crls=lists)

    async def close(self) -> None:
        return None

    def _respond(self, request: bytes) -> bytes:
        _, key = self._open()
        serial = int.from_bytes(self._randbytes(8), "big") | 1
        return respond(request, key, at=self._clock(), serial=serial, policy=POLICY, accuracy=Accuracy(1))

    def _open(self) -> tuple[Ca, HeldKey]:
        with self._lock:  # asked from several threads; two that made keys would leave one's in the file
            if self._made is None:
                kept = self._folder / KEYS
                self._made = _read(kept, self._clock()) if kept.exists() else self._make()
            return self._made

    def _make(self) -> tuple[Ca, HeldKey]:
        root = Ca.root("沙箱时间戳根", _KIND, now=self._clock(), days=_DAYS, extensions=(mark(),))
        subject = name(("C", "CN"), ("O", "Hutong Sandbox (never for production)"), ("CN", "沙箱时间戳服务"))
        key = root.issue(subject, extended=_STAMPS, days=_DAYS, extensions=(mark(),))
        self._folder.mkdir(parents=True, exist_ok=True)
        pem = base64.encodebytes(root.key.certificate).decode("ascii")
        anchor = f"-----BEGIN CERTIFICATE-----\n{pem}-----END CERTIFICATE-----\n"
        (self._folder / ANCHOR).write_text(anchor, "ascii")
        _write(self._folder / KEYS, {"root": _row(root.key), "tsa": _row(key), "subject": root.subject.hex()})
        return root, key


def _row(key: HeldKey) -> dict[str, str]:
    return {"private": key.private.hex(), "certificate": key.certificate.hex()}


def _read(file: Path, now: datetime) -> tuple[Ca, HeldKey]:
    try:
        found = json.loads(file.read_text("ascii"))
        root, tsa = (
            HeldKey(_KIND, bytes.fromhex(found[who]["private"]), bytes.fromhex(found[who]["certificate"]))
            for who in ("root", "tsa")
        )
        ca = Ca(root, bytes.fromhex(found["subject"]), now)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{file}: 沙箱时间戳密钥不可读 / unreadable; 删除 {FOLDER} 即重建") from error
    return ca, HeldKey(_KIND, tsa.private, tsa.certificate, (root.certificate,))


def _write(file: Path, document: dict[str, Any]) -> None:
    draft = file.with_name(f".{file.name}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        json.dump(document, handle)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(file)
