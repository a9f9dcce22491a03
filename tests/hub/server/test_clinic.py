"""A refused signature is explained in the sandbox: to its sender only, bounded, never in production."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from certs.algorithms import sm2
from hub.keyring import write_key
from hub.message import Key, sign, signing_bytes
from hub.message.key import make_value
from hub.ports import Answer
from hub.server import diagnosis
from hub.server.diagnosis import explained
from hub.server.soap.names import SOAP11
from tests.hub.server.soap_client import media, wrapped

PRIVATE = b"\x21" * 32
PAIR = Key("P01-2", "P01", "sm2-sm3", public=sm2.public_of(PRIVATE), private=PRIVATE)


def with_pair(world: Any) -> None:
    write_key(world.data / "keys", Key("P01-2", "P01", "sm2-sm3", public=PAIR.public))


async def test_messages_signed_with_a_key_pair(world: Any) -> None:
    with_pair(world)
    sent = world.signed(key=PAIR)
    assert (await world.post(sent))[0] == 202
    again = await world.post(sent)
    assert again[0] == 200
    assert "sign" not in again[1]["receipt"]
    assert (await world.post(world.signed()))[0] == 202  # the older key holds on beside


async def test_the_mistake_is_named_with_what_we_computed(world: Any) -> None:
    with_pair(world)
    sent = world.signed(key=PAIR)
    sent["head"]["sign"]["value"] = _b64(sm2.sign(signing_bytes(sent), PRIVATE, b""))
    status, body, _ = await world.post(sent)
    assert (status, body["code"]) == (401, "auth.signature")
    clinic = body["clinic"]
    assert [row["id"] for row in clinic["mistakes"]] == ["empty-id"]
    assert clinic["canonical"].encode() == signing_bytes(sent)
    assert clinic["z"] == sm2.z_value(PAIR.public).hex()
    assert clinic["e"] == sm2.e_value(signing_bytes(sent), PAIR.public).hex()


async def test_a_keyed_digest_and_an_algorithm(world: Any) -> None:
    key = world.keys["P01"]
    sent = world.signed()
    text = json.dumps({**sent, "head": {**sent["head"], "sign": {"alg": key.alg, "keyId": key.key_id}}})
    sent["head"]["sign"]["value"] = _b64(make_value(text.encode(), key))
    assert [row["id"] for row in (await world.post(sent))[1]["clinic"]["mistakes"]] == [
        "member-order", "white-space", "ascii-escapes",
    ]  # fmt: skip
    other = sign(world.envelope(), Key(key.key_id, "P01", "hmac-sha256", key.secret))
    _, body, _ = await world.post(other)
    assert body["code"] == "auth.algorithm"
    assert {row["id"] for row in body["clinic"]["mistakes"]} >= {"algorithm-name"}


async def test_a_value_of_another_look_is_explained_too(world: Any) -> None:
    sent = world.signed()
    sent["head"]["sign"]["value"] = sent["head"]["sign"]["value"].rstrip("=") + "\n"
    status, body, _ = await world.post(sent)
    assert (status, body["code"]) == (422, "envelope.format")
    assert "base64-line-breaks" in {row["id"] for row in body["clinic"]["mistakes"]}


async def test_soap_has_it_in_the_fault(world: Any) -> None:
    sent = world.signed()
    sent["head"]["sign"]["value"] = _b64(make_value(signing_bytes(sent) + b"\n", world.keys["P01"]))
    headers = {"Content-Type": media(SOAP11)}
    async with world.http.post(world.url + "/soap", data=wrapped(sent, SOAP11), headers=headers) as reply:
        assert '"newline"' in await reply.text()


class TestSilence:
    async def test_a_good_message_and_other_refusals_have_none(self, world: Any) -> None:
        for sent in (
            world.signed(),
            world.envelope(),
            world.signed(key=world.keys["D01"]),
        ):
            assert "clinic" not in (await world.post(sent))[1]

    async def test_nothing_of_another_members_key(self, world: Any) -> None:
        """D01's key under P01's name, and D01's secret under P01's key id."""
        key = world.keys["D01"]
        stranger = Key(world.keys["P01"].key_id, "P01", key.alg, key.secret)
        _, body, _ = await world.post(sign(world.envelope("P01"), stranger))
        assert body["clinic"]["mistakes"] == []
        _, body, _ = await world.post(sign(world.envelope("P01"), key))
        assert body["code"] == "auth.key"
        assert "clinic" not in body

    async def test_never_in_production(self, world: Any) -> None:
        sent = world.signed()
        sent["body"]["key"] = "changed"
        raw, refused = json.dumps(sent).encode(), Answer(401, "auth.signature")
        ctx = world.running.ctx
        assert "clinic" in (await explained(ctx, raw, refused)).data
        closed = replace(ctx, settings=replace(ctx.settings, realm="production"))
        assert await explained(closed, raw, refused) is refused

    async def test_a_large_message_gets_the_refusal_alone(self, world: Any) -> None:
        sent = world.signed()
        sent["body"]["ext"] = {"text": "x" * 70_000}
        _, body, _ = await world.post(sent)
        assert body["code"] == "auth.signature"
        assert "clinic" not in body

    async def test_the_loop_goes_on_meanwhile_and_one_is_explained_at_a_time(
        self, world: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, told = threading.Event(), threading.Event()
        thinking = diagnosis.diagnose

        def slowly(*given: Any, **more: Any) -> Any:
            begun.set()
            assert told.wait(60)
            return thinking(*given, **more)

        monkeypatch.setattr(diagnosis, "diagnose", slowly)
        sent = world.signed()
        sent["body"]["key"] = "changed"
        first = asyncio.create_task(world.post(sent))
        async with asyncio.timeout(60):
            while not begun.is_set():
                await asyncio.sleep(0.005)
        answers = await asyncio.gather(*(world.post(sent) for _ in range(7)))
        told.set()
        assert all(body["code"] == "auth.signature" and "clinic" not in body for _, body, _ in answers)
        assert "clinic" in (await first)[1]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
