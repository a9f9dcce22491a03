"""Any subset of the 135 on one loop: who starts, who cannot yet and why, where they listen."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from certs import testpki
from simulators.clock import MovableClock, beijing
from simulators.faults import FaultPlan
from simulators.http import Dispatch, HttpPort, listen
from simulators.journal import room_of
from simulators.lines import Lines, line_of
from simulators.listening import Address
from simulators.roster import cannot, chosen, muster, system_of
from simulators.system import System
from simulators.systems.build import Making
from simulators.systems.traders import believe, trading_desks
from simulators.trading import Tender, TradingDesk
from simulators.trust import trust_in
from simulators.world import MAIN, World, WorldKept

HOST = "127.0.0.1"
NATIVE = "hub-unified-v1"


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
    database: str = ""  # DSN of a PostgreSQL for the tables; without it they are SQLite files
    places: Path | None = None  # where tables and folders lie; a temporary folder if not given
    port_each: bool = False
    mutual_tls: bool = False  # every HTTP listener, not only that of systems which ask for it
    engine: str = ""  # httptools | aiohttp
    sleepless: bool = False  # nobody shuts for the night
    hub_ca: Path | None = None  # whom a hub with TLS is believed by, when it is not a CA of the machine

    def making(self) -> Making:
        return Making(self.seed, self.keys, self.variant, self.realm, self.chaos, self.sleepless)


@dataclass(slots=True)
class Fleet:
    """The systems that run, those that do not with the reason, and the listeners.

    Most share one listener under `/<ID>`. The native dialect wants a base address without a path (its
    request signatures cover the target as on the wire), so each native system has a listener of its own;
    T01 is reachable under both. The chain platforms share one with mutual TLS. With `port_each` every
    system has one of its own besides.
    """

    options: Options
    main: World
    waiting: dict[str, str] = field(default_factory=dict)
    base: str = ""
    tls_base: str = ""
    worlds: dict[str, World] = field(default_factory=dict)
    _plain: Dispatch = field(default_factory=Dispatch)
    _guarded: Dispatch = field(default_factory=Dispatch)
    _ports: dict[str, list[HttpPort]] = field(default_factory=dict)
    _scratch: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def muster(cls, options: Options, *, clock: Callable[[], datetime] = beijing) -> Fleet:
        """Build every system that can be built; an unknown id raises KeyError naming it."""
        systems, waiting = muster(options.systems, options.making(), options.database)
        cls._share_room(systems)
        movable = clock if isinstance(clock, MovableClock) else MovableClock(clock)
        main = World(MAIN, systems, movable)
        trust = trust_in(options.hub_ca)
        believe(systems, trust)
        main.desks = trading_desks(systems, options.hub, options.making(), movable, trust)
        fleet = cls(options, main, waiting)
        fleet.worlds[MAIN] = main
        return fleet

    @staticmethod
    def _share_room(systems: dict[str, System]) -> None:
        for system in systems.values():
            system.journal.room = room_of(len(systems))

    @property
    def systems(self) -> dict[str, System]:
        return self.main.systems

    @property
    def desks(self) -> dict[str, TradingDesk]:
        return self.main.desks

    @property
    def clock(self) -> MovableClock:
        return self.main.clock

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
        """Open the plain listener, the mutual TLS one where a system wants it, and the other lines."""
        self._ports[MAIN] = []
        tls = self._context() if self.options.mutual_tls else None
        plain = await listen(self._plain, HOST, port, tls, self.options.engine)
        self._ports[MAIN].append(plain)
        self.base = f"http{'s' if tls else ''}://{HOST}:{plain.port}"
        if any(system.mutual_tls for system in self.systems.values()) and self.options.pki is not None:
            guarded = await listen(self._guarded, HOST, 0, self._context(), self.options.engine)
            self._ports[MAIN].append(guarded)
            self.tls_base = f"https://{HOST}:{guarded.port}"
        await self.open(self.main)

    async def open(self, world: World) -> None:
        """Make the systems of a world reachable."""
        speaking = {i: s for i, s in world.systems.items() if line_of(s.desk.dialect) == "http"}
        self._plain.add(world, (i for i, s in speaking.items() if not s.mutual_tls))
        self._guarded.add(world, (i for i, s in speaking.items() if s.mutual_tls))
        ports = self._ports.setdefault(world.name, [])
        for ident, system in speaking.items():
            if system.desk.dialect == NATIVE or self.options.port_each:
                own = await self._own_port(world, system)
                ports.append(own)
                scheme = "https" if self._secured(system) else "http"
                world.addresses[ident] = Address(f"{scheme}://{HOST}:{own.port}")
        for ident, system in world.systems.items():
            if (
                system.doors is not None
            ):  # never in TLS: lists and answers are signed, and asked for before TLS
                only = Dispatch.alone(system.doors, world.clock)
                ports.append(await listen(only, HOST, 0, None, self.options.engine))
                world.doors[ident] = f"http://{HOST}:{ports[-1].port}"
                if "listing" in system.desk.switches:  # its list says where its responder is
                    system.desk.switches["listing"].base = world.doors[ident]
        if len(speaking) < len(world.systems):
            lines = Lines(
                self._places() / world.name, world.clock, self.options.database, f"sim_{world.name}"
            )
            failed = await world.open_lines(lines, HOST)
            self.waiting |= failed if world is self.main else {}
            for ident in failed:
                world.systems.pop(ident)

    async def _own_port(self, world: World, system: System) -> HttpPort:
        tls = self._context() if self._secured(system) else None
        return await listen(Dispatch.alone(system, world.clock), HOST, 0, tls, self.options.engine)

    def _secured(self, system: System) -> bool:
        return (system.mutual_tls or self.options.mutual_tls) and self.options.pki is not None

    def _context(self) -> ssl.SSLContext:
        if self.options.pki is None:
            raise ValueError("mutual TLS needs a folder for its test PKI (--pki)")
        return server_context(self.options.pki, beijing())

    def _places(self) -> Path:
        if self.options.places is not None:
            return self.options.places
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="hutong-sim-places-")
        return Path(self._scratch.name)

    def address(self, ident: str, world: World | None = None) -> str:
        """The outgoing base address of one system, as the hub must call it."""
        world = world or self.main
        if ident in world.addresses:
            return world.addresses[ident].base
        base = self.tls_base if world.systems[ident].mutual_tls else self.base
        return f"{base}/{world.prefix}{ident}"

    def peers(self, world: World | None = None) -> dict[str, Any]:
        """The content of `peers.toml` (seams)."""
        world = world or self.main
        return {"systems": {ident: self._peer(ident, world) for ident in world.systems}}

    def _peer(self, ident: str, world: World) -> dict[str, Any]:
        system = world.systems[ident]
        peer: dict[str, Any] = {"base": self.address(ident, world), "allow_from": [HOST]}
        where = world.addresses.get(ident, Address(""))
        own = where.credentials
        peer |= {**getattr(system.side, "peer_row", {}), **where.row}
        if ident in world.doors:
            peer["pki"] = f"{world.doors[ident]}/pki"
        if system.desk.credentials or own:
            peer["credentials"] = {**system.desk.credentials, **own}
        if peer["base"].startswith("https:") and self.options.pki is not None:
            folder = self.options.pki.resolve()
            peer["tls"] = {
                "ca": str(folder / "ca.pem"),
                "cert": str(folder / "client.pem"),
                "key": str(folder / "client.key"),
            }
        return peer

    async def fork(self, name: str, source: World, kept: WorldKept | None = None) -> World:
        """A new world with the systems and the state of another, as it is now or as it was when kept."""
        kept = kept or await source.keep()
        systems, _ = muster(tuple(source.systems), self.options.making(), self.options.database)
        self._share_room(systems)
        believe(systems, trust_in(self.options.hub_ca))
        world = World(name, systems)
        await self.open(world)
        await world.recall(kept)
        self.worlds[name] = world
        return world

    async def drop(self, world: World) -> None:
        """Close a world and forget it; its tables and folders go as well."""
        self.worlds.pop(world.name)
        await self.shut(world)
        if self._scratch is not None:
            shutil.rmtree(self._places() / world.name, ignore_errors=True)

    async def shut(self, world: World) -> None:
        """Close what `open` opened for a world."""
        self._plain.remove(world)
        self._guarded.remove(world)
        for port in self._ports.pop(world.name, []):
            await port.close()
        await world.close()

    async def stop(self) -> None:
        for world in list(self.worlds.values()):
            await self.shut(world)
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None


def server_context(folder: Path, now: datetime) -> ssl.SSLContext:
    """Mutual TLS with a throw-away PKI in `folder`, made when it is not there."""
    if not (folder / "ca.pem").is_file():
        testpki.make(folder, now=now)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


__all__ = ["FaultPlan", "Fleet", "Options", "beijing", "cannot", "chosen", "server_context", "system_of"]
