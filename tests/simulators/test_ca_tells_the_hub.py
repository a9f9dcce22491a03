"""CAs and the other province tell a sandbox hub of lists and certificates; nothing is done by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters import hmac_open, sm2_envelope, soap12_x509
from certs.model.crl import read_crl
from hub.dialects import Found
from simulators.fleet import Fleet, Options
from simulators.management import Management
from simulators.peers import write
from tests.hub.auth.auth_kit import octets
from tests.hub.server.ca_kit import b64
from tests.hub.server.conftest import World, make_world

__all__ = ["make_world"]
SPOKEN = Found({one.DIALECT.name: one.DIALECT for one in (hmac_open, sm2_envelope, soap12_x509)}, {})


class Sandbox:
    """As `hutong sim up` and a sandbox hub stand beside one another."""

    def __init__(self, fleet: Fleet, world: World, steering: str) -> None:
        self.fleet, self.world, self.steering = fleet, world, steering

    def key(self, ident: str, holder: str, ca: str = "") -> Any:
        """C05 has those of its province and, by its name, those of its own CA."""
        switches = self.fleet.systems[ident].desk.switches
        return switches[f"hierarchy.{ca}" if ca else "hierarchy"].signer(holder)

    async def says(self, ident: str, holder: str = "builder", ca: str = "") -> tuple[str, int]:
        """The hub's word on a signature of that holder, now."""
        key = self.key(ident, holder, ca)
        asked = {
            "kind": "raw", "signature": b64(key.sign(b"data")), "data": b64(b"data"),
            "certificate": b64(key.certificate),
        }  # fmt: skip
        status, said = await self.world.asked("T01", "POST", "/v1/ca/verify", asked)
        assert status == 200, said
        return said["result"], said["sofCode"]

    async def becomes(self, result: str) -> None:
        """C05's holder, as soon as their list has been taken up."""
        async with asyncio.timeout(60):
            while (await self.says("C05", "neighbour"))[0] != result:
                await asyncio.sleep(0.02)

    async def logs_in(self) -> int:
        key, path = self.key("C05", "neighbour"), "/v1/auth/challenges?session=s-1"
        status, asked = await self.world.asked("P01", "POST", path, {"action": "login"})
        assert status == 200, asked
        proof = {
            "challengeId": asked["challengeId"], "form": "raw", "certificate": b64(key.certificate),
            "signature": b64(key.sign(octets(asked))),
        }  # fmt: skip
        status, _ = await self.world.asked("P01", "POST", "/v1/auth/logins?session=s-1", proof)
        return status

    async def steer(self, ident: str, what: str, **asked: Any) -> dict[str, Any]:
        async with self.world.http.post(f"{self.steering}/systems/{ident}/{what}", json=asked) as reply:
            told: dict[str, Any] = await reply.json()
            assert reply.status == 200, told
        return told

    async def told(self, ident: str) -> list[str]:
        """What the hub answered to everything this system said, once it is all answered."""
        async with asyncio.timeout(60):
            while True:
                async with self.world.http.get(f"{self.steering}/systems/{ident}/sayings") as reply:
                    said = await reply.json()
                if all(one["done"] or one["code"] == "4213" for one in said):
                    return [one["code"] for one in said]
                await asyncio.sleep(0.02)


@pytest.fixture(name="box")
async def box_fixture(make_world: Any, tmp_path: Path) -> AsyncIterator[Sandbox]:
    peers = tmp_path / "peers.toml"
    peers.write_text("", "utf-8")
    world = await make_world(peers=peers, found=SPOKEN)
    wanted = Options(systems=("C01", "C02", "C05"), seed=1, pki=tmp_path / "pki", hub=world.url)
    fleet = Fleet.muster(wanted)
    await fleet.start()
    write(peers, fleet.peers())
    management = Management(fleet)
    yield Sandbox(fleet, world, await management.start())
    await management.stop()
    await fleet.stop()


