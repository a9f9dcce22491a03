"""What a vendor writes into an application is text: no address in it is ever called."""

from __future__ import annotations

import asyncio
from typing import Any

from hub.message import wall
from hub.onboarding.report import digest_of
from hub.onboarding.sample import sample_application

APPLICATIONS = "/v1/onboarding/applications"


def report(world: Any, system: dict[str, Any]) -> dict[str, Any]:
    made = {
        "suite": "hutong", "system": system, "started": wall(world.clock()), "seconds": 2,
        "summary": {"pass": 12}, "verdict": "conformant", "cases": [],
    }  # fmt: skip
    return {**made, "digest": digest_of(made)}


async def test_addresses_in_applications_and_reports_are_not_called(world: Any) -> None:
    calls = 0

    async def trap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.close()

    server = await asyncio.start_server(trap, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/latest/meta-data/"
    try:
        made = sample_application("T01")
        made["disclosure"]["manual"] = url
        made["contact"]["name"] = url
        assert (await world.asked("T01", "POST", APPLICATIONS, made))[0] == 200
        more = {**sample_application("T03"), "endpoints": {"inbound": url, "export": url, "control": url}}
        await world.asked("T03", "POST", APPLICATIONS, {**more, "callback": url, "webhook": url})
        told = report(world, system={"id": "T01", "build": "b1", "endpoints": {"inbound": url}})
        assert (await world.asked("T01", "POST", f"{APPLICATIONS}/T01/report", told))[0] == 200
        assert (await world.asked("centre", "POST", f"{APPLICATIONS}/T01/approve", {}))[0] == 200
        for page in ("/directory", "/v1/onboarding/directory", "/vendor", "/centre"):
            await world.get(page)
        assert (await world.post(world.signed("T01", stage="eng-project")))[0] in {202, 422}
        await asyncio.sleep(0.5)
        assert calls == 0
    finally:
        server.close()
