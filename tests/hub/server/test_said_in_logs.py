"""What the server writes of requests: where something happened, never what came; one line is one line."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from hub.dialects import Found
from hub.engine import Hub
from hub.ports import Incoming

MARK = "GEHEIM-91620000MA0000000X"
INJECTED = f"{MARK}\r\nERROR forged line\x1b[31m"
SYSTEM = "D09"


class Broken:
    """A dialect that fails with what it was given in its mouth, coming in or going out."""

    name = "soap11-wsse"

    def __init__(self, where: str) -> None:
        self.where = where

    def accept(self, request: Any, call: Any) -> Any:
        if self.where == "accept":
            raise RuntimeError(f"{INJECTED} {request.body!r} {call.credentials}")
        return Incoming("", "", "", "", 0, "", {})

    def reply(self, answer: Any, incoming: Any, call: Any) -> Any:
        raise RuntimeError(f"{INJECTED} {call.credentials}")


def clean(caplog: pytest.LogCaptureFixture, *secrets: str) -> list[str]:
    lines = [logging.Formatter("%(name)s %(levelname)s %(message)s").format(one) for one in caplog.records]
    for line in lines:
        assert MARK not in line and "forged" not in line and "\x1b" not in line, line
        assert "\n" not in line and "\r" not in line, line
        assert not any(secret and secret in line for secret in secrets), line
    return lines


async def raw(world: Any, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(data)
    writer.write_eof()
    async with asyncio.timeout(60):
        try:
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize(
    "data",
    [
        f"GET /{MARK} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        f"GET /%0d%0a{MARK}%1b[31m HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {MARK}\r\nX-{MARK}: \x1b[31m\r\nConnection: close\r\n\r\n",
        f"{MARK} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        f"GET / HTTP/{MARK}\r\n\r\n",
        f"{MARK}\x00\x1b\r\n\r\n",
        f"POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: {MARK}\r\n\r\n",
        "POST /soap HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"{MARK}\r\n",
        f"POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Type: {MARK}\r\nContent-Length: 2\r\n\r\n{{}}",
        f"GET /v1/messages/{MARK} HTTP/1.1\r\nHost: h\r\nX-Hutong-Key: {MARK}\r\nX-Hutong-Sign: {MARK}\r\n"
        "Connection: close\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00" + MARK,
    ],
)
async def test_hostile_requests_leave_nothing_of_theirs(
    world: Any, caplog: pytest.LogCaptureFixture, data: str
) -> None:
    caplog.set_level(logging.DEBUG)
    await raw(world, data.encode("latin-1"))
    clean(caplog)


async def test_a_bug_of_ours_is_told_by_place_and_not_by_what_it_met(
    world: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    async def broken(self: Hub, body: bytes, *rest: Any) -> Any:
        raise RuntimeError(f"{INJECTED} {body!r}")

    def looking(self: Hub, *rest: Any) -> Any:
        raise RuntimeError(INJECTED)

    for name, how in (("submit", broken), ("service", broken), ("trace", looking)):
        monkeypatch.setattr(Hub, name, how)
    envelope = world.signed("P01")
    envelope["body"]["fields"]["x"] = MARK
    assert (await world.post(envelope))[0] == 500
    headers = {"Content-Type": "text/xml"}
    soap = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<putRecord xmlns="urn:ggzy:uis:1">{MARK}</putRecord></s:Body></s:Envelope>'
    )
    async with world.http.post(world.url + "/soap", data=soap.encode(), headers=headers) as reply:
        assert reply.status >= 400
    assert (await world.asked("P01", "GET", f"/v1/messages/{MARK}"))[0] == 500
    lines = clean(caplog, world.keys["P01"].secret.hex(), str(world.keys["P01"].secret))
    told = [line for line in lines if "RuntimeError at" in line]
    assert len(told) >= 2, "it is told"


@pytest.mark.parametrize("where", ["accept", "reply"])
async def test_a_dialect_that_breaks_says_nothing_of_the_call_or_its_credentials(
    make_world: Any, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    caplog.set_level(logging.DEBUG)
    world = await make_world(found=Found({"soap11-wsse": Broken(where)}, {}))  # type: ignore[dict-item]
    (world.data / "peers.toml").write_text(
        f'[systems.{SYSTEM}]\nallow_from = ["127.0.0.1"]\n'
        f'[systems.{SYSTEM}.credentials]\npassword = "hush-hush-9"\n',
        "utf-8",
    )
    async with world.http.post(f"{world.url}/in/{SYSTEM}/x", data=MARK.encode()) as reply:
        assert reply.status >= 400
        assert MARK not in await reply.text()
    assert any("RuntimeError at" in line for line in clean(caplog, "hush-hush-9"))


async def test_sealed_traffic_leaves_no_line_at_all(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is logged while a sealed record comes, is refused or repeated would tell that it is there."""
    await asyncio.sleep(0.5)
    caplog.set_level(logging.INFO, "hub")
    sealed = world.signed("P01", stage="eng-bid-margin")
    for body in (sealed, sealed, {**sealed, "body": {}}):
        await world.post(body)
    assert [line for line in clean(caplog) if line.startswith("hub")] == []


async def test_files_that_are_wrong_are_named_without_their_secrets(
    make_world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world = await make_world()
    (world.data / "peers.toml").write_text(
        f'[systems.D09]\nbase = 7\n[systems.D09.credentials]\npassword = "{MARK}"\n', "utf-8"
    )
    (world.data / "keys" / "P01-1.json").write_text(json.dumps({"keyId": "P01-1", "secret": MARK}), "utf-8")
    await world.get("/healthz")
    await world.post(world.signed("P01"))
    await asyncio.sleep(0.3)
    assert not [one for one in caplog.records if MARK in one.getMessage()]
