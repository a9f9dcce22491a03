"""`hutong sim` as a process: ready line, peers.toml, faults by command, T01's control, SIGTERM."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from certs.algorithms.digest import digest
from hub.message import CST, Key, sign_request

HUTONG = [sys.executable, "-c", "import sys; from hub.cli.main import main; sys.exit(main())", "sim"]
CENTRE = Key("centre-1", "centre", "hmac-sm3", b"c" * 32)


def sim(*words: str) -> tuple[int, str]:
    done = subprocess.run([*HUTONG, *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


@pytest.fixture(name="up")
def up_fixture(tmp_path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    keys = tmp_path / "keys"
    keys.mkdir()
    for key in (CENTRE, Key("T01-1", "T01", "hmac-sm3", b"t" * 32)):
        told = {
            "keyId": key.key_id,
            "owner": key.owner,
            "alg": key.alg,
            "secret": base64.b64encode(key.secret).decode(),
        }
        (keys / f"{key.key_id}.json").write_text(json.dumps(told), "utf-8")
    words = [
        "up",
        "--systems",
        "T01,P02,M01,P01",
        "--keys",
        str(keys),
        "--peers",
        str(tmp_path / "peers.toml"),
    ]
    with subprocess.Popen(
        [*HUTONG, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), tmp_path
        process.terminate()
        assert process.wait(60) == 0


def test_list_and_behaviours() -> None:
    code, out = sim("list", "--json")
    rows = json.loads(out)
    assert code == 0 and len(rows) == 135
    assert all(row["can_start"] != bool(row["reason"]) for row in rows)
    assert "135" in sim("list")[1]
    told = json.loads(sim("behaviours", "--json")[1])
    assert len(told["faults"]) >= 40 and len(told["variants"]) >= 8


def test_wrong_words_are_wrong_usage() -> None:
    assert sim("up", "--systems", "Z99")[0] == 2
    assert sim("up", "--systems", "T01", "--variant", "perfect")[0] == 2
    assert sim("fault", "M01", "busy", "--management", "http://127.0.0.1:9")[0] == 3


def test_up_writes_peers_and_says_who_cannot_start(up: tuple[dict[str, Any], Path]) -> None:
    ready, folder = up
    assert ready["ready"] and set(ready["systems"]) >= {"T01", "P02", "M01"}
    peers = tomllib.loads((folder / "peers.toml").read_text("utf-8"))["systems"]
    assert set(peers) == set(ready["systems"])
    code, out = sim("fault", "M01", "busy", "--management", ready["management"], "--times", "0")
    assert code == 0 and json.loads(out)["times"] is None
    assert sim("fault", "M01", "no-such", "--management", ready["management"])[0] == 1
    assert len(json.loads(sim("fault", "M01", "--management", ready["management"])[1])) == 1
    assert json.loads(sim("fault", "M01", "--lift", "--management", ready["management"])[1]) == {"lifted": 1}


class Inbox(BaseHTTPRequestHandler):
    """A hub that loses its first acknowledgement."""

    got: list[dict[str, Any]] = []  # noqa: RUF012 - one per test run

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(raw))
        if len(self.got) == 1:
            self.connection.close()
            return
        body = b'{"code":"0000"}'
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def control(base: str, command: str, **arguments: Any) -> Any:
    body = json.dumps({"command": command, "arguments": arguments}).encode()
    target = "/T01/uis/v1/control"
    headers = sign_request(
        "POST", target, CENTRE, now=datetime.now(CST), nonce=secrets.token_hex(12),
        body_digest="sm3:" + digest(body).hex(),
    )  # fmt: skip
    request = urllib.request.Request(base + target, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


def test_t01_sends_what_it_is_told_until_it_is_acknowledged(up: tuple[dict[str, Any], Path]) -> None:
    ready, _ = up
    Inbox.got = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        control(ready["base"], "connect", hub=f"http://127.0.0.1:{server.server_address[1]}")
        made = control(ready["base"], "publish-notice", seed=3)
        for _ in range(2000):
            state = control(ready["base"], "sent", msgId=made["msgId"])
            if state["done"]:
                break
            time.sleep(0.05)
        assert (state["status"], state["attempts"]) == (202, 2)
        first, second = Inbox.got
        assert first["head"]["msgId"] == second["head"]["msgId"] == made["msgId"]
        assert first["body"] == second["body"] and first["head"]["nonce"] != second["head"]["nonce"]
    finally:
        server.shutdown()
        server.server_close()
