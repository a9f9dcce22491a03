"""A sandbox hub fetches revocation from the simulated CAs: what befalls a certificate there is known here."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.envelope import seal_envelope
from certs.model.certificate import read_certificate
from certs.trust import ANYTHING, Revocation
from certs.trustlist.publishing import content_of
from certs.verdict import Moment
from hub.ca import sandbox
from hub.errors import SettingsError
from hub.peers import read_peers
from simulators.fleet import Fleet, Options
from simulators.peers import write
from simulators.systems.hierarchy import Hierarchy
from tests.hub.server.ca_kit import b64
from tests.hub.server.conftest import World, make_world

__all__ = ["make_world"]
CAS = ("C01", "C02", "C04", "C05")


class Sandbox:
    """A hub and the CAs, on two clocks that go alike."""

    def __init__(self, fleet: Fleet, world: World) -> None:
        self.fleet, self.world, self.ahead = fleet, world, 0

    def ca(self, ident: str) -> Hierarchy:
        found: Hierarchy = self.fleet.systems[ident].desk.switches["hierarchy"]
        return found

    async def says(self, ident: str, holder: str) -> tuple[str, int]:
        """The hub's word on a signature of that holder."""
        key = self.ca(ident).signer(holder)
        asked = {
            "kind": "raw",
            "signature": b64(key.sign(b"data")),
            "data": b64(b"data"),
            "certificate": b64(key.certificate),
        }
        status, said = await self.world.asked("T01", "POST", "/v1/ca/verify", asked)
        assert status == 200, said
        return said["result"], said["sofCode"]

    def later(self, seconds: int = 61) -> None:
        """Answers of a responder hold for a minute."""
        self.ahead += seconds
        self.world.clock.ahead = timedelta(seconds=self.ahead)
        self.fleet.clock.set(f"+{seconds}s")

    def now(self) -> datetime:
        return self.fleet.clock()


@pytest.fixture(name="box")
async def box_fixture(make_world: Any, tmp_path: Path) -> AsyncIterator[Sandbox]:
    fleet = Fleet.muster(Options(systems=CAS, seed=1, pki=tmp_path / "pki"))
    await fleet.start()
    peers = tmp_path / "peers.toml"
    write(peers, fleet.peers())
    box = Sandbox(fleet, await make_world(peers=peers))
    yield box
    await fleet.stop()


async def test_what_befalls_a_certificate_at_its_ca_is_known_at_the_hub(box: Sandbox) -> None:
    assert await box.says("C05", "builder") == ("valid", 1), "their list was fetched before the first answer"
    for ident in CAS:
        ca = box.ca(ident)
        serial = read_certificate(ca.signer("builder").certificate).serial
        assert await box.says(ident, "builder") == ("valid", 1), ident
        assert await box.says(ident, "revoked") == ("invalid", -3), ident
        ca.freeze(serial, box.now())
        box.later()
        assert await box.says(ident, "builder") == ("invalid", -4), ident
        ca.unfreeze(serial, box.now())
        box.later()
        assert await box.says(ident, "builder") == ("valid", 1), ident
        ca.revoke(serial, box.now())
        box.later()
        assert await box.says(ident, "builder") == ("invalid", -3), ident
    paths = {exchange.request.path for exchange in box.fleet.systems["C01"].journal.last(50)}
    assert "/pki/ocsp" in paths
    await box.world.running.ctx.hub.ca.tend()
    paths = {exchange.request.path for exchange in box.fleet.systems["C01"].journal.last(50)}
    assert "/pki/crl/C01-0.crl" in paths, "lists of the upper tiers"


async def test_a_responder_that_is_no_help_makes_nobody_valid(box: Sandbox) -> None:
    """Down, slow, late, signed by another, or saying nothing: indeterminate; and good again afterwards."""
    plan = box.fleet.systems["C01"].faults
    assert await box.says("C01", "builder") == ("valid", 1)
    for fault in ("ca-down", "ocsp-stale", "ocsp-wrong-key", "ocsp-try-later", "ca-slow", "http-503"):
        box.later()
        plan.arm(fault, times=None, match={"path": "/pki/ocsp"})
        assert (await box.says("C01", "builder"))[0] == "indeterminate", fault
        plan.lift()
        assert await box.says("C01", "builder") == ("valid", 1), fault
    box.later()
    plan.arm("ocsp-frozen", match={"path": "/pki/ocsp"})
    assert await box.says("C01", "builder") == ("invalid", -4)
    await box.fleet.stop()
    box.later()
    assert (await box.says("C01", "builder"))[0] == "indeterminate", "nobody is there"


