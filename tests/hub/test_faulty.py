"""Who is in trouble now: red while it lasts, not a moment longer, and never because of a sealed message."""

from __future__ import annotations

from core_kit import CENTRE, Bench, quiet, until

from hub.delivery.transport import TransportError


def red(hub):
    return {name for name, row in hub.status()["systems"].items() if row["faulty"]}


def refused(_said):
    return TransportError("network.refused", sent=False)


async def test_red_while_it_lasts_and_green_when_it_is_over(tmp_path):
    bench = Bench(tmp_path, breaker_failures=1, breaker_pause=5.0, retry_schedule=(1.0,) * 6)
    bench.transport.behave["D09"] = refused
    hub = await bench.open("T01")
    assert red(hub) == set()
    await bench.send(hub, "eng-project")
    await until(lambda: red(hub) == {"D09"})
    await quiet(hub, "D09")
    del bench.transport.behave["D09"]
    bench.clock.on(6)
    await until(lambda: hub.outbox(CENTRE, "delivered") and not hub.outbox(CENTRE, "waiting"))
    assert red(hub) == set()
    await hub.drain()


async def test_a_dead_letter_is_counted_but_is_no_trouble_of_now(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["D09"] = lambda said: {"kind": "refused", "code": "no"}
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project")
    await until(lambda: hub.status()["systems"]["D09"]["dead"] == 1)
    assert red(hub) == set()
    await hub.drain()


async def test_what_waits_too_long_is_trouble_whatever_the_breaker_says(tmp_path):
    bench = Bench(tmp_path, breaker_failures=1000, retry_schedule=(3600.0,) * 3)
    bench.transport.behave["D09"] = refused
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project")
    await until(
        lambda: [row["receiver"] for row in hub.outbox(CENTRE, "waiting") if row["reason"]] == ["D09"]
    )
    await until(lambda: len(hub.outbox(CENTRE, "waiting")) == 1)
    assert red(hub) == set()
    bench.clock.on(31)
    assert red(hub) == {"D09"}
    await hub.drain()


async def test_trouble_with_what_nobody_may_know_of_shows_nowhere(tmp_path):
    """A tender project goes to its supervisor before its notice is published, and to nobody's knowledge."""
    bench = Bench(tmp_path, breaker_failures=1, breaker_pause=3600.0, retry_schedule=(7200.0,) * 6)
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project")
    await until(lambda: hub.outbox(CENTRE, "delivered") and not hub.outbox(CENTRE, "waiting"))
    bench.transport.behave["D09"] = refused
    await bench.send(hub, "eng-tender-project")
    lane = hub._parts.dispatcher._lanes["D09"]
    await until(lambda: lane.breaker.state(bench.clock().timestamp()) == "open")
    await quiet(hub, "D09")
    bench.clock.on(31)
    assert red(hub) == set()
    assert (await bench.send(hub, "eng-section")).status == 202
    assert (await bench.send(hub, "eng-tender-notice")).status == 202
    assert red(hub) == {"D09"}, "the same trouble, once it may be known"
    await hub.drain()
