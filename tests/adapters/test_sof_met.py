"""Hub, adapter and the simulated signature servers, each from the papers: what they say to one another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import certs
from adapters.sof import GATEWAY
from certs.algorithms.signature import family
from certs.algorithms.sm2_keys import read_private
from certs.cli.kinds import recognise_kind
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.recognition.messages import usual
from hub.ca.policy import shipped, sign_policy
from hub.ca.sandbox import KEY
from hub.dialects import Found
from hub.ports import GatewayQuestion, GatewayWord
from simulators.fleet import Fleet, Options
from simulators.peers import write
from simulators.systems.hierarchy import Hierarchy
from tests.hub.server.ca_kit import b64
from tests.hub.server.conftest import make_world

__all__ = ["make_world"]
CAS = ("C01", "C02", "C03", "C05")
DATA = "开标一览表".encode()


class Met:
    def __init__(self, fleet: Fleet, world: Any) -> None:
        self.fleet, self.world = fleet, world

    def ca(self, ident: str) -> Hierarchy:
        found: Hierarchy = self.fleet.systems[ident].desk.switches["hierarchy"]
        return found

    async def ruled(self, sequence: int, gateways: str, fetch: str) -> None:
        """The centre signs another policy; waited for until it is in force. The other province's list, which
        C05's certificates are judged by, is fetched beside the first answer and may come later than that."""
        async with asyncio.timeout(60):
            while "peers" not in self.world.running.ctx.hub.ca.belief.digests:
                await asyncio.sleep(0.05)
        folder = self.world.data / "ca"
        raw = recognise_kind((folder / "signers.pem").read_bytes()).data
        centre = HeldKey("sm2-sm3", read_private((folder / KEY).read_bytes()), raw, ())
        content = shipped().as_dict() | {
            "version": "1", "sequence": sequence, "gateways": gateways, "fetch": fetch,
            "issued": "2026-11-22T00:00:00+08:00",
        }  # fmt: skip
        (folder / "policy.json").write_bytes(sign_policy(content, centre))
        async with asyncio.timeout(60):
            while self.world.running.ctx.hub.ca.belief.policy.sequence != sequence:
                await asyncio.sleep(0.05)

    async def asked(self, ident: str, holder: str = "builder", **body: Any) -> dict[str, Any]:
        key = self.ca(ident).signer(holder)
        asked = {"kind": "raw", "signature": b64(key.sign(DATA)), "data": b64(DATA)} | body
        if asked["kind"] == "raw":
            asked["certificate"] = b64(key.certificate)
        status, said = await self.world.asked("T01", "POST", "/v1/ca/verify", asked)
        assert status == 200, said
        found: dict[str, Any] = said
        return found

    async def done(self, ident: str, question: GatewayQuestion) -> GatewayWord:
        gateways = self.world.running.ctx.hub.ca.gateways
        heard = await gateways.ask(gateways.of(ident), ident, question)
        word: GatewayWord = heard.word
        return word


@pytest.fixture(name="met")
async def met_fixture(make_world: Any, tmp_path: Path) -> AsyncIterator[Met]:
    fleet = Fleet.muster(Options(systems=CAS, seed=1, pki=tmp_path / "pki"))
    await fleet.start()
    peers = tmp_path / "peers.toml"
    write(peers, fleet.peers())
    found = Found({}, {}, {"sof": GATEWAY})
    yield Met(fleet, await make_world(found=found, peers=peers, breaker_failures=100))
    await fleet.stop()


def told(said: dict[str, Any]) -> tuple[str, int, Any]:
    return said["result"], said["sofCode"], said["gateway"] and said["gateway"]["agrees"]


