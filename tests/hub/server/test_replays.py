"""A restart within the window forgets no nonce, whichever way the call came in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.message import sign
from hub.server.run import start
from hub.server.soap.names import SOAP11, SOAP12, Version
from hub.standard import load
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_names import SOAP11 as TYPED11
from tests.hub.server.soap_client import media, wrapped


async def again(world: Any) -> None:
    await world.running.stop()
    world.running = await start(world.running.ctx.settings, clock=world.clock)


def stolen(world: Any, first: dict[str, Any]) -> dict[str, Any]:
    """Another message under the nonce of the first, rightly signed: its key's owner does not do that."""
    other = world.envelope("P01", nonce=first["head"]["nonce"])
    return sign(other, world.keys["P01"])


async def native(world: Any, envelope: dict[str, Any]) -> tuple[int, str]:
    status, told, _ = await world.post(envelope)
    return status, told["code"]


async def batch(world: Any, envelope: dict[str, Any]) -> tuple[int, str]:
    raw = json.dumps({"messages": [envelope]}, ensure_ascii=False).encode()
    url, media = world.url + "/v1/messages:batch", {"Content-Type": "application/json"}
    async with world.http.post(url, data=raw, headers=media) as reply:
        (result,) = (await reply.json())["results"]
    return result["status"], result["code"]


async def _soap(world: Any, raw: bytes, kind: str) -> tuple[int, str]:
    """The status a JSON caller would hear, read from the answer's own words."""
    async with world.http.post(world.url + "/soap", data=raw, headers={"Content-Type": kind}) as reply:
        text = await reply.text()
    if "auth.nonce-reused" in text:
        return 401, "auth.nonce-reused"
    assert "0000" in text, text
    return 200, "0000"


def generic(version: Version) -> Callable[[Any, dict[str, Any]], Awaitable[tuple[int, str]]]:
    async def way(world: Any, envelope: dict[str, Any]) -> tuple[int, str]:
        return await _soap(world, wrapped(envelope, version), media(version))

    return way


async def typed(world: Any, envelope: dict[str, Any]) -> tuple[int, str]:
    raw = soap_encode(load(), envelope, version=TYPED11)
    assert isinstance(raw, bytes)
    return await _soap(world, raw, f"{TYPED11.media}; charset=utf-8")


WAYS: dict[str, Callable[[Any, dict[str, Any]], Awaitable[tuple[int, str]]]] = {
    "json": native,
    "batch": batch,
    "soap11": generic(SOAP11),
    "soap12": generic(SOAP12),
    "typed": typed,
}
PAIRS = [*((way, way) for way in WAYS), ("json", "typed"), ("typed", "soap11"), ("soap12", "batch")]


@pytest.mark.parametrize(("before", "after"), PAIRS)
async def test_a_nonce_is_used_up_over_a_restart_and_across_bindings(
    make_world: Any, before: str, after: str
) -> None:
    world = await make_world()
    first = world.signed("P01")
    assert (await WAYS[before](world, first))[0] in {200, 202}
    await again(world)
    try:
        assert await WAYS[after](world, stolen(world, first)) == (401, "auth.nonce-reused")
        assert (await WAYS[after](world, first))[0] == 200, "the message itself has its receipt"
    finally:
        await world.running.stop()


async def test_signed_headers_of_what_changes_something_serve_once_also_over_a_restart(
    make_world: Any,
) -> None:
    world = await make_world()
    target = "/v1/outbox/retry"
    raw = json.dumps({"ids": [1]}).encode()
    proof = world.proof("centre", "POST", target, raw)

    async def ask() -> tuple[int, str]:
        status, told = await world.asked("centre", "POST", target, {"ids": [1]}, headers=proof)
        return status, told.get("code", "")

    assert (await ask())[0] == 200
    assert await ask() == (401, "auth.nonce-reused")
    await again(world)
    try:
        assert await ask() == (401, "auth.nonce-reused")
    finally:
        await world.running.stop()
