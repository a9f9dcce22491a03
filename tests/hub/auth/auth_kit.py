"""One hub with the sandbox's CAs for a module; holders of the very same world sign its challenges."""

from __future__ import annotations

import base64
import json
from typing import Any

import certs
from tests.hub.server.ca_kit import pki


def octets(said: dict[str, Any]) -> bytes:
    return base64.b64decode(said["challenge"], validate=True)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def raw(vendor: str, data: bytes, holder: str = "builder") -> dict[str, Any]:
    """What a token gives: a bare value, and the certificate beside it."""
    signer = pki().vendors[vendor].message_signer(holder)
    certificate = pki().vendors[vendor].signer(holder).certificate
    return {"form": "raw", "signature": b64(signer.sign(data)), "certificate": b64(certificate)}


def cms(vendor: str, data: bytes, holder: str = "builder", *, detached: bool = True) -> dict[str, Any]:
    key = pki().vendors[vendor].signer(holder)
    arc: Any = "rsa" if key.algorithm == "rsa-sha256" else "sm2"
    return {"form": "cms", "signature": b64(certs.sign_cms(data, key, arc=arc, detached=detached))}


async def members(hub: Any) -> set[str]:
    """What the certificate services answer with at this moment: a login must say neither more nor less."""
    key = pki().vendors["C01"].signer("builder")
    status, said = await hub.asked("P01", "POST", "/v1/ca/recognise", {"certificate": b64(key.certificate)})
    assert status == 200
    return set(said) - {"code"}


class Page:
    """A browser at our own pages: keeps its cookie, speaks JSON."""

    def __init__(self, world: Any) -> None:
        self.world, self.cookie = world, ""

    async def __call__(self, path: str, body: Any = None, method: str = "POST") -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json"} if method == "POST" else {}
        if self.cookie:
            headers["Cookie"] = f"hutong_auth={self.cookie}"
        data = json.dumps(body or {}).encode() if method == "POST" else None
        url = f"{self.world.url}/console/auth{path}"
        self.world.http.cookie_jar.clear()
        async with self.world.http.request(method, url, data=data, headers=headers) as reply:
            found = reply.cookies.get("hutong_auth")
            if found is not None:
                assert found["httponly"] and found["samesite"] == "Strict"
                self.cookie = found.value
            return reply.status, await reply.json(content_type=None)
