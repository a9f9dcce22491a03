"""The gateways of CAs beside the hub: asked only when called for, in their time; no doubt becomes a yes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.sof.gateway import Bounds, Sof
from certs import cms
from certs.algorithms.sm2_keys import read_private
from certs.cli.kinds import recognise_kind
from certs.keys.held import HeldKey
from hub.ca.policy import shipped, sign_policy
from hub.ca.sandbox import KEY
from hub.dialects import Found
from hub.keyring import write_key
from hub.message import Key
from tests.adapters.sof_kit import SECRETS, Door, coded, no, yes
from tests.hub.server.ca_kit import b64, folder, pki

__all__ = ["folder"]

SYSTEMS = ("C01", "C02", "C03", "C05")


class Quick(Sof):
    """The adapter itself, as patient as a test says."""

    patience = 60.0

    def bounds(self, system: str) -> Bounds:
        return Bounds(self.patience, self.patience)


@pytest.fixture
def doors() -> Iterator[dict[str, Door]]:
    opened = {one: Door(one) for one in SYSTEMS}
    for system, door in opened.items():
        valid = next(text for text, sof in table_of(system) if sof == 1)
        door.says = {
            "SOF_ValidateCert": (0, valid),
            "SOF_GetLastError": (0, coded(system, 0)),
            **{f"SOF_Verify{one}": (0, yes(system)) for one in ("SignedData", "SignedMessage")},
        }
    yield opened
    for door in opened.values():
        door.close()


def table_of(system: str) -> list[tuple[Any, int]]:
    from tests.adapters.sof_kit import PAPERS

    number = system == "C01"
    return [(int(text) if number else text, sof) for text, sof in PAPERS.profiles[system].validate.items()]


def stated(system: str, wanted: int) -> tuple[int, Any]:
    """SOF_ValidateCert's answer that means this."""
    return 0, next(text for text, sof in table_of(system) if sof == wanted)


def ruled(folder: Path, gateways: str) -> None:
    """The centre's own policy."""
    certificate = recognise_kind((folder / "signers.pem").read_bytes()).data
    centre = HeldKey("sm2-sm3", read_private((folder / KEY).read_bytes()), certificate, ())
    content = shipped().as_dict() | {
        "version": "1", "sequence": 2, "gateways": gateways, "fetch": "off",
        "issued": "2026-11-22T00:00:00+08:00",
    }  # fmt: skip
    (folder / "policy.json").write_bytes(sign_policy(content, centre))


def unlisted(folder: Path, *systems: str) -> None:
    """Nothing is known here of what these have revoked."""
    own = {raw for one in systems for raw in pki().vendors[one].crls()}
    for path in (folder / "crl").iterdir():
        if path.read_bytes() in own:
            path.unlink()


@pytest.fixture
async def hub(make_world: Any, folder: Path, doors: dict[str, Door]) -> Any:
    async def make(gateways: str, *open_here: str, **settings: Any) -> Any:
        ruled(folder, gateways)
        unlisted(folder, *open_here)
        peers = folder.parent / "peers.toml"
        peers.write_text(
            "".join(
                f'[systems.{name}]\nbase = "{door.url}"\n[systems.{name}.credentials]\n'
                f'sof_app = "{SECRETS["sof_app"]}"\nsof_key = "{SECRETS["sof_key"]}"\n'
                for name, door in doors.items()
            )
        )
        found = Found({}, {}, {"sof": Quick()})
        return await make_world(found=found, ca_dir=folder, peers=peers, **settings)

    return make


async def asked(hub: Any, system: str, holder: str = "builder", **more: Any) -> dict[str, Any]:
    raw = b64(pki().vendors[system].signer(holder).certificate)
    status, said = await hub.asked("T01", "POST", "/v1/ca/recognise", {"certificate": raw, **more})
    assert status == 200, said
    found: dict[str, Any] = said
    return found


async def verified(hub: Any, system: str, holder: str = "builder", **more: Any) -> dict[str, Any]:
    key = pki().vendors[system].message_signer(holder)
    body = {"kind": "raw", "certificate": b64(key.certificate), "data": b64(b"a bid"),
            "signature": b64(key.sign(b"a bid"))}  # fmt: skip
    status, said = await hub.asked("T01", "POST", "/v1/ca/verify", body | more)
    assert status == 200, said
    found: dict[str, Any] = said
    return found


def codes(said: dict[str, Any]) -> set[str]:
    return {one["code"] for one in said["reasons"]}


