"""A real time-stamp service over HTTP for the hub under test, with the faults such services have."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from aiohttp import web
from core_kit import NOW, Bench

from certs.testpki.issue import Authority
from certs.timestamp import Accuracy, Failure, request, respond
from certs.timestamp.messages import read_request
from certs.timestamp.respond import refusal

STAMPS = ("1.3.6.1.5.5.7.3.8",)
POLICY = "1.2.156.10197.6.1.99.1"


def pem(*ders: bytes, what: str = "CERTIFICATE") -> str:
    return "".join(
        f"-----BEGIN {what}-----\n{base64.encodebytes(der).decode()}-----END {what}-----\n" for der in ders
    )


@dataclass
class Tsa:
    """`fault` names what it does wrong next; `asked` are the requests it has seen."""

    clock: Callable[[], datetime]
    kind: str = "ecdsa-sha256"
    fault: str = ""
    days: int = 300
    asked: list[bytes] = field(default_factory=list)
    given: list[bytes] = field(default_factory=list)
    port: int = 0
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.root = Authority.root("时间戳根", self.kind, now=NOW)
        self.key = self.root.issue("时间戳机构", extended=STAMPS, days=self.days)
        self.stranger = Authority.root("别家根", self.kind, now=NOW).issue("别家", extended=STAMPS, days=300)
        self.slow = asyncio.Event()

    async def up(self) -> str:
        app = web.Application()
        app.router.add_post("/tsa", self._answer)
        app.router.add_post("/else", self._elsewhere)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return self.url

    async def down(self) -> None:
        self.slow.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsa"

    def files(self, folder: Path, *, lists: bool = True) -> dict[str, Path]:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tsa.pem").write_text(pem(self.root.key.certificate))
        if not lists:
            return {"tsa_certificates": folder / "tsa.pem"}
        (folder / "tsa.crl").write_text(pem(self.root.crl(this_update=NOW), what="X509 CRL"))
        return {"tsa_certificates": folder / "tsa.pem", "tsa_crls": folder / "tsa.crl"}

    def stamp(self, asked: bytes, *, key=None, at: datetime | None = None) -> bytes:
        return respond(
            asked, key or self.key, at=at or self.clock(), serial=len(self.asked) + 1, policy=POLICY,
            accuracy=Accuracy(1),
        )  # fmt: skip

    async def _answer(self, asked: web.Request) -> web.Response:
        body = await asked.read()
        self.asked.append(body)
        fault = self.fault
        if fault == "redirect":
            raise web.HTTPTemporaryRedirect("/else")
        if fault == "slow":
            await self.slow.wait()
        if fault == "http":
            return web.Response(status=503)
        if fault == "html":
            return web.Response(text="<html>登录</html>", content_type="text/html")
        if fault == "large":
            return self._reply(b"\x30" * (2 << 20))
        reply = self._told(body)
        self.given.append(reply)
        return self._reply(reply)

    def _told(self, body: bytes) -> bytes:
        match self.fault:
            case "other":
                return self.stamp(request(b"something else", "sm3", nonce=read_request(body).nonce))
            case "no-nonce":
                return self.stamp(request(read_request(body).imprint))
            case "stranger":
                return self.stamp(body, key=self.stranger)
            case "refused":
                return refusal(Failure.systemFailure)
            case "replay":
                return self.given[0]
            case "future":
                return self.stamp(body, at=self.clock() + timedelta(hours=1))
            case "garbage":
                return b"\x30\x03\x02\x01\x00"
        return self.stamp(body)

    async def _elsewhere(self, asked: web.Request) -> web.Response:
        self.asked.append(b"elsewhere")
        return self._reply(self.stamp(await asked.read()))

    def _reply(self, body: bytes) -> web.Response:
        return web.Response(body=body, content_type="application/timestamp-reply")


async def stamped_hub(folder: Path, tsa: Tsa, *, lists: bool = True, **settings):
    """A bench whose hub asks this service; its timers are moved by hand."""
    await tsa.up()
    bench = Bench(
        folder / "data",
        tsa_url=tsa.url,
        head_pulse=3600.0,
        **tsa.files(folder / "trust", lists=lists),
        **settings,
    )
    tsa.clock = bench.clock
    return bench, await bench.open("T01", by_hand=True)


def ticking(hub):
    """The stamper's own clock, moved by hand instead of waited for."""
    stamper = hub._parts.notary.stamper
    at = [0.0]
    stamper.ticks = lambda: at[0]
    return lambda seconds: at.__setitem__(0, at[0] + seconds)


def entries(hub, kind: str) -> list[dict]:
    found = hub._parts.reading.journal.heads(0, 100_000)
    return [one.facts for one in found if one.facts["kind"] == kind]
