"""The hub's own TLS: at the door, after the hand-over, with renewed files; and whose certificate it is."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs import testpki
from hub.client import HubClient
from hub.errors import SettingsError
from hub.server.tls import listener, marks


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    testpki.make(folder, now=datetime.now(UTC), clients=("P01", "T01", "stranger"))
    return folder


def secure(pki: Path, client: str = "none") -> dict[str, Any]:
    asked = {"tls_client": client, "tls_client_ca": pki / "ca.pem"} if client != "none" else {}
    return {"tls_cert": pki / "server.pem", "tls_key": pki / "server.key", **asked}


def trust(pki: Path, name: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=pki / "ca.pem")
    if name:
        context.load_cert_chain(pki / f"{name}.pem", pki / f"{name}.key")
    return context


def mark(pki: Path, name: str) -> str:
    return f"sha256:{hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem(pki, name))).hexdigest()}"


def pem(pki: Path, name: str) -> str:
    text = (pki / f"{name}.pem").read_text()
    end = "-----END CERTIFICATE-----"
    return text[: text.index(end) + len(end)]


async def post(world: Any, context: ssl.SSLContext, body: dict[str, Any], path: str = "/v1/messages") -> Any:
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    async with world.http.post(world.url + path, data=raw, headers=headers, ssl=context) as reply:
        return reply.status, await reply.json(content_type=None)


async def test_plain_messages_and_what_is_handed_over_share_one_connection(
    make_world: Any, pki: Path
) -> None:
    world = await make_world(**secure(pki))
    assert world.url.startswith("https://")
    reader, writer = await asyncio.open_connection("127.0.0.1", port(world), ssl=trust(pki))
    raw = json.dumps(world.signed(), ensure_ascii=False).encode()
    plain = (
        b"POST /v1/messages HTTP/1.1\r\nHost: h\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    for _ in range(2):
        writer.write(plain % len(raw) + raw)
        assert (await answer(reader))[0] in {202, 200}
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await answer(reader))[0] == 200
    writer.write(plain % len(raw) + raw)
    assert (await answer(reader))[0] == 200, "now by aiohttp, over the same TLS"
    ticket = world.running.ctx.sessions.ticket("centre").encode()
    writer.write(b"GET /login?ticket=%b HTTP/1.1\r\nHost: h\r\n\r\n" % ticket)
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
    cookie = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"set-cookie"))
    assert {b"Secure", b"HttpOnly", b"SameSite=Strict"} <= set(cookie.split(b"; "))
    writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head.split(b" ")[1]), await reader.readexactly(length)


def port(world: Any) -> int:
    return int(world.url.rpartition(":")[2])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_plain_http_and_old_versions_are_not_spoken_there(make_world: Any, pki: Path) -> None:
    world = await make_world(**secure(pki))
    reader, writer = await asyncio.open_connection("127.0.0.1", port(world))
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    async with asyncio.timeout(60):
        assert b"HTTP" not in await reader.read()
    writer.close()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", port(world), ssl=old)


async def test_a_renewed_certificate_is_shown_without_a_restart_and_half_a_renewal_is_not(
    make_world: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        testpki.make(folder, now=datetime.now(UTC))
    live = tmp_path / "live"
    shutil.copytree(first, live)
    world = await make_world(**secure(live))
    before = await post(world, trust(first), world.signed())
    shutil.copy(second / "server.pem", live / "server.pem")
    assert before[0] == 202 == (await post(world, fresh(first), world.signed()))[0], (
        "key and certificate differ"
    )
    assert "TLS files kept" in caplog.text
    shutil.copy(second / "server.key", live / "server.key")
    assert (await post(world, fresh(second), world.signed()))[0] == 202
    with pytest.raises(Exception, match="certificate verify failed"):
        await post(world, fresh(first), world.signed())


def fresh(pki: Path) -> ssl.SSLContext:
    """A context of its own, so that no pooled connection is used."""
    return trust(pki)


async def test_without_a_certificate_nobody_comes_in_where_one_is_required(
    make_world: Any, pki: Path
) -> None:
    world = await make_world(**secure(pki, "required"))
    (world.data / "members.toml").write_text(f'[members.P01]\ncertificates = ["{mark(pki, "P01")}"]\n')
    with pytest.raises(Exception, match=r"(?i)certificate required|reset|closed|disconnected|EOF"):
        await post(world, trust(pki), world.signed())
    assert (await post(world, trust(pki, "P01"), world.signed()))[0] == 202


@pytest.mark.parametrize("client", ["optional", "required"])
async def test_a_certificate_speaks_for_its_member_only(make_world: Any, pki: Path, client: str) -> None:
    world = await make_world(**secure(pki, client))
    (world.data / "members.toml").write_text(
        "".join(f'[members.{one}]\ncertificates = ["{mark(pki, one)}"]\n' for one in ("P01", "T01"))
    )
    mine, theirs, nobodys = (trust(pki, name) for name in ("P01", "T01", "stranger"))
    assert (await post(world, mine, world.signed("P01")))[0] == 202
    for context in (theirs, nobodys):
        status, told = await post(world, context, world.signed("P01"))
        assert (status, told["code"]) == (403, "auth.certificate")
    # The same at every other way in: batch, services, SOAP, signed headers.
    status, told = await post(world, theirs, {"messages": [world.signed("P01")]}, "/v1/messages:batch")
    assert (status, told["results"][0]["code"]) == (200, "auth.certificate")
    asked = world.signed("P01", msgType="credit.query")
    status, told = await post(world, theirs, asked, "/v1/services/credit.query")
    assert (status, told["code"]) in {(403, "auth.certificate"), (422, "envelope.unknown")}
    for context, expected in ((mine, 404), (theirs, 403)):
        target = "/v1/messages/0"
        headers = world.proof("P01", "GET", target)
        async with world.http.get(world.url + target, headers=headers, ssl=context) as reply:
            assert reply.status == expected
    unlisted = await post(world, theirs, world.signed("P01", **{"from": "X99"}))
    assert unlisted[0] == 403, "who is not listed gets the same answer"


async def test_without_one_the_signature_alone_decides_where_it_is_optional(
    make_world: Any, pki: Path
) -> None:
    world = await make_world(**secure(pki, "optional"))
    assert (await post(world, trust(pki), world.signed("P01")))[0] == 202


async def test_an_agreement_ends_with_its_line(make_world: Any, pki: Path) -> None:
    world = await make_world(**secure(pki, "required"))
    file = world.data / "members.toml"
    file.write_text(f'[members.P01]\ncertificates = ["{mark(pki, "P01")}"]\n')
    context = trust(pki, "P01")
    assert (await post(world, context, world.signed("P01")))[0] == 202
    file.write_text("[members.P01]\ncertificates = []\n")
    await asyncio.sleep(0.1)
    assert (await post(world, context, world.signed("P01")))[0] == 403, (
        "also on a connection that stayed open"
    )


async def test_a_removed_authority_is_gone(make_world: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        testpki.make(folder, now=datetime.now(UTC), clients=("P01",))
    live = tmp_path / "live"
    shutil.copytree(first, live)
    world = await make_world(**secure(live, "required"))
    (world.data / "members.toml").write_text(f'[members.P01]\ncertificates = ["{mark(first, "P01")}"]\n')
    assert (await post(world, trust(first, "P01"), world.signed()))[0] == 202
    shutil.copy(second / "ca.pem", live / "ca.pem")
    with pytest.raises(Exception, match=r"(?i)unknown ca|reset|closed|disconnected|EOF"):
        await post(world, trust(first, "P01"), world.signed())


async def test_the_client_is_told_whom_to_believe(
    make_world: Any, pki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(**secure(pki, "optional"))
    monkeypatch.setenv("HUTONG_CA", str(pki / "ca.pem"))
    monkeypatch.setenv("HUTONG_CLIENT_CERT", str(pki / "P01.pem"))
    monkeypatch.setenv("HUTONG_CLIENT_KEY", str(pki / "P01.key"))
    (world.data / "members.toml").write_text(f'[members.P01]\ncertificates = ["{mark(pki, "P01")}"]\n')
    client = HubClient(world.url, world.keys["P01"])
    raw = json.dumps(world.signed(), ensure_ascii=False).encode()
    assert (await asyncio.to_thread(client.send, raw)).status == 202
    monkeypatch.setenv("HUTONG_CA", str(pki / "P01.key"))
    with pytest.raises(SettingsError, match="HUTONG_CA"):
        HubClient(world.url)


@pytest.mark.parametrize(
    "given",
    [
        {"client": "maybe"},
        {"client": "required", "cert": True},
        {"client": "required", "ca": True},
        {"key": True},
        {"cert": True, "key": True, "wrong": True},
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(pki: Path, given: dict[str, Any]) -> None:
    cert = pki / "server.pem" if "cert" in given else None
    key = pki / ("P01.key" if "wrong" in given else "server.key") if "key" in given else None
    ca = pki / "ca.pem" if "ca" in given else None
    with pytest.raises(SettingsError, match="tls_"):
        listener(cert, key, ca, given.get("client", "none"))


def test_codes_in_the_subject_are_marks() -> None:
    class Connection:
        def getpeercert(self, *, binary_form: bool = False) -> Any:
            pairs = (("commonName", "T01"),), (("serialNumber", "91620000MA0000000X"),)
            return b"der" if binary_form else {"subject": pairs}

    class Transport:
        def get_extra_info(self, name: str) -> Any:
            return Connection() if name == "ssl_object" else None

    assert marks(Transport()) == (
        f"sha256:{hashlib.sha256(b'der').hexdigest()}",
        "subject:91620000MA0000000X",
    )
    assert marks(None) is None
