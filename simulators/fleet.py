"""Any subset of the 135 on one loop: who starts, who cannot yet and why, where they listen."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from certs import testpki
from hub.catalogue.papers import PapersError
from hub.message import CST
from simulators.dialects import SIDES, UNSPOKEN
from simulators.faults import FaultPlan
from simulators.roll import Row, papered, roll, variant_papered
from simulators.server import FleetServer
from simulators.system import System
from simulators.systems.build import Making, build
from simulators.systems.traders import trading_desks
from simulators.trading import Tender, TradingDesk

HOST = "127.0.0.1"
NATIVE = "hub-unified-v1"


def beijing() -> datetime:
    return datetime.now(CST)


@dataclass(frozen=True, slots=True)
class Options:
    """What `hutong sim up` was asked for. `systems` empty means all."""

    systems: tuple[str, ...] = ()
    hub: str = ""
    keys: Path | None = None
    seed: int = 1
    variant: str = ""
    pki: Path | None = None
    realm: str = "sandbox"
    chaos: float = 0.0


@dataclass(slots=True)
class Fleet:
    """The systems that run, those that do not with the reason, and the listeners.

    Most share one listener under `/<ID>`. The native dialect wants a base address without a path (its
    request signatures cover the target as on the wire), so each native system has a listener of its own;
    T01 is reachable under both. The chain platforms share one with mutual TLS.
    """

    options: Options
    systems: dict[str, System] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    base: str = ""
    tls_base: str = ""
    own_bases: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], datetime] = beijing
    desks: dict[str, TradingDesk] = field(default_factory=dict)
    _runners: list[web.ServerRunner] = field(default_factory=list)

    @classmethod
    def muster(cls, options: Options, *, clock: Callable[[], datetime] = beijing) -> Fleet:
        """Build every system that can be built; an unknown id raises KeyError naming it."""
        fleet = cls(options, clock=clock)
        making = Making(options.seed, options.keys, options.variant, options.realm, options.chaos)
        for row in chosen(options.systems):
            reason = cannot(row)
            if reason:
                fleet.waiting[row.id] = reason
                continue
            try:
                fleet.systems[row.id] = build(row, making)
            except PapersError as error:
                fleet.waiting[row.id] = str(error)
        fleet.desks = trading_desks(fleet.systems, options.hub, making, clock)
        return fleet

    def open_tender(
        self, ident: str, seed: int, region: str | None, pace: float, pause_before: str
    ) -> Tender:
        """Begin a tender at T01 or T03, after its owner has filed the project with D01.

        Raises KeyError for a system that trades nothing, ValueError for a tender that exists.
        """
        desk = self.desks[ident]
        project = desk.plan(seed, region)
        register = self.systems["D01"].desk.switches["projects"] if "D01" in self.systems else None
        if register is not None:
            register.register(project)
        return desk.start(project, pace=pace, pause_before=pause_before)

    async def start(self, port: int = 0) -> None:
        """Open the plain listener, and the mutual TLS one where a system wants it."""
        plain = {ident: system for ident, system in self.systems.items() if not system.mutual_tls}
        self.base = f"http://{HOST}:{await self._listen(plain, port, None)}"
        for ident, system in plain.items():
            if system.desk.dialect == NATIVE:
                self.own_bases[ident] = f"http://{HOST}:{await self._listen({ident: system}, 0, None, ident)}"
        guarded = {ident: system for ident, system in self.systems.items() if system.mutual_tls}
        if guarded and self.options.pki is not None:
            context = server_context(self.options.pki, self.clock())
            self.tls_base = f"https://{HOST}:{await self._listen(guarded, 0, context)}"

    async def _listen(
        self, systems: dict[str, System], port: int, context: ssl.SSLContext | None, alone: str = ""
    ) -> int:
        server = FleetServer(systems, self.clock, alone)
        runner = web.ServerRunner(web.Server(server.handle, access_log=None))
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, HOST, port, ssl_context=context).start()
        return int(runner.addresses[0][1])

    def address(self, ident: str) -> str:
        """The outgoing base address of one system, as the hub must call it."""
        if ident in self.own_bases:
            return self.own_bases[ident]
        base = self.tls_base if self.systems[ident].mutual_tls else self.base
        return f"{base}/{ident}"

    def peers(self) -> dict[str, Any]:
        """The content of `peers.toml` (seams)."""
        return {"systems": {ident: self._peer(ident, system) for ident, system in self.systems.items()}}

    def _peer(self, ident: str, system: System) -> dict[str, Any]:
        peer: dict[str, Any] = {"base": self.address(ident), "allow_from": [HOST]}
        if system.desk.credentials:
            peer["credentials"] = dict(system.desk.credentials)
        if system.mutual_tls and self.options.pki is not None:
            folder = self.options.pki.resolve()
            peer["tls"] = {
                "ca": str(folder / "ca.pem"),
                "cert": str(folder / "client.pem"),
                "key": str(folder / "client.key"),
            }
        return peer

    async def stop(self) -> None:
        for desk in self.desks.values():
            await desk.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()


def chosen(idents: Iterable[str]) -> list[Row]:
    """The rows of these ids (all 135 for none), refusing an id that is not in the catalogue."""
    known = roll()
    return [known[ident] for ident in idents] if idents else list(known.values())


def cannot(row: Row) -> str:
    """Why this system cannot be started yet; empty when it can."""
    if row.dialect not in SIDES:
        return f"dialect {row.dialect} has no simulator yet"
    if not papered(row.dialect):
        return f"dialect {row.dialect} has no papers yet"
    if not variant_papered(row):
        return f"variant {row.variant} of {row.dialect} has no papers yet"
    if (row.dialect, row.variant) in UNSPOKEN:
        return f"variant {row.variant} of {row.dialect} has no simulator yet"
    return ""


def system_of(row: Row, making: Making) -> System:
    """One system alone, as tests want it."""
    return build(row, making)


def server_context(folder: Path, now: datetime) -> ssl.SSLContext:
    """Mutual TLS with a throw-away PKI in `folder`, made when it is not there."""
    if not (folder / "ca.pem").is_file():
        testpki.make(folder, now=now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


__all__ = ["FaultPlan", "Fleet", "Options", "beijing", "cannot", "chosen", "server_context", "system_of"]
