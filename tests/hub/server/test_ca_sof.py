"""The SOF server over HTTP, as a vendor's program has it: signed, one form of answer, and without a trace."""

from __future__ import annotations

import asyncio
import logging

from certs.algorithms.digest import digest
from hub.catalogue.gateways import Gateway
from hub.journal.entry import Kind
from hub.sof.table import FUNCTIONS
from tests.hub.server.ca_kit import b64, ca, folder, pki

__all__ = ["ca", "folder"]

PATH = "/v1/ca/sof"
TEXT = "开标一览表".encode()


async def _ask(ca, name, *given, owner="T01"):
    return await ca.asked(owner, "POST", PATH, {"exec_name": name, "exec_args": list(given)})


async def _good(ca, name, *given, owner="T01"):
    status, said = await _ask(ca, name, *given, owner=owner)
    assert (status, said["code"]) == (200, 0), said
    return said["data"]


def _entries(journal):
    """Without what the hub writes by the clock, whoever asks or does not."""
    by_itself = (Kind.HEAD, Kind.STAMP, Kind.PADDING)
    return [one.seq for one in journal.heads(0, 10_000) if one.facts["kind"] not in by_itself]


async def test_a_login_as_a_vendor_writes_it(ca):
    """Certificate, challenge, signature: valid, by whom, and what a frozen one is told."""
    vendor = pki().vendors["C03"]
    key = vendor.signer("builder")
    challenge = await _good(ca, "SOF_GenRandom", 32)
    value = b64(key.sign(challenge.encode()))
    assert await _good(ca, "SOF_ValidateCert", b64(key.certificate)) == 1
    checked = [b64(key.certificate), b64(challenge.encode()), value]
    status, said = await _ask(ca, "SOF_VerifySignedData", *checked)
    assert (status, said["data"], said["sofCode"], said["ca"]["id"]) == (200, True, 1, "C03")
    assert "沙箱精诚" in await _good(ca, "SOF_GetCertInfo", b64(key.certificate), 0x31)
    frozen = vendor.signer("frozen")
    assert await _good(ca, "SOF_ValidateCert", b64(frozen.certificate)) == -4
    assert await _good(ca, "SOF_GetLastError") == 0x0B000502
    assert await _good(ca, "SOF_GetLastError", owner="T03") == 0, "another application's is its own"


async def test_a_file_sent_before_stands_in_for_its_octets(ca):
    body = TEXT * 1000
    name = f"sm3:{digest(body).hex()}"
    target = f"/v1/files/{name}"
    proof = ca.proof("P01", "PUT", target, body) | {"X-Hutong-Body": name}
    async with ca.http.put(ca.url + target, data=body, headers=proof) as reply:
        assert reply.status in (200, 201), await reply.text()
    file = {"name": "投标.bin", "digest": name, "size": len(body), "media": "application/octet-stream"}
    value = await _good(ca, "SOF_SignFile", file, owner="P01")
    leaf = await _good(ca, "SOF_GetServerCertificate", 1, owner="P01")
    assert await _good(ca, "SOF_VerifySignedFile", leaf, file, value, owner="P01") is True
    status, said = await _ask(ca, "SOF_SignFile", file, owner="T01")
    assert status == 200 and said["code"] == 0x0B000201, "not a file of its own"


async def test_whoever_may_not_ask_is_told_by_status_and_nothing_leaves_a_trace(ca, caplog):
    caplog.set_level(logging.INFO)
    await _good(ca, "SOF_GetVersion")
    journal = ca.running.ctx.hub._parts.reading.journal
    before = _entries(journal)
    caplog.clear()
    async with ca.http.post(ca.url + PATH, json={"exec_name": "SOF_GetVersion"}) as reply:
        assert reply.status == 401
    leaf = b64(pki().vendors["C01"].signer("builder").certificate)
    functions = Gateway.load().functions
    some = {"cert": leaf, "octets": b64(TEXT), "text": "default", "int": 1}
    asked = [(name, [some[one.kind] for one in functions[name].arguments]) for name in FUNCTIONS]
    for name, given in asked:
        status, said = await _ask(ca, name, *given)
        assert status == 200 and {"code", "msg", "data", "lastError"} <= set(said), (name, said)
    for raw in (b"", b"{", b"[]", b"\xff", b'{"exec_name":"SOF_GetVersion","exec_name":"x"}'):
        headers = {**ca.proof("T01", "POST", PATH, raw), "Content-Type": "application/json"}
        async with ca.http.post(ca.url + PATH, data=raw, headers=headers) as reply:
            assert reply.status == 200 and (await reply.json())["code"] == 0x0B000201, raw
    assert _entries(journal) == before
    assert not [
        one for one in caplog.records if "sof" in one.getMessage().lower() or "T01" in one.getMessage()
    ]


async def test_many_at_once_are_answered_each_with_its_own(ca):
    vendors = [pki().vendors[name].signer("builder") for name in ("C01", "C02", "C03", "C05")]
    asked = [(key, number) for key in vendors for number in range(5)]

    async def one(key, number):
        data = b64(TEXT + bytes((number,)))
        value = b64(key.sign(TEXT + bytes((number % 4,))))
        return await _good(ca, "SOF_VerifySignedData", b64(key.certificate), data, value)

    found = await asyncio.gather(*(one(key, number) for key, number in asked))
    assert found == [number != 4 for _, number in asked]
