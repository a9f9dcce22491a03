"""What simulated CAs serve over plain HTTP: responder, lists, certificates, stamps, as their state is now."""

from __future__ import annotations

import asyncio
import base64
import shutil
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

import certs
from certs.algorithms.sm2_keys import pem
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.revocation.asking import ocsp_request
from certs.revocation.ocsp import check_ocsp
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest
from certs.timestamp.request import request as stamp_request
from simulators.fleet import Fleet, Options
from simulators.systems.hierarchy import Hierarchy

CAS = ("C01", "C02", "C03", "C04", "C05", "N05")
SEED = 7


@dataclass
class Running:
    fleet: Fleet
    peers: dict[str, Any]

    def ca(self, ident: str) -> Hierarchy:
        found: Hierarchy = self.fleet.systems[ident].desk.switches["hierarchy"]
        return found

    async def ask(self, ident: str, path: str, body: bytes | None = None) -> bytes:
        return await asyncio.to_thread(_fetched, f"{self.peers[ident]['pki']}/{path}", body)

    async def ocsp(self, ident: str, holder: str) -> str:
        """What the responder says of a holder's certificate, in the words of `certs`."""
        ca, key = self.ca(ident), self.ca(ident).signer(holder)
        issuer = ca.vendor.issuing().key.certificate
        raw = await self.ask(ident, "ocsp", ocsp_request(*map(read_certificate, (key.certificate, issuer))))
        judged = check_ocsp(raw, key.certificate, issuer, at=datetime.now(UTC))
        return "good" if judged.ok else str(judged.reasons[0].code)

    async def listed(self, ident: str, name: str, serial: int) -> bool:
        listed = read_crl(await self.ask(ident, f"crl/{name}.crl"))
        return listed.find(listed.issuer, serial) is not None


def _fetched(url: str, body: bytes | None) -> bytes:
    kind = {"Content-Type": "application/ocsp-request"} if body is not None else {}
    with urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=60) as answer:
        return bytes(answer.read())


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="run")
async def run_fixture() -> AsyncIterator[Running]:
    fleet = Fleet.muster(Options(systems=CAS, seed=SEED))
    assert not fleet.waiting
    await fleet.start()
    yield Running(fleet, fleet.peers()["systems"])
    await fleet.stop()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def serial(ca: Hierarchy, holder: str) -> int:
    return read_certificate(ca.signer(holder).certificate).serial


async def test_every_ca_answers_for_its_own(run: Running) -> None:
    for ident in CAS:
        told = [await run.ocsp(ident, holder) for holder in ("builder", "revoked", "frozen")]
        assert told == ["good", "revoked", "frozen"], ident


async def test_the_next_answer_and_the_next_list_show_what_befell(run: Running) -> None:
    for ident in ("C01", "C02", "C04"):
        ca, now = run.ca(ident), datetime.now(UTC)
        mine = serial(ca, "agency")
        name = f"{ca.vendor_id}-{len(ca.vendor.tiers()) - 1}"
        assert not await run.listed(ident, name, mine)
        before = await run.ask(ident, f"crl/{name}.crl")
        ca.freeze(mine, now)
        assert await run.ocsp(ident, "agency") == "frozen" and await run.listed(ident, name, mine)
        ca.unfreeze(mine, datetime.now(UTC))
        assert await run.ocsp(ident, "agency") == "good" and not await run.listed(ident, name, mine)
        ca.revoke(mine, datetime.now(UTC))
        ca.unfreeze(mine, datetime.now(UTC))
        assert await run.ocsp(ident, "agency") == "revoked", "what is revoked stays so"
        after = await run.ask(ident, f"crl/{name}.crl")
        assert read_crl(after).this_update > read_crl(before).this_update
        assert await run.ask(ident, f"crl/{name}.crl") == after, "the same octets until something happens"


async def test_quirk_c03_a_list_a_day_and_a_responder_that_knows(run: Running) -> None:
    ca = run.ca("C03")
    mine, name = serial(ca, "supplier"), "C03-2"
    ca.revoke(mine, datetime.now(UTC))
    assert await run.ocsp("C03", "supplier") == "revoked"
    assert not await run.listed("C03", name, mine)
    run.fleet.clock.set("+1d")
    try:
        assert await run.listed("C03", name, mine)
    finally:
        run.fleet.clock.set("real")


async def test_lists_and_certificates_of_every_tier_hold(run: Running) -> None:
    for ident in ("C01", "C02", "C03", "C05"):
        side = run.fleet.systems[ident].doors
        assert side is not None
        for tier in side.side._sides["/pki/"].tiers():  # type: ignore[attr-defined]
            raw = await run.ask(ident, f"certs/{tier.name}.cer")
            assert raw == tier.authority.key.certificate
            listed = read_crl(await run.ask(ident, f"crl/{tier.name}.crl"))
            assert listed.issuer == read_certificate(raw).subject, tier.name
    with pytest.raises(urllib.error.HTTPError):
        await run.ask("C01", "crl/C01-9.crl")
    with pytest.raises(urllib.error.HTTPError):
        await run.ask("C01", "../outreach/api", b"{}")


