"""Killed and started again: nothing used before is usable after, because nothing of it is anywhere."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import aiohttp

from hub.keyring import make_demo_keys
from tests.hub.auth.auth_kit import Page, octets, raw
from tests.hub.server.ca_kit import provided


def _started(data: Path) -> tuple[subprocess.Popen[str], str]:
    words = [sys.executable, "-m", "hub.cli.main", "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["url"])


async def test_killed_and_started_again(tmp_path):
    data = tmp_path / "data"
    make_demo_keys(data / "keys", ["P01", "centre"], random.Random(1))
    shutil.copytree(provided(), data / "ca")
    process, url = _started(data)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            page = Page(SimpleNamespace(url=url, http=http))
            _, used = await page("/challenges", {"action": "login", "business": "E6210262602013950001001"})
            proof = {"challengeId": used["challengeId"], **raw("C01", octets(used))}
            status, said = await page("/logins", proof)
            assert status == 200, said
            _, left = await page("/challenges", {"action": "login"})
            _, shown = await page("/tickets", {"action": "login", "provider": "P01"})
            process.send_signal(signal.SIGKILL)
            assert process.wait(60) == -signal.SIGKILL
            process, url = _started(data)
            page.world = SimpleNamespace(url=url, http=http)
            assert (await page("/logins", proof))[1]["code"] == "challenge.unknown"
            fresh = {"challengeId": left["challengeId"], **raw("C01", octets(left))}
            assert (await page("/logins", fresh))[1]["code"] == "challenge.unknown"
            assert (await page(f"/tickets/{shown['ticket']}/use"))[1]["code"] == "ticket.unknown"
            token = {"token": said["session"]["token"]}
            assert (await page("/sessions", token))[1]["code"] == "session.unknown"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    kept = b"".join(one.read_bytes() for one in data.rglob("*") if one.is_file() and "ca" not in one.parts)
    words = (used["challengeId"], shown["ticket"], token["token"], page.cookie, "E6210262602013950001001")
    assert not any(word.encode() in kept for word in words)
