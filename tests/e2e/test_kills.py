"""Kill the hub at any moment: nothing acknowledged is lost, no effect is doubled.

The hub is killed at random moments of real traffic and at fail points: between commit and
acknowledgement, and between sending and recording what came of it. The simulators live on in a
process of their own and remember what took effect how often.
"""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hub.demo.effects import check_effects
from hub.demo.run import Demo
from hub.demo.steering import Steering
from hub.demo.world import World

QUICK = {"HUTONG_RETRY_SCHEDULE": "0.1,0.2,0.5,0.5,1", "HUTONG_BREAKER_PAUSE": "0.3"}
AT_RANDOM = 12
POINTS = [
    "after-commit:3",
    "after-send:2",
    "before-commit:4",
    "after-commit:9",
    "after-send:5",
    "after-send:11",
] * 2
REGIONS = {"T01": "620121", "T03": "620423"}
PATIENCE = 150.0


def test_nothing_is_lost_and_nothing_doubled_over_twenty_kills(tmp_path: Path) -> None:
    dice = random.Random(20261122)
    with World(tmp_path, hub_env=QUICK) as world:
        show = Demo(world, lambda *_: None)
        show.admit(["T01", "T03"])
        sims = Steering(world.management)
        tenders = [
            (sender, sims.start_tender(sender, seed=50 + n, region=REGIONS[sender]))
            for n in range(2)
            for sender in REGIONS
        ]
        kills = kill_while_running(world, sims, tenders, dice)
        assert sum(kills.values()) >= 20, kills
        assert kills["point"] >= 8, kills
        reports = {tender: sims.tender(sender, tender) for sender, tender in tenders}
        assert {report["state"] for report in reports.values()} == {"done"}
        show.wait_until_quiet()
        assert show.outcome.findings == []
        for sender, tender in tenders:
            judge(sims, sender, reports[tender])


def kill_while_running(
    world: World, sims: Steering, tenders: list[tuple[str, str]], dice: random.Random
) -> Counter[str]:
    """SIGKILL at random or wait for a fail point to do it; the kills by kind."""
    kills: Counter[str] = Counter()
    plan = ["random"] * AT_RANDOM + POINTS
    dice.shuffle(plan)
    until = time.monotonic() + PATIENCE
    for kind in plan:
        if kind == "random":
            time.sleep(dice.uniform(0.05, 0.5))
            world.hub.stop(hard=True)
            kills["random"] += 1
        elif fell(world, kind, sims, tenders):
            kills["point"] += 1
        world.start_hub()
    while time.monotonic() < until and any(sims.tender(*tender)["state"] == "running" for tender in tenders):
        time.sleep(0.2)
    return kills


def fell(world: World, point: str, sims: Steering, tenders: list[tuple[str, str]]) -> bool:
    """Start the hub with a fail point and wait until it has killed itself there."""
    world.hub.stop(hard=True)
    world.start_hub({"HUTONG_FAILPOINTS": point})
    until = time.monotonic() + 8
    while time.monotonic() < until:
        if world.hub.process.poll() is not None:
            return True
        time.sleep(0.02)
    world.hub.stop(hard=True)
    return False


def judge(sims: Steering, sender: str, report: dict[str, Any]) -> None:
    """Every acknowledged record stands once in every receiver it was due to."""
    sent = [message for message in report["sent"] if message.get("hubId")]
    assert len(sent) == len(report["sent"]) > 20
    effects = check_effects(sent, sender, REGIONS[sender], sims.records)
    assert effects
    assert [effect.finding() for effect in effects if not effect.ok] == []
