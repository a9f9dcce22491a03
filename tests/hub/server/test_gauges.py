"""What operation sees on /metrics, and that none of it follows a message nobody may know of."""

from __future__ import annotations

from types import SimpleNamespace

from core_kit import Bench, until

from hub.histogram import Histogram
from hub.server import gauges


async def test_operation_is_on_the_page(world):
    await world.asked("centre", "POST", "/v1/admin/reload")
    await world.running.ctx.hub.timers.pulse()
    text = (await world.get("/metrics"))[1]
    rows = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert rows['hutong_reloads_total{outcome="unchanged"}'] == "1"
    assert rows['hutong_reloads_total{outcome="refused"}'] == "0"
    assert int(rows["hutong_commit_seconds_count"]) >= 1
    assert rows['hutong_commit_seconds_bucket{le="+Inf"}'] == rows["hutong_commit_seconds_count"]
    assert rows["hutong_head_pulse_overdue"] == rows["hutong_write_queue_tenths"] == "0"
    assert int(rows["hutong_disk_free_bytes"]) % gauges.GIB == 0
    assert "hutong_breakers_open" in rows and "hutong_deliveries_waiting" in rows


async def test_open_traffic_shows_and_sealed_does_not(tmp_path):
    bench = Bench(tmp_path, breaker_failures=1)
    hub = await bench.open("T01")
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        await bench.send(hub, stage)
    await until(lambda: hub.operation()["deliveries_waiting"] == 0)
    before = hub.operation()
    for number in range(20):
        record = bench.record("eng-bidder-list", bidder=0, key=f"b{number}", msgId=f"b{number}")
        assert (await hub.submit(bench.signed(record))).status == 202
        assert hub.operation() == before
    bench.transport.behave["D09"] = lambda said: {"kind": "retry"}
    assert (await bench.send(hub, "eng-project", seed=9, key="open", msgId="open")).status == 202
    assert hub.operation()["deliveries_waiting"] > 0
    await hub.drain()


def test_buckets_hold_all_that_is_not_above_them():
    times = Histogram()
    for value in (0.0005, 0.001, 0.3, 9.0):
        times.observe(value)
    found = times.exposed("x")
    assert (found['x_bucket{le="0.001"}'], found['x_bucket{le="0.5"}'], found['x_bucket{le="5"}']) == (
        2,
        3,
        3,
    )
    assert found['x_bucket{le="+Inf"}'] == found["x_count"] == 4 and found["x_sum"] == 9.302


def test_disk_space_is_told_in_doublings(monkeypatch, tmp_path):
    context = SimpleNamespace(
        hub=SimpleNamespace(operation=dict), settings=SimpleNamespace(data=tmp_path), reloader=None
    )
    for free, told in (
        (0, 0),
        (gauges.GIB - 1, 0),
        (gauges.GIB, 1),
        (5 * gauges.GIB, 4),
        (9 * gauges.GIB, 8),
    ):
        monkeypatch.setattr(gauges.shutil, "disk_usage", lambda place, free=free: SimpleNamespace(free=free))
        assert gauges.operation(context)["disk_free_bytes"] == told * gauges.GIB