async def test_a_ca_does_not_speak_for_the_signers_of_another(hub: Any, doors: dict[str, Door]) -> None:
    """Of the second signer nobody knows here that he is revoked; the first one's CA says yes to the first."""
    world = await hub("when-open", "C01", "C02")
    first, second = pki().vendors["C01"].signer("builder"), pki().vendors["C02"].signer("revoked")
    signature = cms.sign(b"a deed", [first, second], time=datetime.now(UTC))
    for purpose in ("signing", "login"):
        body = {"kind": "attached", "signature": b64(signature), "purpose": purpose}
        status, said = await world.asked("T01", "POST", "/v1/ca/verify", body)
        assert (status, said["result"], said["gateway"]["sofCode"]) == (200, "indeterminate", 1), purpose
    # Each of them alone is good by his own CA's word, as far as that goes.
    assert (await asked(world, "C01", purpose="login"))["result"] == "valid"


async def test_one_is_asked_where_only_revocation_is_open(hub: Any, doors: dict[str, Door]) -> None:
    world = await hub("when-open", "C01", "C03", breaker_failures=3)
    said = await asked(world, "C02")
    assert (said["result"], said["gateway"], doors["C02"].asked) == ("valid", None, [])
    said = await asked(world, "C01", purpose="login")
    assert (said["result"], said["sofCode"]) == ("valid", 1)
    assert said["gateway"]["functions"] == ["SOF_ValidateCert"] and said["gateway"]["agrees"] is True
    assert said["gateway"]["hub"]["result"] == "indeterminate", "both answers stand in the evidence"
    assert "revocation-unknown" in {one["code"] for one in said["forgiven"]}
    assert said["gateway"]["alone"] == "taken" and "网关一家之言" in said["zh"] and "word" in said["en"]
    # What is signed, sealed or bid has to be proved to others: an unsigned word does not do that.
    for purpose in ("signing", "sealing"):
        said = await asked(world, "C01", "builder", purpose=purpose)
        assert (said["result"], codes(said)) == ("indeterminate", {"revocation-unknown"}), purpose
        assert said["gateway"]["alone"] == "not-taken" and "不采信" in said["zh"]
        assert said["gateway"]["sofCode"] == 1 and any("不采信" in one["zh"] for one in said["remarks"])
    # A signature is open for the same reason, and only the certificate is shown for it.
    assert (await verified(world, "C01"))["gateway"]["operation"] == "certificate"
    for sof, word in ((-3, "revoked"), (-4, "frozen")):
        doors["C01"].says["SOF_ValidateCert"] = stated("C01", sof)
        said = await asked(world, "C01")
        assert (said["result"], said["sofCode"]) == ("invalid", sof) and word in codes(said)
    doors["C01"].says["SOF_ValidateCert"] = stated("C01", -2)
    said = await asked(world, "C01")
    assert said["result"] == "indeterminate" and "engines" in codes(said), (
        "it is in its time, by its own dates"
    )
    # A list fetched at midnight says nothing of today.
    said = await asked(world, "C03", purpose="login")
    assert (said["result"], said["gateway"]["sofCode"], doors["C03"].asked) == (
        "indeterminate", 1, ["SOF_ValidateCert"],
    )  # fmt: skip
    # Of the past it knows nothing, and strangers are nobody's to ask about.
    before = len(doors["C01"].asked)
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    assert (await asked(world, "C01", at=past))["gateway"] is None
    doors["C01"].says["SOF_ValidateCert"] = stated("C01", 1)
    batch = {"items": [{"certificate": b64(pki().vendors["C01"].signer("builder").certificate), "kind": "raw",
                        "data": "AA==", "signature": "AA=="}]}  # fmt: skip
    await world.asked("T01", "POST", "/v1/ca/verify", batch)
    assert len(doors["C01"].asked) == before, "neither the past nor a batch is taken to anybody"