async def test_c05_speaks_for_the_other_province_and_for_its_own_ca(run: Running) -> None:
    other = run.fleet.systems["C05"].desk.switches["hierarchy.C05"]
    key, issuer = other.signer("builder"), other.vendor.issuing().key.certificate
    asked = ocsp_request(read_certificate(key.certificate), read_certificate(issuer))
    raw = await run.ask("C05", "ocsp", asked)
    assert check_ocsp(raw, key.certificate, issuer, at=datetime.now(UTC)).ok


async def test_get_of_rfc_6960_and_what_is_no_question(run: Running) -> None:
    ca = run.ca("C01")
    key, issuer = ca.signer("builder"), ca.vendor.issuing().key.certificate
    asked = ocsp_request(read_certificate(key.certificate), read_certificate(issuer))
    for text in (base64.b64encode(asked).decode(), urllib.request.quote(base64.b64encode(asked), safe="")):
        raw = await run.ask("C01", f"ocsp/{text}")
        assert check_ocsp(raw, key.certificate, issuer, at=datetime.now(UTC)).ok
    assert await run.ask("C01", "ocsp", b"nonsense") == b"\x30\x03\x0a\x01\x01", "malformedRequest"


async def test_stamps_hold_in_both_families(run: Running) -> None:
    for ident, path, algorithm in (
        ("C03", "tsa", "sm2-sm3"), ("C03", "tsa/rsa", "rsa-sha256"), ("C01", "tsa", "sm2-sm3"),
    ):  # fmt: skip
        wish = stamp_request(Digest.of(b"data", "sm3"), nonce=77, cert_req=True)
        made = read_response(await run.ask(ident, path, wish))
        assert made.token is not None
        judged = certs.verify_timestamp(
            made.token, b"data", trust=run.ca(ident).trust(algorithm), at=datetime.now(UTC), nonce=77
        )
        assert judged.ok, judged.sentence()
    with pytest.raises(urllib.error.HTTPError):
        await run.ask("C01", "tsa/rsa", wish)


async def test_faults_of_the_public_services(run: Running) -> None:
    """Each shows on the wire, to a reader who judges with `certs`; nobody is made good by any of them."""
    plan = run.fleet.systems["C01"].faults
    for fault, seen in (
        ("ocsp-frozen", "frozen"),
        ("ocsp-stale", "ocsp-time"),
        ("ocsp-wrong-key", "signature"),
        ("ocsp-try-later", "ocsp-status"),
    ):
        plan.arm(fault)
        await run.ask("C01", "certs/C01-0.cer")  # a fault waits for the place it belongs to
        assert await run.ocsp("C01", "builder") == seen, fault
        assert await run.ocsp("C01", "builder") == "good", "once"
    plan.arm("crl-stale")
    late = read_crl(await run.ask("C01", "crl/C01-1.crl"))
    assert late.next_update is not None and late.next_update < datetime.now(UTC) - timedelta(days=20)
    plan.arm("tsa-no-clock")
    wish = stamp_request(Digest.of(b"data", "sm3"), nonce=77)
    assert read_response(await run.ask("C01", "tsa", wish)).token is None
    plan.arm("ca-down", times=2)
    for path in ("certs/C01-0.cer", "crl/C01-1.crl"):
        with pytest.raises(OSError):
            await run.ask("C01", path)
    assert await run.ask("C01", "certs/C01-0.cer")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")
async def test_foreign_hands_openssl(run: Running, tmp_path: Path) -> None:
    """`openssl ocsp` at the RSA CA's responder, nonce and all; `openssl ts` at the RSA time-stamp service."""
    vendor = run.ca("C02").vendor
    names = {
        "root": vendor.anchors[0],
        "chain": vendor.intermediates[-1],
        "builder": vendor.signer("builder").certificate,
        "revoked": vendor.signer("revoked").certificate,
    }
    for name, raw in names.items():
        (tmp_path / f"{name}.pem").write_text(pem("CERTIFICATE", raw))
    above = "".join(pem("CERTIFICATE", raw) for raw in (*vendor.anchors, *vendor.intermediates))
    (tmp_path / "all.pem").write_text(above)
    for holder in ("builder", "revoked"):
        said = await _openssl(
            tmp_path, "ocsp", "-issuer", "chain.pem", "-cert", f"{holder}.pem", "-CAfile", "all.pem",
            "-url", f"{run.peers['C02']['pki']}/ocsp",
        )  # fmt: skip
        assert "Response verify OK" in said and "nonce" not in said.lower(), said
        assert f"{holder}.pem: {'good' if holder == 'builder' else 'revoked'}" in said
    (tmp_path / "data").write_bytes(b"data")
    await _openssl(tmp_path, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
    told = await run.ask("C03", "tsa/rsa", (tmp_path / "query").read_bytes())
    (tmp_path / "answer").write_bytes(told)
    above = run.ca("C03").vendor.tiers("rsa-sha256")
    (tmp_path / "c03.pem").write_text("".join(pem("CERTIFICATE", ca.key.certificate) for ca in above))
    said = await _openssl(
        tmp_path, "ts", "-verify", "-queryfile", "query", "-in", "answer", "-CAfile", "c03.pem"
    )
    assert "Verification: OK" in said, said


async def _openssl(folder: Path, *words: str) -> str:
    pipe = asyncio.subprocess.PIPE
    ran = await asyncio.create_subprocess_exec("openssl", *words, cwd=folder, stdout=pipe, stderr=pipe)
    out, wrong = await asyncio.wait_for(ran.communicate(), 60)
    return (out + wrong).decode("utf-8", "replace")
