"""C04 seals for whoever agrees on a telephone: it brings a GB/T 38540 seal, judged as a token's is."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from certs.seal import make_seal, read_signature, sign_with_seal
from certs.seal.make import listed
from certs.testpki.seals import picture
from hub.auth.sealing import MOST_VALUE, Sealer
from simulators.systems.sealing import Sealing
from tests.hub.auth.auth_kit import b64
from tests.hub.auth.conftest import Meeting
from tests.hub.server.ca_kit import pki

DOCUMENT = "投标函".encode() * 50
DIGEST = digest(DOCUMENT)
STATED = f"sm3:{DIGEST.hex()}"


@dataclass(slots=True)
class Hand:
    """A service that brings what it is told to bring, whatever was asked of it: `brings` gets what its own
    sealing would have given, and the question."""

    honest: Sealing
    brings: Any

    def seal(self, asked: Any, now: Any) -> Any:
        told = self.honest.seal(asked, now)
        return told | {"sealed": b64(self.brings(base64.b64decode(told["sealed"]), asked))}


async def shown(meeting: Meeting, **more: Any) -> dict[str, Any]:
    return await meeting.show("C04", action="seal", digest=STATED, **more)


async def test_a_seal_comes_by_callback_and_its_result_is_that_of_a_tokens(meeting: Meeting) -> None:
    ticket = await shown(meeting)
    assert ticket["qrContent"] == meeting.tickets._book.find("ticket", ticket["ticket"]).number
    meeting.act("C04", "confirm")
    assert [one.code for one in await meeting.called_back("C04")] == ["0000"]
    assert (await meeting.state(ticket))["state"] == "confirmed"
    status, said = await meeting.use(ticket, digest="sm3:" + "ac" * 32)
    assert (status, said["code"]) == (422, "ticket.digest") and "seal" not in said
    status, said = await meeting.use(ticket, digest=STATED)
    assert (status, said["state"], said["medium"]) == (200, "used", "tokenless"), said
    value = base64.b64decode(said["seal"])
    assert read_signature(value).imprint == DIGEST
    assert (said["result"]["kind"], said["result"]["result"]) == ("seal-signature", "valid")
    steps = [one["check"] for one in said["result"]["checks"]]
    assert steps[-1] == "seal-request" and {"seal-maker", "maker-chain", "seal-signer"} <= set(steps)
    token = await of_a_token(meeting)
    assert set(said["result"]) == set(token)
    assert set(steps) == {one["check"] for one in token["checks"]} | {"seal-request"}
    assert {name for name in token if token[name] != said["result"][name]} <= {
        "medium", "certificate", "subject", "ca", "chain", "checks", "facts", "time", "forgiven",
    }  # fmt: skip
    status, said = await meeting.use(ticket, digest=STATED)
    assert (status, said["code"]) == (409, "ticket.used") and "seal" not in said


async def of_a_token(meeting: Meeting) -> dict[str, Any]:
    """What the hub says of a seal of C01's, by token."""
    vendor, now = pki().vendors["C01"], datetime.now(UTC)
    value = sign_with_seal(pki().seal("builder-seal"), vendor.message_signer("builder"), DIGEST, now)
    asked = {
        "kind": "seal",
        "signature": b64(value),
        "digest": STATED,
        "medium": "token",
        "purpose": "sealing",
    }
    status, said = await meeting.hub.asked("P01", "POST", "/v1/ca/verify", asked)
    assert status == 200 and said["result"] == "valid", said
    return {name: one for name, one in said.items() if name != "code"}


async def test_a_lost_callback_is_made_up_by_asking_again_and_the_phone_may_refuse(meeting: Meeting) -> None:
    ticket = await shown(meeting, holder=pki().vendors["C04"].holders["agency"].code)
    meeting.act("C04", "confirm")
    meeting.pass_time()
    assert (await meeting.state(ticket))["state"] == "confirmed"
    status, said = await meeting.use(ticket, digest=STATED)
    assert status == 200 and said["result"]["subject"]["bound"]["code"] == "91620000MA71B00272"
    ticket = await shown(meeting)
    meeting.act("C04", "refuse")
    await meeting.called_back("C04")
    told = await meeting.state(ticket)
    assert (told["state"], told["reason"]) == ("refused", "ticket.refused")
    assert (await meeting.use(ticket, digest=STATED))[1]["code"] == "ticket.refused"


