"""Messages in, traces and proofs out, over real HTTP to a real hub."""

from __future__ import annotations

import json
from typing import Any


async def test_a_good_message_is_accepted_and_can_be_followed(world: Any) -> None:
    sent = world.signed()
    status, body, _ = await world.post(sent)
    assert (status, body["code"]) == (202, "0000"), body
    hub_id = body["hubId"]
    assert body["receipt"]["hubId"] == hub_id

    status, trace = await world.asked("P01", "GET", f"/v1/messages/{hub_id}")
    assert status == 200
    assert trace["msgId"] == sent["head"]["msgId"]
    status, found = await world.asked("P01", "GET", f"/v1/messages?from=P01&msgId={sent['head']['msgId']}")
    assert (status, found["hubId"]) == (200, hub_id)


async def test_the_same_message_gets_the_first_receipt_and_another_digest_409(world: Any) -> None:
    sent = world.signed()
    _, first, _ = await world.post(sent)
    status, again, _ = await world.post(sent)
    assert (status, again["receipt"]) == (200, first["receipt"])

    other = world.signed(msgId=sent["head"]["msgId"])
    other["body"]["key"] = "another"
    from hub.message import sign

    status, refused, headers = await world.post(sign(other, world.keys["P01"]))
    assert status == 409
    assert headers["Content-Type"].startswith("application/problem+json")
    assert refused["code"]


async def test_unknown_and_not_yours_are_one_answer(world: Any) -> None:
    _, body, _ = await world.post(world.signed())
    stranger = await world.asked("D01", "GET", f"/v1/messages/{body['hubId']}")
    nothing = await world.asked("D01", "GET", "/v1/messages/01900000-0000-7000-8000-000000000000")
    nonsense = await world.asked("D01", "GET", "/v1/messages/no-such-thing")
    assert stranger == nothing == nonsense
    assert stranger[0] == 404
    proofs = [
        await world.asked("D01", "GET", f"/v1/evidence/{one}")
        for one in (body["hubId"], "01900000-0000-7000-8000-000000000000")
    ]
    assert proofs[0] == proofs[1]


async def test_reading_wants_a_signature_that_is_used_once(world: Any) -> None:
    _, body, _ = await world.post(world.signed())
    target = f"/v1/messages/{body['hubId']}"
    status, refused = await world.asked("P01", "GET", target, headers={})
    assert (status, refused["code"]) == (401, "auth.missing")
    assert len(refused["findings"]) == 5
    proof = world.proof("P01", "GET", target)
    assert (await world.asked("P01", "GET", target, headers=proof))[0] == 200
    status, refused = await world.asked("P01", "GET", target, headers=proof)
    assert (status, refused["code"]) == (401, "auth.nonce-reused")
    elsewhere = world.proof("P01", "GET", "/v1/messages/other")
    assert (await world.asked("P01", "GET", target, headers=elsewhere))[1]["code"] == "auth.signature"


async def test_a_batch_answers_for_each_message(world: Any) -> None:
    good, bad = world.signed(), world.signed()
    bad["body"]["key"] = "changed-after-signing"
    raw = json.dumps({"messages": [good, bad, 1.5]}).encode()
    async with world.http.post(
        world.url + "/v1/messages:batch", data=raw, headers={"Content-Type": "application/json"}
    ) as reply:
        results = (await reply.json())["results"]
    assert [row["status"] for row in results] == [202, 401, 422]
    assert results[1]["code"] == "auth.signature"
    lines = b"\n".join(json.dumps(world.signed()).encode() for _ in range(3))
    async with world.http.post(
        world.url + "/v1/messages:batch", data=lines, headers={"Content-Type": "application/x-ndjson"}
    ) as reply:
        assert [row["status"] for row in (await reply.json())["results"]] == [202] * 3


async def test_a_batch_cannot_hide_doubled_members(world: Any) -> None:
    text = json.dumps(world.signed()).replace('"msgId":', '"msgId": "x", "msgId":', 1)
    raw = b'{"messages":[' + text.encode() + b"]}"
    async with world.http.post(
        world.url + "/v1/messages:batch", data=raw, headers={"Content-Type": "application/json"}
    ) as reply:
        (result,) = (await reply.json())["results"]
    assert result["code"] == "json.duplicate-key"


async def test_too_long_a_batch_is_refused_whole(make_world: Any) -> None:
    world = await make_world(max_batch=2)
    raw = json.dumps({"messages": [{}, {}, {}]}).encode()
    async with world.http.post(
        world.url + "/v1/messages:batch", data=raw, headers={"Content-Type": "application/json"}
    ) as reply:
        assert (reply.status, (await reply.json())["code"]) == (413, "batch.too-long")


async def test_an_applicant_has_a_key_but_may_not_send(world: Any) -> None:
    status, body, _ = await world.post(world.signed("T01"))
    assert (status, body["code"]) == (403, "member.not-online")


async def test_evidence_can_be_fetched_once_a_head_is_signed(world: Any) -> None:
    from hub.evidence.verify import verify

    _, body, _ = await world.post(world.signed())
    await world.running.ctx.hub.timers.seal()
    status, proof = await world.asked("P01", "GET", f"/v1/evidence/{body['hubId']}")
    assert status == 200
    assert verify(proof).ok


async def test_the_service_path_must_name_the_service_of_the_message(world: Any) -> None:
    sent = world.signed(msgType="credit.query")
    async with world.http.post(
        world.url + "/v1/services/project.query",
        data=json.dumps(sent).encode(),
        headers={"Content-Type": "application/json"},
    ) as reply:
        assert (reply.status, (await reply.json())["code"]) == (422, "service.path")


async def test_rates_are_shared_out_per_claimed_member(make_world: Any) -> None:
    world = await make_world(member_rate=1.0)
    answers = [await world.post(world.signed()) for _ in range(3)]
    assert answers[0][0] == 202
    status, body, headers = answers[-1]
    assert (status, body["code"]) == (429, "hub.rate")
    assert int(headers["Retry-After"]) >= 1
    other = await world.post(world.signed("D01"))
    assert other[0] != 429
