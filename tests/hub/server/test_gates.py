"""The act over HTTP: signed, its own or the centre's, with a reason; the same answer whatever waits."""

from __future__ import annotations

from typing import Any

PATH = "/v1/gates/alert-release"


async def test_the_act_is_signed_and_answered_alike(world: Any) -> None:
    said = {"key": "a-1", "reason": "处置完毕"}
    async with world.http.post(world.url + PATH, json=said) as reply:
        assert reply.status == 401
    status, told = await world.asked("P01", "POST", PATH, said)
    assert (status, told["code"], told["gate"]) == (200, "0000", "alert-release"), told
    status, again = await world.asked("centre", "POST", PATH, {**said, "from": "P01"})
    assert status == 200 and set(again) == set(told)
    assert (await world.asked("P01", "POST", PATH, {**said, "from": "D01"}))[0] == 403
    assert (await world.asked("T01", "POST", PATH, said))[1]["code"] == "member.not-online"
    assert (await world.asked("P01", "POST", PATH, {"key": "a-1"}))[1]["code"] == "gate.act"
    assert (await world.asked("P01", "POST", PATH, []))[0] == 422
    assert (await world.asked("centre", "POST", "/v1/gates/opening", said))[0] == 404
