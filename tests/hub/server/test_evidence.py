"""Published heads over HTTP: for members and the centre, never for the public, the same for everybody."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hub.evidence.continuity import compare


async def _published(world: Any, since: int = 0) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            status, found = await world.asked("D01", "GET", f"/v1/evidence/heads?since={since}")
            if status == 200 and found["heads"] and found["heads"][-1]["size"] > since:
                return dict(found)
            await asyncio.sleep(0.05)


async def test_heads_are_published_and_only_grow(world: Any) -> None:
    await world.running.ctx.hub.timers.pulse()
    first = await _published(world)
    await world.running.ctx.hub.timers.pulse()
    size = first["heads"][-1]["size"]
    later = await _published(world, size)
    verdict = compare(first, later)
    assert verdict.ok, verdict.faults
    status, centre = await world.asked("centre", "GET", f"/v1/evidence/heads?since={size}")
    assert status == 200 and centre["heads"] == later["heads"], "nobody sees more of them"


async def test_sizes_that_are_none_are_refused(world: Any) -> None:
    for since, expected in (("x", 400), ("-1", 400), ("9" * 16, 400), ("999999999", 404)):
        status, found = await world.asked("D01", "GET", f"/v1/evidence/heads?since={since}")
        assert status == expected, (since, found)
    assert (await world.get("/v1/evidence/heads"))[0] == 401


async def test_status_and_metrics_tell_of_the_stamps(world: Any) -> None:
    await world.running.ctx.hub.timers.pulse()
    await world.running.ctx.hub.timers.stamp()
    stamps = json.loads((await world.get("/v1/status"))[1])["stamps"]
    assert stamps["state"] == "current" and stamps["service"] == "sandbox" and stamps["stampedSize"] > 0
    text = (await world.get("/metrics"))[1]
    assert "hutong_evidence_stamp_overdue 0" in text and "hutong_evidence_stamp_age_seconds" in text
