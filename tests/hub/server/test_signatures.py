"""Signatures by key pair in every binding; what becomes of them when a key or certificate is taken back."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from certs.algorithms.signature import SIGNATURES, family
from certs.model.certificate import read_certificate
from certs.testpki import make as make_tls
from certs.testpki.issue import new_key
from certs.testpki.make import Pki
from hub.cli.main import main
from hub.client import HubClient
from hub.keyring import write_key
from hub.message import CST, Key, sign, sign_request
from hub.server.soap.names import SOAP11, SOAP12
from hub.standard import load
from hub.standard.bindings.package_names import package_name
from hub.standard.bindings.package_receipt import Result, take_package
from hub.standard.bindings.package_write import write_package
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_names import SOAP11 as TYPED11
from hub.standard.bindings.soap_names import SOAP12 as TYPED12
from hub.standard.bindings.table_database import connect
from hub.standard.bindings.table_mount import Mount, Refused, Taken
from tests.hub.server.ca_kit import ca, folder, pki
from tests.hub.server.soap_client import media, wrapped

__all__ = ["ca", "folder"]

NAME = package_name("P01", "subject", datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST), 1)
Sent = tuple[bool, str]  # accepted, and the code of the answer
Way = Callable[[Any, dict[str, Any], Key], Awaitable[Sent]]


def pair(alg: str, number: int = 2) -> Key:
    private = new_key(alg)
    return Key(f"P01-{alg}-{number}", "P01", alg, public=family(alg).public_of(private), private=private)


def registered(world: Any, key: Key) -> Key:
    """The hub holds the public half only."""
    write_key(world.data / "keys", Key(key.key_id, key.owner, key.alg, public=key.public))
    return key


async def settled(world: Any, key_id: str) -> None:
    """The keyring looks at its directory twenty times a second."""
    async with asyncio.timeout(60):
        while world.running.ctx.keyring.key(key_id) is None:
            await asyncio.sleep(0.01)


async def by_json(world: Any, envelope: dict[str, Any], key: Key) -> Sent:
    status, told, _ = await world.post(envelope)
    return status in (200, 202), told["code"]


async def by_batch(world: Any, envelope: dict[str, Any], key: Key) -> Sent:
    raw = json.dumps({"messages": [envelope]}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    async with world.http.post(world.url + "/v1/messages:batch", data=raw, headers=headers) as reply:
        (told,) = (await reply.json())["results"]
    return told["status"] in (200, 202), told["code"]


def by_soap(raw_of: Callable[[dict[str, Any]], bytes | Any], media_type: str) -> Way:
    async def way(world: Any, envelope: dict[str, Any], key: Key) -> Sent:
        raw = raw_of(envelope)
        assert isinstance(raw, bytes), raw
        headers = {"Content-Type": media_type}
        async with world.http.post(world.url + "/soap", data=raw, headers=headers) as reply:
            text = await reply.text()
        code = re.search(r"<(?:\w+:)?code>([^<]*)<", text)
        assert code is not None, text
        return "Fault>" not in text and code[1] == "0000", code[1]

    return way


async def by_table(world: Any, envelope: dict[str, Any], key: Key) -> Sent:
    """A vendor lays rows down; the taker hands them to the hub as they are and flags them with its answer."""
    answers: list[Sent] = []

    def work() -> None:
        file = world.data / "mount.db"
        laid, database = file.exists(), connect(f"sqlite:///{file}")
        mount, client = Mount(load(), database), HubClient(world.url)
        if not laid:
            mount.create()
        assert mount.write(envelope) == ()

        def receive(row: dict[str, Any]) -> Taken | Refused:
            told = client.send(json.dumps(row, ensure_ascii=False).encode())
            answers.append((told.ok, told.code))
            return Taken() if told.ok else Refused(())

        mount.take(receive, datetime.now(UTC))
        database.close()

    await asyncio.to_thread(work)
    (answer,) = answers
    return answer


async def by_package(world: Any, envelope: dict[str, Any], key: Key) -> Sent:
    """The manifest is signed like the messages in it, and looked at before any of them."""
    answers: list[Sent] = []

    def work() -> None:
        stream, client = io.BytesIO(), HubClient(world.url)
        write_package(stream, NAME, [envelope], load(), key=key)

        def receive(row: dict[str, Any], at: str) -> Result:
            told = client.send(json.dumps(row, ensure_ascii=False).encode())
            answers.append((told.ok, told.code))
            return Result(at, "accepted" if told.ok else "refused")

        found, _ = take_package(stream, str(NAME), receive, key_of=world.running.ctx.keyring.key)
        assert found.sound, found.findings

    await asyncio.to_thread(work)
    (answer,) = answers
    return answer


WAYS: dict[str, Way] = {
    "json": by_json,
    "batch": by_batch,
    "soap11": by_soap(lambda one: wrapped(one, SOAP11), media(SOAP11)),
    "soap12": by_soap(lambda one: wrapped(one, SOAP12), media(SOAP12)),
    "typed11": by_soap(lambda one: soap_encode(load(), one, version=TYPED11), media(SOAP11)),
    "typed12": by_soap(lambda one: soap_encode(load(), one, version=TYPED12), media(SOAP12)),
    "table": by_table,
    "file": by_package,
}  # fmt: skip


async def test_every_algorithm_in_every_binding(world: Any, tmp_path: Path, capsys: Any) -> None:
    keys = {alg: registered(world, pair(alg)) for alg in SIGNATURES}
    await settled(world, keys["ecdsa-sha256"].key_id)
    mine = tmp_path / "mine"
    mine.mkdir()
    for alg, key in keys.items():
        for name, way in WAYS.items():
            told = await way(world, world.signed("P01", key=key), key)
            assert told == (True, "0000"), (alg, name, told)
            altered = world.signed("P01", key=key)
            altered["body"]["version"] += 1
            assert await way(world, altered, key) == (False, "auth.signature"), (alg, name)
        other = next(one for one in keys.values() if one.alg != alg)
        stranger = sign(world.envelope("P01"), Key(key.key_id, "P01", other.alg, private=other.private))
        assert await by_json(world, stranger, key) == (False, "auth.algorithm"), alg
        # The signed headers of a question, and the client of the command line, which finds the key by itself.
        target = "/v1/messages?from=P01&msgId=none"
        proof = sign_request("GET", target, key, now=world.clock(), nonce=os.urandom(8).hex())
        assert (await world.asked("P01", "GET", target, headers=proof))[0] == 404
        write_key(mine, key)
        file = tmp_path / "one.json"
        file.write_text(json.dumps(world.envelope("P01"), ensure_ascii=False), "utf-8")
        words = ["send", str(file), "--as", "P01", "--keys", str(mine), "--url", world.url, "--json"]
        assert await asyncio.to_thread(main, words) == 0
        assert json.loads(capsys.readouterr().out)["code"] == "0000"
        (mine / f"{key.key_id}.json").unlink()


async def becomes(ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool], what: str) -> Any:
    """Asked until it is so; how long that took is reported, two seconds are the promise."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        while not wanted(said := await ask()):
            await asyncio.sleep(0.02)
    print(f"{what}: in force after {time.monotonic() - began:.2f} s")
    return said