async def test_two_words_on_the_same_thing(met: Met) -> None:
    assert told(await met.asked("C01")) == ("valid", 1, None), "we know it ourselves, so nobody is asked"
    await met.ruled(2, "always", "listed")
    for ident in CAS:
        key = met.ca(ident).signer("builder")
        assert told(await met.asked(ident)) == ("valid", 1, True), ident
        said = await met.asked(ident, data=b64(b"another"))
        assert (said["result"], said["gateway"]["sofCode"]) == ("invalid", -1), (ident, said["reasons"])
        attached, detached = certs.sign_cms(DATA, key), certs.sign_cms(DATA, key, detached=True)
        for kind, raw, data in (("attached", attached, None), ("detached", detached, DATA)):
            more = {} if data is None else {"data": b64(data)}
            said = await met.asked(ident, kind=kind, signature=b64(raw), **({"data": None} | more))
            assert told(said) == ("valid", 1, True), (ident, kind, said["gateway"], said["reasons"])
        said = await met.asked(ident, "revoked")
        assert told(said) == ("invalid", -3, True), (ident, said["gateway"])
    # Frozen while in use: our answer of the responder holds for a minute, the CA's own server knows it now.
    for ident in ("C01", "C02", "C05"):
        ca = met.ca(ident)
        serial = read_certificate(ca.signer("builder").certificate).serial
        ca.freeze(serial, met.fleet.clock())
        said = await met.asked(ident)
        assert told(said) == ("invalid", -4, False), (ident, said["gateway"], said["reasons"])
        assert {one["code"] for one in said["reasons"]} == {"frozen", "engines"}
        assert said["gateway"]["hub"]["result"] == "valid", "both answers are the evidence"
        ca.unfreeze(serial, met.fleet.clock())
        assert told(await met.asked(ident)) == ("valid", 1, True), ident
    for ident in CAS:
        plan = met.fleet.systems[ident].faults
        plan.arm("gateway-lying", times=None, match={"path": "/sof"})
        said = await met.asked(ident, "revoked")
        assert told(said) == ("invalid", -3, False) and said["gateway"]["sofCode"] == 1, ident
        said = await met.asked(ident, data=b64(b"another"))
        assert (said["result"], said["gateway"]["agrees"]) == ("invalid", False), ident
        plan.lift()
        for fault in ("wrong-code", "sof-unsigned", "sof-forged", "sof-broken", "sof-busy"):
            plan.arm(fault, times=None, match={"path": "/sof"})
            said = await met.asked(ident)
            assert told(said) == ("valid", 1, None), (ident, fault)
            assert said["gateway"]["outcome"] in ("unknown", "retry") and said["gateway"]["sofCode"] is None
            assert told(await met.asked(ident, "revoked"))[:2] == ("invalid", -3), (ident, fault)
            plan.lift()


async def test_the_gateway_alone_knows(met: Met) -> None:
    await met.asked("C01")
    for path in (met.world.data / "ca" / "crl").iterdir():
        path.unlink()
    await met.ruled(2, "when-open", "off")
    for ident in CAS:
        assert (await met.asked(ident, "agency"))["result"] == "indeterminate", "no proof for what is signed"
        said = await met.asked(ident, "agency", purpose="login")
        word = said["gateway"]
        assert word and word["functions"][0] == "SOF_ValidateCert", (ident, said["reasons"], said["ca"])
        stale = ident == "C03"
        assert said["result"] == ("indeterminate" if stale else "valid"), (ident, said["reasons"])
        for holder, sof in (("revoked", -3), ("frozen", -4)):
            said = await met.asked(ident, holder)
            assert (said["result"], said["sofCode"]) == ("invalid", sof), (ident, holder, said["gateway"])
    await met.fleet.stop()
    for ident in CAS:
        said = await met.asked(ident, "agency")
        assert said["result"] == "indeterminate" and said["gateway"]["outcome"] == "unknown", ident


async def test_what_gateways_do_for_us(met: Met) -> None:
    await met.asked("C01")
    for ident in CAS:
        holder = met.ca(ident).signer("builder").certificate
        word = await met.done(ident, GatewayQuestion("info", holder, item="issuer-cn"))
        assert word.value in str(read_certificate(holder).issuer), (ident, word)
        signed = await met.done(ident, GatewayQuestion("sign-raw", data=DATA))
        if ident == "C05":
            assert (signed.kind, signed.code) == ("refused", "receiver.no-such-path")
            continue
        server = await met.done(ident, GatewayQuestion("server-certificate"))
        assert isinstance(signed.value, bytes) and isinstance(server.value, bytes)
        alg, public = usual(read_certificate(server.value).key) or ("", b"")
        assert family(alg).verify(DATA, signed.value, public, b"1234567812345678"), (ident, alg)
        for operation, judge in (("sign-attached", "attached"), ("sign-detached", "detached")):
            made = await met.done(ident, GatewayQuestion(operation, data=DATA))
            assert isinstance(made.value, bytes), (ident, operation, made)
            word = await met.done(ident, GatewayQuestion(judge, data=DATA, signature=made.value))
            assert word.sof == 1, (ident, judge, word)
        word = await met.done(ident, GatewayQuestion("decrypt", data=b"no envelope"))
        assert word.kind != "answered" and word.value is None
