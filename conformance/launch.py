"""Starts one simulated system as a process of its own, so that the suite can be tried without a vendor.

The example to read: what is started here is examined over HTTP exactly as a vendor's system would be,
through a plan file that is written next to its keys.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from secrets import token_bytes
from threading import Thread
from typing import Any

READY_SECONDS = 30.0
START = (
    "import argparse, sys; from simulators import cli; p = argparse.ArgumentParser(); cli.configure(p); "
    "sys.exit(cli.run(p.parse_args()))"
)
NATIVE, LEGACY = "T01", "T03"


class LaunchError(Exception):
    """The simulated system did not come up; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started system: its plan, and what it said when it was ready."""

    plan: Path
    management: str


@contextmanager
def simulated(system: str = NATIVE, variant: str = "") -> Iterator[Running]:
    """Start it, give its plan, end it."""
    with tempfile.TemporaryDirectory(prefix="hutong-conform-", ignore_cleanup_errors=True) as place:
        root = Path(place)
        _write_keys(root / "keys", ("centre", system))
        command = [sys.executable, "-c", START, "up", "--systems", system, "--keys", str(root / "keys")]
        command += ["--peers", str(root / "peers.toml"), *(("--variant", variant) if variant else ())]
        with (root / "log.txt").open("wb") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)  # noqa: S603 - our own interpreter
            try:
                ready = _ready(process, root / "log.txt")
                yield Running(
                    _write_plan(root, system, variant, ready["base"]), str(ready.get("management", ""))
                )
            finally:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
    if process.stdout is not None:
        process.stdout.close()


def _ready(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """The one JSON line; a thread reads it, because a pipe has no time limit everywhere."""
    lines: Queue[bytes] = Queue()
    stream = process.stdout
    if stream is None:
        raise LaunchError("no output")
    Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=READY_SECONDS)
        found = json.loads(line)
    except (Empty, ValueError):
        said = log.read_text("utf-8", "replace")[-1500:]
        raise LaunchError(f"模拟系统未就绪 / not ready\n{said}") from None
    return dict(found)


def _write_keys(folder: Path, owners: tuple[str, ...]) -> None:
    folder.mkdir()
    for owner in owners:
        key = {
            "keyId": f"{owner}-1",
            "owner": owner,
            "alg": "hmac-sm3",
            "secret": base64.b64encode(token_bytes(32)).decode("ascii"),
            "demo": True,
        }
        (folder / f"{owner}.json").write_text(json.dumps(key), "utf-8")


def _write_plan(root: Path, system: str, variant: str, base: str) -> Path:
    place = base if base.rstrip("/").endswith(f"/{system}") else f"{base.rstrip('/')}/{system}"
    if system == LEGACY:
        text = _legacy_plan(root, place)
    else:
        text = f"""[system]
id = "{system}"
zh = "第三方电子交易系统一(标准达标)"
version = "1.0{f"+{variant}" if variant else ""}"

[endpoints]
inbound = "{place}/uis/v1/messages"
export = "{place}/uis/v1/records"
control = "{place}/uis/v1/control"

[scope]
sectors = ["engineering"]
stages = [
  "eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document",
  "eng-bidder-list", "eng-bid-margin", "eng-bid-opening", "eng-candidate-publicity", "eng-result-notice",
  "contract-sign",
]
bindings = ["json"]

[credentials]
hub_key = "keys/centre.json"
system_key = "keys/{system}.json"

[limits]
max_body = 1048576
"""
    path = root / "plan.toml"
    path.write_text(text, "utf-8")
    return path


def _legacy_plan(root: Path, place: str) -> str:
    peers = tomllib.loads((root / "peers.toml").read_text("utf-8"))
    try:
        token = peers["systems"][LEGACY]["credentials"]["token"]
    except KeyError as missing:
        raise LaunchError(f"{LEGACY}: peers.toml 没有 / lacks {missing}") from None
    return f"""[system]
id = "{LEGACY}"
zh = "第三方电子交易系统三(老系统)"
version = "1.0"

[endpoints]
inbound = "{place}/WebService/TradeDataService.asmx"

[scope]
sectors = ["engineering"]
dialect = "asmx-parasxml"

[credentials]
token = {json.dumps(token)}
"""