async def test_what_it_brings_is_judged_here(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another digest, another holder's seal, a seal that is over, another request's value, no seal at all."""
    vendor, desk = pki().vendors["C04"], meeting.fleet.systems["C04"].desk
    honest, now, said = desk.switches["sealing"], datetime.now(UTC), []
    judged = Sealer.judged

    async def heard(self: Sealer, entry: Any, proof: Any) -> Any:
        found = await judged(self, entry, proof)
        said.append(found.result)
        return found

    monkeypatch.setattr(Sealer, "judged", heard)
    ticket = await shown(meeting)
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    earlier = base64.b64decode((await meeting.use(ticket, digest=STATED))[1]["seal"])
    seal, bound = read_signature(earlier).seal, read_signature(earlier).extensions
    key, other = vendor.message_signer("builder"), vendor.message_signer("agency")
    long_ago = now - timedelta(days=400)
    over = make_seal(
        5, vendor.message_signer("centre"), (), seal.picture, made=now - timedelta(days=1), begin=long_ago,
        end=now - timedelta(hours=1), signer_list=listed(5, [key.certificate]),
    )  # fmt: skip

    def brings(raw: bytes = seal.raw, by: Any = key, imprint: bytes = DIGEST, mine: bool = True) -> Any:
        def made(value: bytes, asked: Any) -> bytes:
            extensions = read_signature(value).extensions if mine else ()
            return sign_with_seal(raw, by, imprint, now, extensions=extensions)

        return made

    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("", brings(), {}),
        ("digest", brings(imprint=digest(b"other")), {}),
        ("identity-differs", brings(), {"holder": vendor.holders["agency"].code}),
        ("seal-signer", brings(by=other), {}),
        ("seal-period", brings(raw=over), {}),
        ("seal-request", brings(mine=False), {}),
        ("seal-request", lambda value, asked: earlier, {}),
        ("malformed", lambda value, asked: picture(), {}),
        ("malformed", lambda value, asked: value + bytes(MOST_VALUE), {}),
    ]
    assert bound and len(bound) == 1
    for code, how, more in cases:
        desk.switches["sealing"] = Hand(honest, how)
        ticket = await shown(meeting, **more)
        meeting.act("C04", "confirm")
        assert [one.code for one in await meeting.called_back("C04")] == ["0000"]
        told, reasons = await meeting.state(ticket), {one["code"] for one in said[-1]["reasons"]}
        assert (code in reasons) if code else not reasons, (code, reasons)
        assert told["state"] == ("refused" if code else "confirmed"), code
        status, answer = await meeting.use(ticket, digest=STATED)
        assert (status == 200) == ("seal" in answer) == (not code), (code, answer)
        assert said[-1]["result"] == ("invalid" if code else "valid")
        assert (said[-1]["sofCode"] == 1) == (not code)


async def test_what_is_no_question_for_a_seal(meeting: Meeting) -> None:
    for body in (
        {"provider": "C04", "digest": "sha256:" + "ab" * 32},
        {"provider": "N05", "digest": STATED},
        {"provider": "C04"},
    ):
        status, said = await meeting.page("/tickets", {"action": "seal", **body})
        assert (status, said["code"]) == (422, "auth.request"), body


async def test_what_was_agreed_to_is_judged_again_when_it_is_used(meeting: Meeting, folder: Path) -> None:
    vendor = pki().vendors["C04"]
    ticket = await shown(meeting)
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    assert (await meeting.state(ticket))["state"] == "confirmed"
    now = datetime.now(UTC).replace(microsecond=0)
    serial = read_certificate(vendor.signer("builder").certificate).serial
    old = next(path for path in (folder / "crl").iterdir() if path.read_bytes() == vendor.crl())
    old.write_bytes(vendor.issuing().crl([(serial, now, 1)], number=9, this_update=now))
    assert (await meeting.hub.asked("centre", "POST", "/v1/admin/reload", {}))[0] == 200
    status, said = await meeting.use(ticket, digest=STATED)
    assert (status, said["code"], said["result"]["sofCode"]) == (422, "login.refused", -3), said
    assert "seal" not in said
