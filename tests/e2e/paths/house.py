"""One hub and the running CAs for all paths, on two clocks that go alike; what is believed is put by hand."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from adapters.sof.gateway import Bounds, Sof
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import pem, private_der
from certs.cases.stage import Stage
from certs.cases.table import Case
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.testpki.world import World as Pki
from hub.ca.belief import CRLS, LIST, MAKERS, PEERS, POLICY, SEEN, SIGNERS
from hub.ca.policy import shipped, sign_policy
from hub.dialects import Found, find
from hub.keyring import make_demo_keys, read_keys
from hub.message import CST
from hub.server.run import start
from hub.settings import Settings
from simulators.clock import MovableClock
from simulators.fleet import Fleet, Options
from simulators.peers import write
from simulators.systems.certificates import world as pki
from simulators.systems.hierarchy import Hierarchy
from tests.hub.server.ca_kit import b64
from tests.hub.server.conftest import OWNERS, Clock, World

CAS = ("C01", "C02", "C03", "C05")
SEED = 1


@dataclass
class House:
    fleet: Fleet
    world: World
    stage: Stage
    folder: Path
    gateway: Quick
    built: dict[tuple[str, str], Case] = field(default_factory=dict)

    @property
    def hub(self) -> Any:
        return self.world.running.ctx.hub

    @property
    def at(self) -> datetime:
        return self.stage.world.now

    def ca(self, ident: str) -> Hierarchy:
        found: Hierarchy = self.fleet.systems[ident].desk.switches["hierarchy"]
        return found

    def lay(self, files: Mapping[str, bytes], **rules: Any) -> None:
        """What the hub shall believe: a case's list, centre, revocation lists and makers of seals."""
        folder = self.folder
        for name in (CRLS, PEERS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for path in (*(folder / CRLS).iterdir(), *(folder / PEERS).iterdir(), folder / SEEN, folder / MAKERS):
            path.unlink(missing_ok=True)
        (folder / LIST).write_bytes(files["trustlist.json"])
        (folder / SIGNERS).write_text(pem("CERTIFICATE", files["centre.der"]))
        makers = [raw for name, raw in sorted(files.items()) if name.startswith("maker-")]
        if makers:
            (folder / MAKERS).write_text("".join(pem("CERTIFICATE", one) for one in makers))
        for name, raw in files.items():
            if name.endswith(".crl"):
                (folder / CRLS / name).write_bytes(raw)
        (folder / POLICY).write_bytes(self.policy(**rules))

    def policy(self, **rules: Any) -> bytes:
        content = shipped().as_dict() | {
            "version": "1", "sequence": 2, "gateways": "never", "fetch": "off",
            "issued": self.at.isoformat(timespec="seconds"), **rules,
        }  # fmt: skip
        return sign_policy(content, self.stage.centre)

    async def believe(self, files: Mapping[str, bytes], **rules: Any) -> None:
        """The same, in force at once; raises SettingsError where the hub would keep what it had."""
        self.lay(files, **rules)
        belief = await asyncio.to_thread(self.hub.ca.read)
        self.hub.ca.renew(belief)

    @contextmanager
    def befallen(self, ident: str, case: Case) -> Iterator[None]:
        """What the case's lists say has happened has happened at the CA as well, yesterday."""
        frozen = case.row.operation == "VerifyTimeStamp" and case.row.defect == "frozen"
        for one in self.hierarchies(ident) if frozen else ():
            serial = read_certificate(one.vendor.tsa().certificate).serial
            one.happened[serial] = [(self.at - timedelta(days=1), HOLD)]
        yield
        for one in self.hierarchies(ident) if frozen else ():
            del one.happened[read_certificate(one.vendor.tsa().certificate).serial]

    def hierarchies(self, ident: str) -> tuple[Hierarchy, ...]:
        doors: Any = self.fleet.systems[ident].doors
        found: tuple[Hierarchy, ...] = doors.side._sides["/sof"]._functions.judge.hierarchies
        return found

    async def kept(self, raw: bytes, name: str = "a") -> dict[str, Any]:
        """As if the asker had sent this file before."""
        file = {"name": name, "digest": f"sm3:{digest(raw).hex()}", "size": len(raw),
                "media": "application/octet-stream"}  # fmt: skip
        await self.hub._parts.enclosures.away("T01", {**file, "data": b64(raw)})
        return file


def lay_platform(place: Path, made: Pki) -> None:
    """The platform's own keys: with them envelopes are opened as anywhere else."""
    place.mkdir(parents=True, mode=0o700)
    for name in ("signing", "encryption", "bids"):
        vendor = made.vendors["C01"]
        key = vendor.signer("centre") if name == "signing" else vendor.encrypter("centre")
        path = place / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_text(pem("PRIVATE KEY", private_der(key.private)) + pem("CERTIFICATE", key.certificate))


class Quick(Sof):
    """The adapter itself; `patience` is the time a gateway is given, where that is less than its own."""

    def __init__(self) -> None:
        self.patience = 60.0

    def bounds(self, system: str) -> Bounds:
        given = super().bounds(system)
        return Bounds(min(given.total, self.patience), given.connect)


def spoken(names: Iterable[str], gateway: Sof) -> Found:
    found = find()
    return Found({one: found.loaded[one] for one in names}, {}, {gateway.name: gateway})


@asynccontextmanager
async def opened(place: Path, **settings: Any) -> AsyncIterator[House]:
    made = pki(SEED)
    clock = Clock()
    clock.ahead = made.now + timedelta(seconds=1) - datetime.now(UTC)
    fleet = Fleet.muster(
        Options(systems=CAS, seed=SEED, pki=place / "pki", sleepless=True),
        clock=MovableClock(lambda: clock().astimezone(CST)),
    )
    await fleet.start()
    write(place / "peers.toml", fleet.peers())
    data, folder = place / "hub", place / "ca"
    folder.mkdir()
    lay_platform(data / "platform", made)
    make_demo_keys(data / "keys", OWNERS, random.Random(1))
    dialects = {fleet.systems[one].desk.dialect for one in CAS}
    quick = Quick()
    given = replace(
        Settings(data=data, port=0, ca_dir=folder, peers=place / "peers.toml", breaker_failures=10_000),
        **settings,
    )
    running = await start(given, clock=clock, found=spoken(sorted(dialects), quick))
    running._watch.cancel()  # what lies there is taken up when a test says so, and never half of it
    for system in ("T01", *CAS):
        await running.ctx.hub.record_event("onboarding.approve", {"system": system, "state": "online"})
    http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
    keys = {key.owner: key for key in read_keys(data / "keys")}
    try:
        yield House(fleet, World(running, http, keys, clock, data), Stage(made), folder, quick)
    finally:
        await http.close()
        await running.stop()
        await fleet.stop()


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
