"""The desk over HTTP: from application to online, and who may see what."""

from __future__ import annotations

import json
from typing import Any

from hub.message import wall
from hub.onboarding.report import digest_of
from hub.onboarding.sample import sample_application

APPLICATIONS = "/v1/onboarding/applications"


def report(world: Any, **changes: Any) -> dict[str, Any]:
    made = {
        "suite": "hutong",
        "system": {"id": "T01", "build": "b1"},
        "started": wall(world.clock()),
        "seconds": 2,
        "summary": {"pass": 12},
        "verdict": "conformant",
        "cases": [],
        **changes,
    }
    return {**made, "digest": digest_of(made)}


async def test_from_application_to_online_and_off(world: Any) -> None:
    assert (await world.post(world.signed("T01")))[0] == 403
    status, body = await world.asked("T01", "POST", APPLICATIONS, sample_application("T01"))
    assert (status, body["application"]["state"]) == (200, "applied"), body
    assert [f["code"] for f in body["approval"] if f["severity"] == "error"] == ["onboard.report"]
    first = body["hubId"]

    status, body = await world.asked("centre", "POST", f"{APPLICATIONS}/T01/approve", {})
    assert (status, body["code"]) == (422, "onboard.refused")
    status, body = await world.asked("T01", "POST", f"{APPLICATIONS}/T01/report", report(world))
    assert (status, body["application"]["state"]) == (200, "testing"), body
    assert list((world.data / "reports").glob("sm3-*.json"))
    assert (await world.asked("T01", "POST", f"{APPLICATIONS}/T01/approve", {}))[0] == 422
    status, body = await world.asked("centre", "POST", f"{APPLICATIONS}/T01/approve", {})
    assert (status, body["application"]["state"]) == (200, "online"), body
    assert body["hubId"] != first
    assert (await world.post(world.signed("T01")))[0] == 202

    listed = json.loads((await world.get("/v1/onboarding/directory"))[1])["directory"]
    assert [row["system"] for row in listed] == ["T01"]
    status, body = await world.asked("centre", "POST", f"{APPLICATIONS}/T01/suspend", {"cause": "接口异常"})
    assert body["application"]["state"] == "suspended"
    assert (await world.post(world.signed("T01")))[1]["code"] == "member.not-online"


async def test_every_step_is_a_chained_event(world: Any) -> None:
    _, body = await world.asked("T01", "POST", APPLICATIONS, sample_application("T01"))
    await world.running.ctx.hub.timers.seal()
    status, proof = await world.asked("centre", "GET", f"/v1/evidence/{body['hubId']}")
    assert status == 200
    from hub.evidence.verify import verify

    assert verify(proof).ok


async def test_others_applications_do_not_exist(world: Any) -> None:
    await world.asked("T01", "POST", APPLICATIONS, sample_application("T01"))
    theirs = await world.asked("T03", "GET", f"{APPLICATIONS}/T01")
    nothing = await world.asked("T03", "GET", f"{APPLICATIONS}/T02")
    assert theirs == nothing
    assert theirs[0] == 404
    assert (await world.asked("T03", "POST", f"{APPLICATIONS}/T01/terminate", {"cause": "恶意终止"}))[
        0
    ] == 404
    assert (await world.asked("T01", "GET", f"{APPLICATIONS}/T01"))[0] == 200
    assert (await world.asked("T03", "GET", APPLICATIONS))[1]["code"] == "auth.forbidden"
    _, body = await world.asked("centre", "GET", APPLICATIONS)
    assert [row["application"]["system"] for row in body["applications"]] == ["T01"]


async def test_nobody_applies_for_another(world: Any) -> None:
    status, body = await world.asked("T03", "POST", APPLICATIONS, sample_application("T01"))
    assert (status, body["code"]) == (422, "onboard.system")


async def test_what_an_application_lacks_is_told_at_once(world: Any) -> None:
    status, body = await world.asked("T01", "POST", APPLICATIONS, {"system": "T01"})
    assert status == 422
    assert {f["at"] for f in body["findings"]} >= {"/operator/name", "/contact/phone", "/scope/sectors"}


async def test_a_state_that_does_not_fit_is_a_conflict(world: Any) -> None:
    status, body = await world.asked("centre", "POST", f"{APPLICATIONS}/D01/approve", {})
    assert (status, body["findings"][0]["code"]) == (409, "onboard.state")
    assert (await world.asked("centre", "POST", f"{APPLICATIONS}/D01/inherit", {}))[0] == 404


async def test_the_body_is_covered_by_the_signature(world: Any) -> None:
    target = f"{APPLICATIONS}/D01/suspend"
    raw = json.dumps({"cause": "原来的理由"}).encode()
    proof = world.proof("centre", "POST", target, raw)
    status, body = await world.asked("centre", "POST", target, {"cause": "换了的理由"}, headers=proof)
    assert (status, body["code"]) == (401, "auth.signature")
    assert (await world.asked("centre", "POST", target, {"cause": "原来的理由"}, headers=proof))[0] == 200


async def test_nothing_ambiguous_or_endless_gets_chained(world: Any) -> None:
    form = sample_application("T01")
    doubled = json.dumps(form).replace('"contact":', '"contact": {}, "contact":', 1).encode()
    half = json.dumps({**form, "build": "\ud800"}).encode()
    long = json.dumps({**form, "build": "x" * 70_000}).encode()
    codes = []
    for raw in (doubled, half, long):
        proof = world.proof("T01", "POST", APPLICATIONS, raw)
        headers = {**proof, "Content-Type": "application/json"}
        async with world.http.post(world.url + APPLICATIONS, data=raw, headers=headers) as reply:
            codes.append((reply.status, (await reply.json(content_type=None))["code"]))
    assert codes == [(422, "json.duplicate-key"), (422, "json.surrogate"), (413, "message.too-large")]
    await world.asked("T01", "POST", APPLICATIONS, form)
    for body in ([1], {"system": {"id": "\ud800"}}, {"summary": 1.5}):
        status, _ = await world.asked("T01", "POST", f"{APPLICATIONS}/T01/report", body)
        assert status == 422
    status, body = await world.asked("T01", "POST", APPLICATIONS, {**form, "system": "T01", "surplus": 1})
    assert (status, [f["code"] for f in body["findings"]]) == (409, ["onboard.state", "onboard.unknown"])