async def test_silence_and_nonsense_are_no_yes(
    hub: Any, doors: dict[str, Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await hub("when-open", "C01", breaker_failures=5, breaker_pause=60.0)
    door = doors["C01"]
    for harm, code in (("unsigned", "receiver.answer-unsigned"), ("forged", "receiver.answer-forged"),
                       ("busy", "receiver.busy")):  # fmt: skip
        door.harm = harm
        said = await asked(world, "C01")
        assert (said["result"], said["gateway"]["code"], said["gateway"]["sofCode"]) == (
            "indeterminate",
            code,
            None,
        )
    door.harm = ""
    door.says["SOF_ValidateCert"] = (0, 7)
    said = await asked(world, "C01")
    assert (said["result"], said["gateway"]["code"]) == ("indeterminate", "receiver.broken-body")
    door.says["SOF_ValidateCert"] = stated("C01", 1)
    assert (await asked(world, "C01", purpose="login"))["result"] == "valid"
    # Slow: it is given its time and no more, and nobody else waits for it.
    monkeypatch.setattr(Quick, "patience", 1.0)
    door.delay = 4.0
    waiting = asyncio.create_task(asked(world, "C01"))
    others = 0
    while not waiting.done():
        assert (await world.get("/healthz"))[0] == 200
        others += not waiting.done()
    said = await waiting
    assert (said["result"], said["gateway"]["code"]) == ("indeterminate", "receiver.timeout")
    assert others
    # Gone: the answer is ours, and after some tries nobody is asked at all.
    door.close()
    said = await asked(world, "C01")
    assert said["result"] == "indeterminate" and said["gateway"]["outcome"] == "unknown"
    for _ in range(5):
        said = await asked(world, "C01")
    assert (said["result"], said["gateway"]["code"]) == ("indeterminate", "peer.avoided")
    assert (await asked(world, "C02"))["result"] == "valid"


async def test_both_asked_must_agree(hub: Any, doors: dict[str, Door]) -> None:
    world = await hub("always")
    for system in SYSTEMS:
        said = await verified(world, system)
        assert (said["result"], said["gateway"]["agrees"]) == ("valid", True), (system, said)
        assert said["gateway"]["functions"] == ["SOF_VerifySignedData"]
    # It lies: says yes to what is known here to be revoked, frozen, or altered.
    for holder, sof in (("revoked", -3), ("frozen", -4)):
        said = await verified(world, "C01", holder)
        assert (said["result"], said["sofCode"], said["gateway"]["agrees"]) == ("invalid", sof, False)
        assert "engines" in codes(said)
    said = await verified(world, "C01", data=b64(b"another bid"))
    assert said["result"] == "invalid" and {"signature", "engines"} <= codes(said)
    # It says no where we say yes: not valid, by its reason if it is the CA's to know, else by the difference.
    for system in SYSTEMS:
        last = 0x0B000408
        doors[system].says["SOF_VerifySignedData"] = (last if system == "C05" else 0, no(system))
        doors[system].says["SOF_GetLastError"] = (0, coded(system, last))
        said = await verified(world, system)
        assert (said["result"], said["sofCode"]) == ("invalid", -3), system
        assert {"revoked", "engines"} <= codes(said) and said["gateway"]["hub"]["result"] == "valid"
        doors[system].says["SOF_GetLastError"] = (0, coded(system, 0x0B000410))
        if system != "C05":
            said = await verified(world, system)
            assert said["result"] == "indeterminate" and codes(said) == {"engines"}
            assert said["reasons"][0]["detail"].endswith(f"{system} -1")
    # Silent: the answer is ours, and it says that nobody confirmed it.
    doors["C01"].harm = "forged"
    said = await verified(world, "C01")
    assert (said["result"], said["gateway"]["agrees"]) == ("valid", None)
    step = next(one for one in said["checks"] if one["check"] == "second-engine")
    assert step["outcome"] == "skipped"


async def test_the_service_of_the_standard_never_turns_a_difference_into_a_yes(
    hub: Any, doors: dict[str, Door]
) -> None:
    world = await hub("always")
    key = pki().vendors["C01"].signer("builder")
    fields = {"verifyKind": "certificate", "usage": "sign", "certificate": b64(key.certificate)}
    from hub.ca.answering import Answering
    from hub.ports import Outgoing

    desk = world.running.ctx.hub.ca

    class Files:
        async def beside(self, reader: str, value: Any, budget: list[int]) -> Any:
            return value

        async def away(self, owner: str, value: Any) -> Any:
            return value

    answering = Answering(desk, Files(), world.clock)
    await desk.open()

    async def verdict() -> tuple[str, bool]:
        said = await answering.answer(Outgoing("ca.verify", "", "", 0, fields, sender="T01"))
        assert said is not None
        return str(said.answer.data.get("verdict")), said.settled

    assert await verdict() == ("valid", True)
    doors["C01"].says["SOF_ValidateCert"] = stated("C01", -6)
    assert await verdict() == ("invalid", True), "and nobody else is asked until somebody says yes"
    doors["C01"].says["SOF_ValidateCert"] = stated("C01", -3)
    assert await verdict() == ("revoked", True)


async def test_no_trace_of_what_was_asked(
    hub: Any, doors: dict[str, Door], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world = await hub("always")
    said = await verified(world, "C01")
    entries = (await world.get("/metrics"))[1]
    assert said["gateway"]["system"] == "C01"
    assert "sof" not in entries.lower() and "gateway" not in entries.lower()
    spoken = json.dumps([record.getMessage() for record in caplog.records], ensure_ascii=False)
    assert "SOF_" not in spoken and SECRETS["sof_key"] not in spoken
    # A message under a certificate's key is ours to judge: its CA does not hear that it came.
    before, held = len(doors["C01"].asked), pki().vendors["C01"].signer("builder")
    key = Key(
        "P01-9", "P01", "sm2-sm3", public=held.public, private=held.private, certificate=held.certificate
    )
    write_key(world.data / "keys", replace(key, private=b""))
    async with asyncio.timeout(60):
        while world.running.ctx.keyring.key("P01-9") is None:
            await asyncio.sleep(0.01)
    assert (await world.post(world.signed(key=key)))[0] == 202
    assert len(doors["C01"].asked) == before
