"""A signer calls back over real HTTP: its question was never answered, and the asker gets its signature."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.scan_oauth import DIALECT, proof
from hub.dialects import Found
from hub.message import canonical, sign, wall

SECRETS = {"client_id": "N05-hub", "client_secret": "s3cret-of-n05-2026"}
NONCES = itertools.count()
BEGAN = datetime.now(UTC)
END = wall(BEGAN + timedelta(hours=1))


@pytest.fixture
async def world(make_world: Any) -> Any:
    made = await make_world(found=Found({"scan-oauth": DIALECT}, {}))
    values = "".join(f'{name} = "{value}"\n' for name, value in SECRETS.items())
    row = f'[systems.N05]\nallow_from = ["127.0.0.1"]\n[systems.N05.credentials]\n{values}'
    (made.data / "peers.toml").write_text(row, "utf-8")
    hub = made.running.site.ctx.hub
    await hub.record_event("onboarding.approve", {"system": "T01", "state": "online"})
    return made


async def called(world: Any, number: str, data: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"event": "sign", "req_no": number, "data": data}).encode()
    nonce = f"nonce{next(NONCES):016d}"
    headers = proof.headers(SECRETS, "/oauth/callback", world.clock(), nonce, body)
    url = f"{world.url}/in/N05/oauth/callback"
    async with world.http.post(url, data=body, headers=headers) as reply:
        assert reply.status == 200
        answer: dict[str, Any] = json.loads(await reply.text())
        return answer


async def asked(world: Any, number: str) -> tuple[int, dict[str, Any]]:
    now = world.clock()
    certificate = {
        "caId": "C01", "issuer": "CN=示例", "serialNo": "01", "digest": "00", "medium": "tokenless",
        "usage": "sign", "notBefore": wall(BEGAN), "notAfter": END,
    }  # fmt: skip
    fields = {
        "requestNo": number, "certificate": certificate, "signKind": "detached", "digest": "00" * 32,
        "digestAlgorithm": "01", "platformId": "T01", "action": "bid", "businessId": "b" * 64,
        "challenge": "c" * 32, "expireTime": END,
    }  # fmt: skip
    head = {
        "ver": "1", "realm": "sandbox", "from": "T01", "to": "N05", "msgId": f"m-{number}",
        "msgType": "ca.sign", "time": wall(now), "nonce": f"nonce{next(NONCES):016d}",
    }  # fmt: skip
    raw = canonical(sign({"head": head, "body": {"fields": fields}}, world.keys["T01"]))
    dressed, url = {"Content-Type": "application/json"}, f"{world.url}/v1/services/ca.sign"
    async with world.http.post(url, data=raw, headers=dressed) as reply:
        return reply.status, json.loads(await reply.text())


SIGNED = {"state": 2, "evidence_no": "EV-2026-1"}


async def test_a_signature_reaches_the_asker_though_the_signer_never_answered(world: Any) -> None:
    status, answer = await asked(world, "SIGN-1")
    assert status == 502, answer
    assert (await called(world, "SIGN-OF-NOBODY", SIGNED))["code"] == 4101
    told = await called(world, "SIGN-1", SIGNED)
    assert (told["code"], told["data"]) == (200, {"received": True}), told
    again = await called(world, "SIGN-1", SIGNED)
    assert (again["code"], again["data"]) == (4401, {"received": True})
    status, answer = await asked(world, "SIGN-1")
    assert status == 200, answer
    assert "EV-2026-1" in json.dumps(answer) and '"callback"' in json.dumps(answer)
    status, answer = await asked(world, "SIGN-2")
    world.clock.ahead = timedelta(hours=2)
    assert (await called(world, "SIGN-2", SIGNED))["code"] == 4102