async def test_envelopes_are_made_and_opened_where_only_responders_know(box: Sandbox) -> None:
    """Nobody lays down a list of who issues: what recipients and signers are worth is asked of their CAs."""
    own = ("C01", "C02", "C04")

    async def sealed(holder: str) -> tuple[int, Any]:
        to = [b64(box.ca(one).vendor.encrypter(holder).certificate) for one in own]
        asked = {"content": b64(b"secret"), "recipients": to}
        answer: tuple[int, Any] = await box.world.asked("T01", "POST", "/v1/ca/envelopes", asked)
        return answer

    status, said = await sealed("agency")
    assert status == 200, said["findings"]
    status, said = await sealed("revoked")
    assert (status, said["code"]) == (422, "ca.recipient") and "revoked" in str(said["findings"]), said
    _, platform = await box.world.asked("T01", "GET", "/v1/ca/platform")
    to = base64.b64decode(platform["application"]["certificate"])
    for ident in own:
        for holder, result in (("agency", "valid"), ("frozen", "invalid")):
            raw = seal_envelope(b"secret", [to], box.ca(ident).signer(holder), trust=None, at=box.now())
            asked = {"envelope": b64(raw)}
            _, said = await box.world.asked("T01", "POST", "/v1/ca/envelopes/open", asked)
            assert said["result"] == result, (ident, holder, said)
            assert ("content" in said) is (result == "valid")


async def test_a_bid_is_judged_by_what_responders_say(box: Sandbox) -> None:
    """The signer of a bid and its second holder: known to be good, to be revoked, and not known."""
    hub = box.world.running.ctx.hub
    await box.world.asked("T01", "GET", "/v1/ca/platform")
    ca = box.ca("C01")
    for holder, state in (("agency", "valid"), ("revoked", "invalid"), ("builder", "indeterminate")):
        if state == "indeterminate":
            box.fleet.systems["C01"].faults.arm("ca-down", times=None)
        pair = [ca.vendor.signer(holder).certificate, ca.vendor.encrypter(holder).certificate]
        judges = await hub.ca.informed("T01", pair)
        found = [
            judges.recogniser(Revocation.REQUIRED).recognise(
                one, at=Moment(box.now(), "clock"), purpose=ANYTHING
            )
            for one in pair
        ]
        assert {one.verdict.state for one in found} == {state}, holder


def test_the_list_is_made_anew_when_an_address_changes(tmp_path: Path) -> None:
    folder, now = tmp_path / "hub" / "ca", datetime.now(UTC)
    here, there = (
        {"C01": "http://127.0.0.1:1/pki"},
        {"C01": "http://127.0.0.1:2/pki", "C05": "http://127.0.0.1:3/pki"},
    )
    told: list[dict[str, Any]] = []
    for pki in (here, here, None, there, {}):
        sandbox.provide(folder, now, pki)
        told.append(content_of((folder / "trustlist.json").read_bytes()))
    assert told[0] == told[1] == told[2], "nothing changed"
    assert [one["sequence"] - told[0]["sequence"] for one in told] == [0, 0, 0, 1, 2]
    where = {one["id"]: one["revocation"] for one in told[3]["cas"]}
    assert where["C01"] == {
        "ocsp": ["http://127.0.0.1:2/pki/ocsp"],
        "crl": ["http://127.0.0.1:2/pki/crl/C01-0.crl"],
    } and where["C02"] == {"ocsp": [], "crl": []}
    assert where["C05"]["ocsp"] == ["http://127.0.0.1:3/pki/ocsp"]
    neighbour = json.loads((folder / "peers" / "610000.json").read_bytes())["list"]
    assert neighbour["sequence"] == told[4]["sequence"]
    assert len(list((folder / "crl").iterdir())) == 15, "without addresses all lists lie here"


def test_addresses_are_read_from_the_peers_and_only_in_a_sandbox(tmp_path: Path) -> None:
    peers = tmp_path / "peers.toml"
    assert sandbox.addresses(peers) == {}
    peers.write_text('[systems.C01]\nbase = "http://127.0.0.1:1"\npki = "http://127.0.0.1:2/pki"\n')
    assert sandbox.addresses(peers) == {"C01": "http://127.0.0.1:2/pki"}
    with pytest.raises(SettingsError, match="sandbox only"):
        read_peers(peers, realm="production", env={})
    for wrong in ('pki = "tcp://127.0.0.1:2/pki"', 'pki = "nonsense"', "pki ="):
        peers.write_text(f"[systems.C01]\n{wrong}\n")
        assert sandbox.addresses(peers) is None, "what lies there stays"