async def test_keys_replaced_and_withdrawn_hold_no_longer(world: Any) -> None:
    old, new = pair("sm2-sm3", 1), pair("sm2-sm3", 2)
    folder = world.data / "keys"
    registered(world, old)
    await settled(world, old.key_id)
    kept, told, _ = await world.post(world.signed(key=old))
    assert kept == 202

    async def code(key: Key) -> str:
        _, said, _ = await world.post(world.signed(key=key))
        return str(said["code"])

    # A second one beside it: while a member changes over, both hold.
    registered(world, new)
    await becomes(lambda: code(new), "0000".__eq__, "a second key")
    assert await code(old) == "0000"
    (folder / f"{old.key_id}.json").unlink()
    await becomes(lambda: code(old), "auth.key".__eq__, "a key withdrawn")
    assert await code(new) == "0000"
    # Written over in its file, which its directory does not show.
    third = Key(new.key_id, "P01", "sm2-sm3", private=(other := pair("sm2-sm3")).private, public=other.public)
    path = folder / f"{new.key_id}.json"
    text = json.loads(path.read_text())
    donor = json.loads(write_key(world.data, third).read_text())
    path.write_text(json.dumps({**text, "public": donor["public"]}))
    await becomes(lambda: code(new), "auth.signature".__eq__, "a key replaced in its file")
    assert await code(third) == "0000"
    # What was accepted under the old key stays.
    status, _ = await world.asked("centre", "GET", f"/v1/messages/{told['hubId']}")
    assert status == 200


async def test_a_certificates_key_holds_as_long_as_the_certificate(ca: Any, folder: Path) -> None:
    for vendor_id, alg in (("C01", "sm2-sm3"), ("C02", "rsa-sha256")):
        vendor = pki().vendors[vendor_id]
        held = vendor.signer("builder", alg)
        key = Key(f"P01-{vendor_id}", "P01", alg, public=held.public, private=held.private,
                  certificate=held.certificate)  # fmt: skip
        write_key(ca.data / "keys", Key(key.key_id, "P01", alg, certificate=held.certificate))
        await settled(ca, key.key_id)
        status, told, _ = await ca.post(ca.signed(key=key))
        assert (status, told["code"]) == (202, "0000"), (vendor_id, told)
        proof = sign_request("GET", "/v1/outbox", key, now=ca.clock(), nonce=os.urandom(8).hex())
        assert (await ca.asked("P01", "GET", "/v1/outbox", headers=proof))[0] in (200, 403)

        async def code(key: Key = key) -> str:
            return str((await ca.post(ca.signed(key=key)))[1]["code"])

        now = datetime.now(UTC).replace(microsecond=0)
        serial = read_certificate(held.certificate).serial
        lists = {read_issuer(path): path for path in (folder / "crl").iterdir()}
        issuing = vendor.issuing(alg)
        path = lists[read_certificate(held.certificate).issuer]
        draft = folder / "crl" / ".next"
        draft.write_bytes(issuing.crl([(serial, now, 1)], number=90, this_update=now))
        draft.replace(path)
        await becomes(code, "auth.key".__eq__, f"a {vendor_id} certificate revoked")
        proof = sign_request("GET", "/v1/outbox", key, now=ca.clock(), nonce=os.urandom(8).hex())
        assert (await ca.asked("P01", "GET", "/v1/outbox", headers=proof))[0] == 401
        assert [await code() for _ in range(3)] == ["auth.key"] * 3
        status, _ = await ca.asked("centre", "GET", f"/v1/messages/{told['hubId']}")
        assert status == 200, "what was accepted stays"


