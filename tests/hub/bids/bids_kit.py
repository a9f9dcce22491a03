"""A hub with the sandbox's CAs, a section with a deadline, and bidders of five CAs who seal and sign."""

from __future__ import annotations

import asyncio
import base64
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core_kit import NOW, STANDARD, Bench

from certs.algorithms.digest import digest
from certs.envelope import seal_envelope, seal_stream
from certs.keys.held import HeldKey
from certs.testpki.crowd import company
from certs.testpki.world import World
from hub.ca import sandbox
from hub.engine import Hub
from hub.files.name import Name
from hub.files.offer import Offer
from hub.message import wall

DEADLINE = NOW + timedelta(hours=1)
SECTION = str(
    STANDARD.sample("eng-section", 1, sender="T01", start=NOW - timedelta(days=200))["body"]["fields"][
        "BID_SECTION_CODE"
    ]
)
VENDORS: tuple[tuple[str, str | None], ...] = (
    ("C01", None),
    ("C02", None),
    ("C03", "rsa-sha256"),
    ("C04", None),
    ("C05", None),
)


@cache
def provided() -> Path:
    """The sandbox's world and, beside it, the platform's keys."""
    folder = Path(tempfile.mkdtemp(prefix="hutong-bids-"))
    assert sandbox.provide(folder / "ca", NOW)
    return folder


@cache
def pki() -> World:
    return sandbox.open_world(provided() / "ca")


@dataclass(frozen=True)
class Bidder:
    """One bidder at one CA: a fresh pair of certificates over the declared organisation."""

    party: dict[str, Any]
    signing: HeldKey
    encryption: HeldKey
    message: HeldKey


@cache
def bidder(number: int = 0, vendor: str = "C01", algorithm: str | None = None) -> Bidder:
    """Nobody's company, with a valid code of its own, known to one CA."""
    one = company(pki().vendors[vendor], number, algorithm)
    party = {"type": "1", "code": one.code, "name": one.name}
    return Bidder(party, one.signing, one.encryption, one.message)


def name_of(raw: bytes) -> str:
    return f"sm3:{digest(raw).hex()}"


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


