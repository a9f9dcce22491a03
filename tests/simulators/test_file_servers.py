"""The fleet's folders as others find them: OpenSSH `sftp` at a county, `curl` FTP at the platform."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from hub.peers import read_peers
from simulators import peers
from simulators.clock import MovableClock
from simulators.fleet import Fleet, Options

EVENING = datetime(2026, 11, 22, 20, 0, 0, tzinfo=CST)
DROP = {line["id"]: line for line in Papers.load("xml-drop").golden() if line["file"] == "outward.jsonl"}
CASCADE = {
    line["id"]: line for line in Papers.load("cascade-db-file").golden() if line["file"] == "outward.jsonl"
}


@pytest.fixture(name="fleet")
async def fleet_fixture(tmp_path: Path) -> AsyncIterator[Fleet]:
    pytest.importorskip("asyncssh")
    pytest.importorskip("pyftpdlib")
    options = Options(("X02", "D05", "D13", "D20"), places=tmp_path / "places")
    fleet = Fleet.muster(options, clock=MovableClock(lambda: EVENING))
    await fleet.start()
    yield fleet
    await fleet.stop()


async def run(*command: str, stdin: str = "", env: dict[str, str] | None = None) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **(env or {})},
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate(stdin.encode())
    return process.returncode or 0, out.decode("utf-8", "replace")


async def until(what: Callable[[], Any], *, patience: float = 60.0) -> Any:
    async with asyncio.timeout(patience):
        while not (said := what()):
            await asyncio.sleep(0.02)
    return said


async def sftp(peer: dict[str, Any], folder: Path, batch: str) -> tuple[int, str]:
    """OpenSSH's own client, told the password by an askpass script and the host key by a file."""
    at, given = urlsplit(peer["base"]), peer["credentials"]
    folder.mkdir(exist_ok=True)
    known, ask, script = folder / "known_hosts", folder / "ask", folder / "batch"
    known.write_text(given["known_hosts"])
    ask.write_text("#!/bin/sh\necho '" + given["password"] + "'\n")
    ask.chmod(0o700)
    script.write_text(batch)
    words = [
        "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes",
        "-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=password", "-P", str(at.port),
    ]  # fmt: skip
    env = {"SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"}
    # -b would forbid to ask for a password at all
    return await run("sftp", *words, f"{at.username}@{at.hostname}", stdin=script.read_text(), env=env)


@pytest.mark.skipif(shutil.which("sftp") is None, reason="no OpenSSH sftp here")
async def test_openssh_sftp_at_a_county(fleet: Fleet, tmp_path: Path) -> None:
    """A package of the papers put by sftp, renamed into place; its receipt fetched the same way."""
    put = json.loads(DROP["push-success"]["request"]["body"])["put"]
    name = put[0]["path"].removeprefix("in/")
    (tmp_path / "package").write_bytes(base64.b64decode(put[0]["b64"]))
    (tmp_path / "marker").touch()
    batch = f"put {tmp_path / 'package'} in/.part\nrename in/.part in/{name}\n"
    batch += f"put {tmp_path / 'marker'} in/{name}.ok\nls out\n"
    peer = fleet.peers()["systems"]["X02"]
    code, said = await sftp(peer, tmp_path / "ssh", batch)
    assert code == 0, said
    await until(lambda: fleet.systems["X02"].desk.ledger.effects)
    target = f"out/{name.removesuffix('.zip')}.receipt.xml"
    there = tmp_path / "places" / "main" / "X02-files" / target
    await until(there.exists)
    code, said = await sftp(peer, tmp_path / "ssh", f"get {target} {tmp_path / 'receipt'}\nls send\n")
    assert code == 0 and b'result="success"' in (tmp_path / "receipt").read_bytes(), said
    wrong = {**peer, "credentials": {**peer["credentials"], "password": "no"}}
    assert (await sftp(wrong, tmp_path / "ssh", "ls\n"))[0] != 0


@pytest.mark.skipif(shutil.which("sftp") is None, reason="no OpenSSH sftp here")
async def test_what_the_system_lays_down_is_fetched_by_sftp(fleet: Fleet, tmp_path: Path) -> None:
    records = json.loads((Papers.load("xml-drop").root.parent / "records.json").read_text("utf-8"))
    fleet.systems["D05"].side.tell(  # type: ignore[attr-defined]
        "mine-result", "C" * 32, 1, "insert", records["mine-result"]["fields"]
    )
    fleet.main.wake("D05")
    name = "D05_KYJG_20261122200000_0001.zip"
    await until((tmp_path / "places" / "main" / "D05-files" / "send" / f"{name}.ok").exists)
    peer = fleet.peers()["systems"]["D05"]
    code, said = await sftp(peer, tmp_path / "ssh", f"ls send\nget send/{name} {tmp_path / 'got'}\n")
    assert code == 0 and name in said and (tmp_path / "got").read_bytes().startswith(b"PK")


async def curl(url: str, account: str, *words: str) -> tuple[int, str]:
    return await run("curl", "-sS", "--max-time", "20", "-u", account, *words, url)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
async def test_curl_ftp_at_the_exchange_platform(fleet: Fleet, tmp_path: Path) -> None:
    """Rows by SQL, the file by curl: read, and seen again through both."""
    peer = fleet.peers()["systems"]["D13"]
    given, steps = peer["credentials"], json.loads(CASCADE["push-read"]["request"]["body"])["steps"]
    assert given["files"].startswith("ftp://")
    at = urlsplit(given["files"])
    account, base = f"{given['file_username']}:{given['file_password']}", f"ftp://{at.hostname}:{at.port}/"
    file, row = steps[1]["body"]["put"][0], steps[2]["body"]["put"][0]["row"]
    from simulators.dialects.cascade_files import signature

    octets = base64.b64decode(file["b64"])
    row["signature"] = signature(given["file_key"], octets)
    (tmp_path / "data").write_bytes(octets)
    code, said = await curl(base + file["path"], account, "-T", str(tmp_path / "data"))
    assert code == 0, said
    path = urlsplit(peer["base"]).path
    with sqlite3.connect(path, timeout=60) as hand:
        for put in (steps[0]["body"]["put"][0], steps[2]["body"]["put"][0]):
            marks = ", ".join("?" * len(put["row"]))
            text = f"INSERT INTO {put['table']} ({', '.join(put['row'])}) VALUES ({marks})"
            hand.execute(text, list(put["row"].values()))

    def state() -> Any:
        with sqlite3.connect(path, timeout=60) as hand:
            return hand.execute("SELECT state, err_code FROM data_desc_up WHERE state <> '0'").fetchall()

    assert await until(state) == [("1", None)]
    code, said = await curl(base + "up/", account, "--list-only")
    assert code == 0 and said.strip() == file["path"].removeprefix("up/")
    assert (await curl(base, f"{given['file_username']}:no"))[0] != 0


async def test_the_hub_reads_these_peers(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "peers.toml"
    peers.write(path, fleet.peers())
    told = read_peers(path, realm="sandbox", env={})
    assert told["X02"].base.startswith("sftp://") and told["X02"].poll is not None
    assert told["D13"].poll is not None and told["D20"].poll is None
    assert "known_hosts" in told["X02"].credentials and told["D20"].credentials["files"].startswith("ftp://")