async def test_the_other_provinces_list_comes_by_itself_and_never_goes_back(box: Sandbox) -> None:
    plan = box.fleet.systems["C05"].faults
    plan.arm("list-forged", times=None)
    assert await box.says("C05", "neighbour") == ("invalid", -1) and await box.logs_in() == 422
    async with asyncio.timeout(60):  # their list was fetched, and was somebody else's
        while not any(one.fault == "list-forged" for one in box.fleet.systems["C05"].journal.last(50)):
            await asyncio.sleep(0.02)
    assert await box.says("C05", "neighbour") == ("invalid", -1)
    plan.lift()

    await box.steer("C05", "trustlist", action="version")
    assert (await box.told("C05"))[-1] == "0000"
    await box.becomes("valid")
    assert await box.logs_in() == 200
    folder = box.world.data / "ca" / "peers"
    held = (folder / "610000.json").read_bytes()

    await box.steer("C05", "trustlist", action="admit", ca="X01", delta=True)
    assert (await box.told("C05"))[-1] == "0000" and (folder / "610000.json").read_bytes() != held
    held = (folder / "610000.json").read_bytes()
    for action, code in (("rollback", "4212"), ("forged", "4211")):
        await box.steer("C05", "trustlist", action=action)
        assert (await box.told("C05"))[-1] == code, action
    assert (folder / "610000.json").read_bytes() == held and await box.logs_in() == 200
    plan.arm("list-rollback", times=None)  # what the hub comes for by itself is believed as little
    ca = box.world.running.ctx.hub.ca
    ca.syncing.soon(await ca.open())
    await ca.syncing.first()
    assert any(one.fault == "list-rollback" for one in box.fleet.systems["C05"].journal.last(50))
    assert (folder / "610000.json").read_bytes() == held and await box.logs_in() == 200
    plan.lift()

    await box.steer("C05", "trustlist", action="remove", ca="P01", delta=True)
    assert (await box.told("C05"))[-1] == "0000"
    await box.becomes("invalid")
    assert await box.says("C05", "neighbour") == ("invalid", -1) and await box.logs_in() == 422
    # Only told: the hub comes and fetches.
    await box.steer("C05", "trustlist", action="admit", ca="P01", octets=False)
    assert (await box.told("C05"))[-1] == "0000"
    await box.world.running.ctx.hub.ca.tend()
    await box.becomes("valid")
    await box.steer("C05", "trustlist", action="wrong-base")
    async with asyncio.timeout(60):
        while (await box.told("C05"))[-1] != "4213":
            await asyncio.sleep(0.02)
    assert await box.logs_in() == 200


async def test_the_next_verification_knows_what_its_ca_has_told(box: Sandbox) -> None:
    """Answers of a responder are kept for a minute: without the notice it would be good until then."""
    await box.says("C05", "neighbour")
    await box.becomes("valid")
    async with box.world.http.get(f"{box.steering}/systems/C05/certificates") as reply:
        rows = await reply.json()
    assert {(row["ca"], row["holder"]) for row in rows} >= {("P01", "neighbour"), ("C05", "builder")}
    for ident, holder, ca in (
        ("C01", "builder", ""), ("C02", "builder", ""), ("C05", "neighbour", ""), ("C05", "builder", "C05"),
    ):  # fmt: skip
        meant = {"holder": holder, "ca": ca} if ca else {"holder": holder}
        assert await box.says(ident, holder, ca) == ("valid", 1), ident
        for action, result in (("freeze", ("invalid", -4)), ("unfreeze", ("valid", 1))):
            await box.steer(ident, "certificates", action=action, **meant)
            assert set(await box.told(ident)) == {"0000"}, (ident, action)
            assert await box.says(ident, holder, ca) == result, (ident, ca, action)
        await box.steer(ident, "certificates", action="revoke", **meant)
        await box.told(ident)
        assert await box.says(ident, holder, ca) == ("invalid", -3), ident
    assert await box.says("C05") == ("valid", 1), "one of the same name over there is not touched"
    # What has changed since the list told before: upon that list it counts.
    box.fleet.clock.set("+5s")
    box.world.clock.ahead += timedelta(seconds=5)
    await box.steer("C05", "certificates", action="freeze", holder="builder", ca="P01", delta=True)
    assert set(await box.told("C05")) == {"0000"} and await box.says("C05") == ("invalid", -4)
    async with box.world.http.get(f"{box.steering}/systems/C05/sayings") as reply:
        assert "delta-crl" in json.dumps(await reply.json())
    told = json.loads((box.world.data / "ca" / "told.json").read_text("utf-8"))
    lists = [(box.world.data / "ca" / "told" / one["file"]).read_bytes() for one in told["lists"]]
    assert [read_crl(raw).extensions.delta_base for raw in lists].count(None) == len(lists) - 1
    # Whoever tells nothing is found out when the responder is asked again; others are as before.
    assert await box.says("C01", "agency") == ("valid", 1)
    await box.steer("C01", "certificates", action="revoke", holder="agency", tell=False)
    assert await box.says("C01", "agency") == ("valid", 1), "the answer of a minute ago"
