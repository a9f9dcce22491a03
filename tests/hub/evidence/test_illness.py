"""What the doctor says of time stamps, while the hub runs and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core_kit import NOW, Bench
from stamp_kit import Tsa, stamped_hub, ticking

from hub.evidence.illness import examined
from hub.settings import Settings


def _levels(settings, now):
    return [level for level, _ in examined(settings, now)]


async def test_late_by_policy(tmp_path):
    tsa = Tsa(lambda: NOW)
    bench, hub = await stamped_hub(tmp_path, tsa, tsa_grace=600.0)
    tick = ticking(hub)
    settings = bench.settings
    assert "尚无时间戳" in examined(settings, NOW)[1][1]
    await hub.timers.pulse()
    await hub.timers.stamp()
    assert _levels(settings, NOW) == ["ok", "ok"]
    await tsa.down()
    tick(61)
    bench.clock.on(60)
    await hub.timers.pulse()
    await hub.timers.stamp()
    soon, later = NOW + timedelta(seconds=300), NOW + timedelta(seconds=900)
    assert _levels(settings, soon) == ["ok", "ok"]
    assert _levels(settings, later) == ["ok", "warn"]
    strict = replace(settings, tsa_policy="required-within-grace")
    assert _levels(strict, later) == ["ok", "fail"] and "14 分钟" in examined(strict, later)[1][1]
    await hub.drain()
    assert _levels(strict, later) == ["ok", "fail"], "without the hub as well"


async def test_a_service_that_cannot_be_believed_and_none(tmp_path):
    files = Tsa(lambda: NOW).files(tmp_path)
    given = Settings(data=tmp_path, tsa_url="http://127.0.0.1:9/tsa", **files)
    assert _levels(given, NOW) == ["ok"], "nothing of a hub that never ran"
    assert "吊销状态不查" in examined(replace(given, tsa_crls=None), NOW)[0][1]
    assert _levels(given, NOW + timedelta(days=3600)) == ["warn"]
    files["tsa_certificates"].write_text("x")
    assert _levels(given, NOW) == ["fail"]
    assert _levels(replace(given, tsa_url="off"), NOW) == ["warn"]
    bench = Bench(tmp_path / "data")
    hub = await bench.open(by_hand=True)
    await hub.timers.pulse()
    await hub.timers.stamp()
    await hub.drain()
    told = examined(bench.settings, NOW)
    assert [level for level, _ in told] == ["ok", "ok"] and "没有证明力" in told[0][1]
