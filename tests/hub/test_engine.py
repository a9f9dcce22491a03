"""The hub's main way: submitted, durable, routed, delivered, and told so to the sender."""

from __future__ import annotations

from core_kit import CENTRE, Bench, until

from hub import catalogue
from hub.engine import Reader


async def test_an_accepted_message_reaches_every_subscriber_once(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    answer = await bench.send(hub, "eng-project")
    assert (answer.status, answer.code, answer.data["receiptState"]) == (202, "0000", "accepted"), answer
    hub_id = answer.data["hubId"]
    mine = Reader("T01")
    trace = await until(lambda: (t := hub.trace(mine, hub_id)) and t["state"] == "delivered" and t)
    told = [row["receiver"] for row in trace["deliveries"]]
    subscribed = [row for row in catalogue.load().subscriptions if row.stage == "eng-project"]
    everywhere = {row.receiver for row in subscribed if row.region == "*"} - {"T01"}
    assert {"D01", "D09"} <= everywhere <= set(told) <= {row.receiver for row in subscribed}
    assert len(told) == len(set(told)) and {row["state"] for row in trace["deliveries"]} == {"delivered"}
    assert [state["state"] for state in trace["states"]] == ["received", "accepted", "delivered"]
    assert bench.transport.stages("D09") == ["eng-project"]
    assert [attempt["outcome"] for attempt in trace["deliveries"][0]["attempts"]] == ["delivered"]
    assert hub.find(mine, "T01", trace["msgId"]) == trace == hub.trace(CENTRE, hub_id)
    assert hub.trace(Reader("T03"), hub_id) is None
    await hub.drain()


async def test_only_systems_that_are_online_may_send(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open()
    assert (await bench.send(hub, "eng-project")).code == "member.not-online"
    await hub.record_event("onboarding.approve", {"system": "T01", "state": "online"})
    assert (await bench.send(hub, "eng-project")).status == 202
    await hub.record_event("onboarding.suspend", {"system": "T01", "state": "suspended"})
    assert (await bench.send(hub, "eng-project", seed=2)).status == 403
    await hub.drain()
