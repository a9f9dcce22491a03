"""The person with the telephone over the steering port, at a running fleet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp

from simulators.dialects.scan_proof import signature
from simulators.fleet import Fleet, Options
from simulators.management import Management


async def test_scan_and_confirm_from_outside(tmp_path: Path) -> None:
    fleet = Fleet.muster(Options(("P23", "M01"), pki=tmp_path / "pki"))
    management = Management(fleet)
    await fleet.start()
    address, serial = await management.start(), 0
    given = fleet.systems["P23"].desk.credentials

    async with aiohttp.ClientSession() as client:

        async def call(path: str, asked: dict[str, Any], token: str = "") -> Any:
            nonlocal serial
            serial += 1
            stamp = str(int(fleet.clock().timestamp() * 1000))
            body = json.dumps(asked).encode()
            sign = signature(given["client_secret"], path, stamp, f"{serial:016d}", body)
            headers = {"X-Client-Id": given["client_id"], "X-Timestamp": stamp, "X-Nonce": f"{serial:016d}"}
            headers |= {"X-Sign": sign, "Authorization": f"Bearer {token}"}
            async with client.post(fleet.address("P23") + path, data=body, headers=headers) as reply:
                return json.loads(await reply.text())

        async def steer(ident: str, told: dict[str, Any] | None = None) -> tuple[int, Any]:
            url = f"{address}/systems/{ident}/user"
            async with client.request("GET" if told is None else "POST", url, json=told) as reply:
                return reply.status, json.loads(await reply.text())

        token = (await call("/oauth/token", {"grant_type": "client_credentials"}))["data"]["access_token"]
        asked = {
            "req_no": "A-1", "client_id": "APP", "scene": "login", "auth_methods": ["licence"],
            "session_hash": "9b" * 32, "challenge": "c",
        }  # fmt: skip
        ticket = (await call("/oauth/api/ticket", asked, token))["data"]["ticket"]
        assert (await steer("P23"))[1]["tickets"][0]["state"] == "new"
        assert await steer("P23", {"action": "scan"}) == (
            200,
            {**(await steer("P23"))[1]["tickets"][0], "state": "scanned"},
        )
        assert (await steer("P23", {"action": "confirm", "ticket": ticket}))[1]["state"] == "confirmed"
        assert (await steer("P23", {"action": "scan"}))[0] == 409
        assert (await steer("P23", {"action": "scan", "ticket": "QR0"}))[0] == 404
        assert (await steer("P23", {"auto": "maybe"}))[0] == 409
        assert (await steer("M01"))[0] == 404
        ask = {"ticket": ticket, "client_id": "APP", "session_hash": "9b" * 32}
        state = (await call("/oauth/api/state", ask, token))["data"]
        assert state["state"] == 2
        revoked = await steer("P23", {"revoke": "916201022243338110"})
        assert revoked == (200, {"auto": "", "revoked": ["916201022243338110"], "role": True})
        identity = {
            "code": state["code"], "client_id": "APP", "session_hash": "9b" * 32, "scope": ["subject"],
            "signature": {"alg": "sm2-sm3", "key_id": "HUB:01", "value": "MEUCIQ=="},
        }  # fmt: skip
        assert (await call("/oauth/api/identity", identity, token))["code"] == 4301
    await management.stop()
    await fleet.stop()
