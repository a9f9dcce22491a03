"""A hub with TLS: believed by `--hub-ca` alone; without it, or by another CA, nothing is sent to it."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from certs import testpki
from hub.message import CST
from simulators import up
from simulators.fleet import Fleet, Options
from simulators.systems.t01 import ReferenceSystem
from simulators.systems.t01.outbox import Sending
from simulators.trust import trust_in


@pytest.fixture(name="pki")
def pki_fixture(tmp_path: Path) -> Path:
    testpki.make(tmp_path / "pki", now=datetime.now(CST))
    return tmp_path / "pki"


@pytest.fixture(name="hub")
async def hub_fixture(pki: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """Somebody who answers 202 to everything over TLS, and what it was asked."""
    asked: list[str] = []

    async def take(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({}, status=202)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pki / "server.pem", pki / "server.key")
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}", asked
    await runner.cleanup()


async def told(fleet: Fleet, hub: str) -> int | None:
    """The status of one message of T01's, by its own outbox."""
    side = fleet.systems["T01"].side
    assert isinstance(side, ReferenceSystem)
    side.outbox.hub = hub
    side.outbox.seal = lambda _envelope: b"{}"  # type: ignore[method-assign,assignment]
    sending = Sending("m1")
    import aiohttp

    async with aiohttp.ClientSession() as session:
        sending.status, _ = await side.outbox.attempt(session, {})
    return sending.status


async def test_the_hub_is_believed_by_the_ca_that_was_named(pki: Path, hub: tuple[str, list[str]]) -> None:
    fleet = Fleet.muster(Options(("T01",), hub[0], hub_ca=pki / "ca.pem"))
    assert await told(fleet, hub[0]) == 202
    assert hub[1] == ["/v1/messages"]


async def test_another_ca_is_not_enough(tmp_path: Path, hub: tuple[str, list[str]]) -> None:
    testpki.make(tmp_path / "other", now=datetime.now(CST))
    for ca in (None, tmp_path / "other" / "ca.pem"):
        assert await told(Fleet.muster(Options(("T01",), hub[0], hub_ca=ca)), hub[0]) is None
    assert hub[1] == []


async def test_a_tender_of_the_old_system_goes_over_tls(pki: Path, hub: tuple[str, list[str]]) -> None:
    fleet = Fleet.muster(Options(("T03",), hub[0], hub_ca=pki / "ca.pem"))
    wire: Any = argparse.Namespace(path="/in/T03/x", body=b"x", headers={})
    desk = fleet.desks["T03"]
    assert await desk._post(wire) == (202, b"{}")
    await desk.stop()
    assert hub[1] == ["/in/T03/x"]


async def test_a_forked_world_believes_the_same(pki: Path, hub: tuple[str, list[str]]) -> None:
    fleet = Fleet.muster(Options(("T01",), hub[0], hub_ca=pki / "ca.pem"))
    await fleet.start()
    world = await fleet.fork("two", fleet.main)
    side = world.systems["T01"].side
    assert isinstance(side, ReferenceSystem) and isinstance(side.outbox.trust, ssl.SSLContext)
    await fleet.stop()


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_file_that_is_no_ca_stops_the_start(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    ca = tmp_path / "ca.pem"
    if text is not None:
        ca.write_text(text, "utf-8")
    with pytest.raises(OSError):
        trust_in(ca)
    parser = argparse.ArgumentParser()
    up.configure(parser)
    assert up.run(parser.parse_args(["--systems", "T01", "--hub-ca", str(ca)])) == 2
    assert "--hub-ca" in capsys.readouterr().err
