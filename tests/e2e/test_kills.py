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
# Each point once and as many at random: two hundred are killed in `bench/kills.py`.
AT_RANDOM = 6
POINTS = [
    "after-commit:3",
    "after-send:2",
    "before-commit:4",
    "after-commit:9",
    "after-send:5",
    "after-send:11",
]
REGIONS = {"T01": "620121", "T03": "620423"}
PATIENCE = 600.0
# The systems of the first release, and one of each kind of tables, packages and described files.
UP = ("D01", "D09", "R01", "N03", "P02", "M01", "X01", "X07", "B01", "T01", "T03", "D19", "N01", "D13")


def test_nothing_is_lost_and_nothing_doubled_over_a_dozen_kills(tmp_path: Path) -> None:
    dice = random.Random(20261122)
    with World(tmp_path, hub_env=QUICK, systems=",".join(UP)) as world:
        show = Demo(world, lambda *_: None)
        show.admit(list(REGIONS))
        traffic = Traffic(Steering(world.management))
        kills = kill_while_running(world, traffic, dice)
        assert kills["random"] == AT_RANDOM
        assert kills["point"] == len(POINTS)
        traffic.finish()
        show.quiet.wait()
        assert show.outcome.findings == []
        for sender, tender in traffic.started:
            judge(traffic.sims, sender, traffic.sims.tender(sender, tender), world.simulated)


class Traffic:
    """Tenders of both systems, two at a time, as long as there is somebody to kill."""

    def __init__(self, sims: Steering) -> None:
        self.sims = sims
        self.started: list[tuple[str, str]] = []

    def keep_up(self) -> None:
        while len(self._running()) < len(REGIONS):
            sender = list(REGIONS)[len(self.started) % len(REGIONS)]
            seed = 50 + len(self.started)
            self.started.append((sender, self.sims.start_tender(sender, seed=seed, region=REGIONS[sender])))

    def finish(self) -> None:
        until = time.monotonic() + PATIENCE
        while self._running():
            assert time.monotonic() < until, self._running()
            time.sleep(0.2)

    def _running(self) -> list[tuple[str, str]]:
        return [one for one in self.started if self.sims.tender(*one)["state"] == "running"]


def kill_while_running(world: World, traffic: Traffic, dice: random.Random) -> Counter[str]:
    """SIGKILL at random moments of the traffic, or wait for a fail point to do it; the kills by kind."""
    kills: Counter[str] = Counter()
    plan = ["random"] * AT_RANDOM + POINTS
    dice.shuffle(plan)
    for kind in plan:
        traffic.keep_up()
        if kind == "random":
            time.sleep(dice.uniform(0.02, 0.4))
            world.hub.stop(hard=True)
            kills["random"] += 1
        else:
            world.hub.stop(hard=True)
            world.start_hub({"HUTONG_FAILPOINTS": kind})
            kills["point"] += fell(world, traffic)
        world.start_hub()
    return kills


def fell(world: World, traffic: Traffic) -> bool:
    """Has the hub killed itself at its fail point, with traffic going on?"""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if world.hub.poll() is not None:
            return True
        traffic.keep_up()
        time.sleep(0.02)
    world.hub.stop(hard=True)
    return False


def judge(sims: Steering, sender: str, report: dict[str, Any], up: list[str]) -> None:
    """Every acknowledged record stands once in every receiver it was due to."""
    assert report["state"] == "done", report["steps"][-1]
    sent = [message for message in report["sent"] if message.get("hubId")]
    assert len(sent) == len(report["sent"]) > 20
    effects = check_effects(sent, sender, REGIONS[sender], sims.records, up)
    assert effects
    assert [effect.finding() for effect in effects if not effect.ok] == []
