"""Tokens for one call, and foreign systems that tell the hub something: over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.token_sm4 import DIALECT
from hub.catalogue import Papers
from hub.dialects import Found

PAPERS = Papers.load("token-sm4")
GOLDEN = {line["id"]: line for line in PAPERS.golden() if line["file"] == "inward.jsonl"}
SECRETS = {name: GOLDEN["in-token"]["secrets"][name] for name in PAPERS.facts["credentials"]}


@pytest.fixture
async def world(make_world: Any) -> Any:
    made = await make_world(found=Found({"token-sm4": DIALECT}, {}))
    values = "".join(f'{name} = "{value}"\n' for name, value in SECRETS.items())
    rows = (
        f'[systems.{system}]\nallow_from = ["127.0.0.1"]\n[systems.{system}.credentials]\n{values}'
        for system in ("P04", "P01")
    )
    (made.data / "peers.toml").write_text("\n".join(rows), "utf-8")
    return made


async def call(world: Any, system: str, operation: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"{world.url}/in/{system}/gsggzy/api/{operation}"
    async with world.http.post(url, data=json.dumps(body).encode()) as reply:
        assert reply.status == 200
        answer: dict[str, Any] = json.loads(await reply.text())
        return answer


async def token(world: Any, system: str) -> str:
    given = await call(world, system, "getToken", {name: SECRETS[name] for name in ("platform", "api_key")})
    return str(given["data"]["token"])


def said(golden: str, **change: Any) -> dict[str, Any]:
    return {**json.loads(GOLDEN[golden]["request"]["body"]), **change}


async def test_a_token_is_good_for_one_call_whatever_became_of_it(world: Any) -> None:
    first = await token(world, "P04")
    pushed = await call(world, "P04", "receiveProject", said("in-push-eng-project", token=first))
    assert pushed["code"] == 200, pushed
    other = said("in-push-eng-project", token=first, dataKey="0" * 32)
    assert (await call(world, "P04", "receiveProject", other))["code"] == 10051
    fresh = said("in-push-eng-project", token=await token(world, "P04"))
    repeated = await call(world, "P04", "receiveProject", fresh)
    assert (repeated["code"], repeated["data"]) == (20010, pushed["data"])
    lacking = said("in-required", token=await token(world, "P04"), dataKey="1" * 32)
    refused = await call(world, "P04", "receiveProject", lacking)
    assert (refused["code"], refused["data"]["field"]) == (10020, "projectName"), refused
    assert (await call(world, "P04", "receiveProject", lacking))["code"] == 10051


async def test_a_code_that_is_none_has_the_callers_own_name(world: Any) -> None:
    answer = await call(world, "P04", "receiveProjectInfo", said("in-code", token=await token(world, "P04")))
    assert (answer["code"], answer["data"]["field"]) == (10080, "regCode"), answer


async def test_what_is_told_is_kept_and_told_again_has_its_first_receipt(world: Any) -> None:
    async def tell(**change: Any) -> dict[str, Any]:
        body = said("in-entry.accept", token=await token(world, "P01"), **change)
        return await call(world, "P01", "receiveEntryAccept", body)

    first = await tell()
    assert (first["code"], first["data"]["receiptState"]) == (200, "1"), first
    again = await tell()
    assert again["data"]["receiptNo"] == first["data"]["receiptNo"]
    other = await tell(applyNo="JC-20261122-0008")
    assert other["data"]["receiptNo"] != first["data"]["receiptNo"]