class Tender(Bench):
    """One section run by T01; bidders deliver through T01 or T03. `section` is its name, `ref` how services
    refer to it."""

    section: str = SECTION
    ref: Mapping[str, str] = MappingProxyType({"tradeClass": "A01", "BID_SECTION_CODE": SECTION})

    def __init__(self, data: Path, **settings: Any) -> None:
        world = data / "ca"
        if not world.exists():
            shutil.copytree(provided() / "ca", world)
        super().__init__(data / "hub", **{"ca_dir": world, "service_timeout": 60.0, **settings})
        self.asked = 0

    async def start(self) -> Hub:
        hub = await self.open("T01", "T03")
        if hub.bids.box.index.deadline(hub.bids.box.section(SECTION).scope) is None:
            for stage in ("eng-project", "eng-tender-project", "eng-section"):
                assert (await self.send(hub, stage)).status == 202
            await self.announce(hub, "eng-tender-notice", DEADLINE)
        return hub

    async def announce(self, hub: Hub, stage: str, at: datetime, **more: Any) -> Any:
        times = {"BID_DOC_REFER_END_TIME": wall(at), "BID_OPEN_TIME": wall(at)}
        if stage == "eng-tender-document":
            times["POST_OPEN_TIME"] = wall(at)
        answer = await self.send(hub, stage, fields=times, **more)
        assert answer.status == 202, answer
        return answer

    def to(self, moment: datetime, seconds: float = 0.0) -> None:
        self.clock.now = moment + timedelta(seconds=seconds)

    async def upload(self, hub: Hub, sender: str, raw: bytes) -> dict[str, Any]:
        name = Name.of(name_of(raw))
        assert name is not None

        async def once() -> Any:
            yield raw

        await hub.files.receive(Offer(sender, name, 0, len(raw), len(raw), name.text), once())
        return {"name": "bid.env", "digest": name.text, "size": len(raw), "media": "application/pkcs7-mime"}

    def message(
        self, who: Bidder, file: dict[str, Any], *, step: str, model: str, **more: Any
    ) -> dict[str, Any]:
        self.asked += 1
        told = f"{step} {self.section} {file['digest']}"
        own = who.encryption.certificate
        fields = {
            "requestNo": f"R{self.asked}",
            "section": dict(self.ref),
            "deliveryKind": step,
            "bidder": who.party,
            "bidFile": file,
            "envelopeModel": model,
            "deliverTime": wall(self.clock()),
            "recipients": [
                {
                    "caId": "C01", "issuer": "CN=x", "serialNo": "1", "digest": name_of(own),
                    "medium": "token", "usage": "encrypt", "notBefore": wall(NOW), "notAfter": wall(NOW),
                }
            ],
            "signature": {
                "alg": who.message.algorithm, "keyId": "bidder", "value": b64(who.message.sign(told.encode()))
            },
        }  # fmt: skip
        sender = more.pop("sender", "T01")
        number = more.pop("number", f"bid-{self.asked}")
        head = {
            "ver": "1", "realm": "sandbox", "from": sender, "msgId": number, "msgType": "bid.receipt",
            **self.circumstance(),
        }  # fmt: skip
        return {"head": head, "body": {"fields": {**fields, **more}}}

    async def deliver(
        self,
        hub: Hub,
        who: Bidder,
        content: bytes | None = None,
        *,
        raw: bytes | None = None,
        step: str = "deliver",
        model: str = "any-one",
        **more: Any,
    ) -> Any:
        """The answer; the envelope's file is in `self.last`."""
        sender = more.get("sender", "T01")
        if raw is None:
            raw = await self.sealed(hub, who, content or b"bid of " + who.party["name"].encode(), model=model)
        self.last = await self.upload(hub, sender, raw)
        await self.upload(hub, sender, who.encryption.certificate)
        envelope = self.message(who, self.last, step=step, model=model, **more)
        return await hub.service(self.signed(envelope))

    async def sealed(
        self, hub: Hub, who: Bidder, content: bytes, *, model: str = "any-one", **more: Any
    ) -> bytes:
        platform = await asyncio.to_thread(hub.bids.box.keeper.open)
        to = [who.encryption.certificate]
        to = to if model == "bidder-key" else [platform.bids.certificate, *to]
        kind = "all-of" if model == "all-of" else "any-of"
        return seal_envelope(content, to, who.signing, trust=None, at=self.clock(), model=kind, **more)  # type: ignore[arg-type]

    async def streamed(self, hub: Hub, who: Bidder, content: bytes) -> bytes:
        """Head and ciphertext in one file."""
        platform = await asyncio.to_thread(hub.bids.box.keeper.open)
        to = [platform.bids.certificate, who.encryption.certificate]
        out = bytearray()
        pieces = (content[at : at + 65536] for at in range(0, len(content), 65536))
        head = seal_stream(pieces, out.extend, to, who.signing, trust=None, at=self.clock())
        return head + bytes(out)

    async def open_bids(self, hub: Hub, who: str = "T01", **more: Any) -> dict[str, Any]:
        """Open, and wait until nothing more can be done now."""
        await hub.bids.open(who, {"section": self.section, **more})
        return await self.opened(hub, who)

    async def opened(self, hub: Hub, who: str = "T01") -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                told = await hub.bids.progress(who, self.section)
                if told["state"] != "opening":
                    return told
                await asyncio.sleep(0.01)


def results(told: dict[str, Any]) -> dict[str, str]:
    return {row["receiptNo"]: row["result"] for row in told["decryption"]}


__all__ = [
    "DEADLINE",
    "SECTION",
    "VENDORS",
    "Bidder",
    "Tender",
    "b64",
    "bidder",
    "name_of",
    "pki",
    "replace",
    "results",
]