def read_issuer(path: Path) -> Any:
    from certs.cli.kinds import recognise_kind
    from certs.model.crl import read_crl

    return read_crl(recognise_kind(path.read_bytes()).data).issuer


async def test_a_certificate_nobody_admits_signs_nothing(ca: Any, tmp_path: Path) -> None:
    """Its own word is not enough: the stranger's signature is sound, and its CA unknown."""
    from certs.testpki.issue import Authority

    stranger = Authority.root("别人", now=datetime.now(UTC)).issue("别人的签名", days=30)
    key = Key("P01-9", "P01", stranger.algorithm, private=stranger.private, certificate=stranger.certificate)
    write_key(ca.data / "keys", Key("P01-9", "P01", stranger.algorithm, certificate=stranger.certificate))
    await settled(ca, "P01-9")
    assert (await ca.post(ca.signed(key=key)))[1]["code"] == "auth.key"


def shown(made: Pki, name: str) -> Any:
    import ssl

    context = ssl.create_default_context(cafile=made.ca)
    context.load_cert_chain(made.certificate(name), made.key(name))
    return context


def marked(made: Pki, *names: str) -> str:
    import hashlib
    import ssl

    text = {one: ssl.PEM_cert_to_DER_cert(made.certificate(one).read_text()) for one in names}
    return json.dumps([f"sha256:{hashlib.sha256(raw).hexdigest()}" for raw in text.values()])


@pytest.fixture
def tls(tmp_path: Path) -> Pki:
    now = datetime.now(UTC)
    made = make_tls(tmp_path / "tls", now=now - timedelta(hours=1), clients=("P01", "P01-next", "D01"))
    made.revoke(now=now)
    return made


async def test_mutual_tls_rotates_and_is_withdrawn(make_world: Any, tls: Pki) -> None:
    world = await make_world(
        tls_cert=tls.certificate("server"), tls_key=tls.key("server"), tls_client="required",
        tls_client_ca=tls.ca, tls_client_crl=tls.crl,
    )  # fmt: skip
    members = world.data / "members.toml"
    old, both, new = marked(tls, "P01"), marked(tls, "P01", "P01-next"), marked(tls, "P01-next")

    def agreed(marks: str) -> None:
        members.write_text(
            f"[members.P01]\ncertificates = {marks}\n[members.D01]\ncertificates = {marked(tls, 'D01')}\n"
        )

    async def code(context: Any, sender: str = "P01", *, http: Any = None) -> str:
        raw = json.dumps(world.signed(sender), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        try:
            async with (http or world.http).post(
                world.url + "/v1/messages", data=raw, headers=headers, ssl=context
            ) as reply:
                return str((await reply.json(content_type=None))["code"])
        except (aiohttp.ClientError, ConnectionError) as error:
            return f"no connection: {type(error).__name__}"

    agreed(old)
    first, second, other = shown(tls, "P01"), shown(tls, "P01-next"), shown(tls, "D01")
    assert await code(first) == "0000"
    assert await code(other, "P01") == "auth.certificate", "a certificate of D01 speaks for D01 only"
    assert await code(other, "D01") == "0000"
    assert await code(second) == "auth.certificate", "not agreed yet"
    agreed(both)
    await becomes(lambda: code(second), "0000".__eq__, "a second TLS certificate agreed")
    assert await code(first) == "0000", "both, while the member changes over"
    agreed(new)
    await becomes(lambda: code(first), "auth.certificate".__eq__, "the first no longer agreed")
    # Revoked by its CA: on the connection that stands open, and for whoever comes anew.
    assert await code(second) == "0000"
    tls.revoke("P01-next", now=datetime.now(UTC))
    await becomes(
        lambda: code(second), "auth.certificate".__eq__, "a TLS certificate revoked, connection open"
    )
    async with aiohttp.ClientSession() as anew:
        said = await code(shown(tls, "P01-next"), http=anew)
        assert said.startswith("no connection"), said
    assert await code(other, "D01") == "0000"
    # A list that cannot be read changes nothing; nobody comes in by breaking it.
    tls.crl.write_text("-----BEGIN X509 CRL-----\n????\n")
    await asyncio.sleep(0.1)
    assert await code(second) == "auth.certificate"
