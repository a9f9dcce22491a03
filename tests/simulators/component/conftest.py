"""One component as its own process, as a user starts it, for all tests here."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

SITE = "http://127.0.0.1:8700"


@dataclass(frozen=True, slots=True)
class Component:
    """The door, and a page of SITE that calls."""

    url: str
    site: str = SITE

    def asked(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def said(self, name: str, *args: Any, site: str = SITE) -> dict[str, Any]:
        asked = {"exec_name": name, "exec_args": [_sent(one) for one in args]}
        headers = {"Content-Type": "application/json", "Origin": site}
        status, _, raw = self.asked("POST", "/sof", json.dumps(asked).encode(), headers)
        assert status == 200, raw
        told: dict[str, Any] = json.loads(raw)
        return told

    def call(self, name: str, *args: Any) -> Any:
        told = self.said(name, *args)
        assert told["code"] == 0, told
        return told["data"]

    def octets(self, name: str, *args: Any) -> bytes:
        return base64.b64decode(self.call(name, *args), validate=True)

    def steer(self, action: str, token: str | None = None) -> None:
        asked = {"action": action} | ({"token": token} if token else {})
        assert self.asked("POST", "/steer", json.dumps(asked).encode())[0] == 200


def _sent(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


@pytest.fixture(scope="session")
def running() -> Iterator[Component]:
    main = "import sys; from hub.cli.main import main; sys.exit(main())"
    words = [sys.executable, "-c", main, "sim", "component", "--port", "0", "--origin", SITE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Component(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
            process.wait(60)
    assert process.returncode == 0 or sys.platform == "win32"


@pytest.fixture
def component(running: Component) -> Component:
    """With all tokens as they were handed out."""
    running.steer("restore")
    return running
