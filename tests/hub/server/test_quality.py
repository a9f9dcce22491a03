"""Records for the score: a platform its own, the centre what is unsealed, a stranger's nothing."""

from typing import Any

from hub.message import sign
from hub.quality.reader import read_rows
from hub.standard import load

PATH = "/v1/quality/records"


async def records(world: Any, owner: str, query: str = "") -> list[dict[str, Any]]:
    status, told = await world.asked(owner, "GET", PATH + query)
    assert status == 200, told
    return list(told["records"])


async def send(world: Any, stage: str, sender: str = "P01", **fields: str) -> int:
    envelope = world.envelope(sender, stage=stage, seed=77)
    envelope["body"]["fields"] |= fields
    status, told, _ = await world.post(sign(envelope, world.keys[sender]))
    assert status in (202, 422), told
    return int(status)


async def test_accepted_and_refused_records_are_told_without_values_of_persons(world: Any) -> None:
    assert await send(world, "subject-legal-person", LEGAL_REPRESENT="") == 422
    assert await send(world, "subject-legal-person") == 202
    own = await records(world, "P01")
    assert [row["state"] for row in own] == ["refused", "accepted"]
    assert [(one["code"], one["at"]) for one in own[0]["findings"]]
    assert set(own[0]["fields"].values()) == {"***"}
    seen = await records(world, "centre")
    assert [row["hubId"] for row in seen] == [row["hubId"] for row in own]
    assert seen[1]["fields"]["LEGAL_REPRESENT"] == "***" != own[1]["fields"]["LEGAL_REPRESENT"]
    assert await records(world, "D01") == []
    assert await records(world, "P01", "?to=2000-01-01") == []
    export = read_rows(enumerate(own), load())
    assert (len(export.records), export.faults) == (2, ())


async def test_before_the_opening_the_centre_is_told_of_no_bidder(world: Any) -> None:
    for stage in ("eng-project", "eng-tender-project", "eng-section"):
        assert await send(world, stage) == 202
    before = await records(world, "centre")
    assert await send(world, "eng-bidder-list") == 202
    assert await send(world, "eng-bidder-list", BIDDER_ORG_CODE="1") == 422
    assert await records(world, "centre") == before
    own = await records(world, "P01")
    assert [
        row["sealed"] for row in own if row["stage"] == "eng-bidder-list" and row["state"] != "refused"
    ] == [True]


async def test_a_bad_query_is_said_to_be_one(world: Any) -> None:
    for query in ("?to=yesterday", "?cursor=x"):
        status, told = await world.asked("P01", "GET", PATH + query)
        assert (status, told["code"]) == (422, "quality.query")
