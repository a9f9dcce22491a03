"""Scenario files: read, checked, played by the movable clock; and strict mode."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulators.clock import MovableClock
from simulators.fleet import Fleet, Options
from simulators.scenario import Play, ScenarioError, parse, read
from simulators.wire import Request

CODE = "import sys; from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"
TEXT = """
zh = "夜间批处理与一次断线"
seed = 7
systems = ["M01", "M02", "D09"]
clock = "2026-11-22T22:59:00+08:00"
frozen = true

[[fault]]
system = "M01"
name = "busy"
after = "30s"
until = "5m"
times = 0

[[fault]]
dialect = "soap11-wsse"
name = "slow"
at = "2026-11-22T23:30:00+08:00"
args = {seconds = 0.5}
match = {path = "push"}

[[move]]
after = "10m"
set = "+1d"
"""


def _names(fleet: Fleet, ident: str) -> list[str]:
    return [armed["name"] for armed in fleet.systems[ident].faults.shown()]


def test_faults_come_and_go_by_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text(TEXT, encoding="utf-8")
    scenario = read(path)
    fleet = Fleet.muster(Options(scenario.systems, seed=scenario.seed or 1))
    scenario.set_clock(fleet.clock)
    play = Play(scenario, fleet.systems, fleet.clock)
    play.check()
    play.tick()
    assert _names(fleet, "M01") == []
    fleet.clock.set("+31s")
    play.tick()
    assert _names(fleet, "M01") == ["busy"] and fleet.systems["M01"].faults.shown()[0]["times"] is None
    assert _names(fleet, "M02") == []
    fleet.clock.set("+5m")
    play.tick()
    assert _names(fleet, "M01") == []
    fleet.clock.set("2026-11-22T23:09:30+08:00")
    play.tick()
    assert fleet.clock().isoformat() == "2026-11-23T23:09:30+08:00"  # the move, and with it all that is due
    play.tick()
    assert _names(fleet, "D09") == ["slow"] and play.over


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"sytems": []}, "no sytems"),
        ({"fault": [{"name": "busy"}]}, "either system or dialect"),
        ({"fault": [{"name": "busy", "system": "M01", "dialect": "x"}]}, "either system or dialect"),
        ({"fault": [{"name": "busy", "system": "M01", "after": "soon"}]}, "30s, 5m"),
        ({"fault": [{"name": "busy", "system": "M01", "when": "30s"}]}, "no when"),
        ({"move": [{"set": "+1d", "to": "x"}]}, "no to"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(told)


def test_a_fault_that_nobody_here_can_have_is_refused_before_the_start() -> None:
    fleet = Fleet.muster(Options(("M01",)))
    for fault, said in (("soap-fault-200", "soap-fault-200 at M01"), ("busy", "no such system")):
        ident = "M01" if fault != "busy" else "D09"
        scenario = parse({"fault": [{"name": fault, "system": ident}]})
        with pytest.raises(ScenarioError, match=said):
            Play(scenario, fleet.systems, MovableClock()).check()


def test_strict_systems_misbehave_by_themselves_and_the_market_does_not() -> None:
    fleet = Fleet.muster(Options(("M01", "T03", "X03"), chaos=0.5, seed=3))
    drawn = {
        ident: {fleet.systems[ident].faults.next(Request(method, "/x"))[0] for _ in range(300)}
        for ident, method in (("M01", "POST"), ("T03", "POST"), ("X03", "ROWS"))
    }
    assert len(drawn["M01"]) >= 6 and drawn["T03"] == {""}
    assert drawn["X03"] == {"", "slow", "drop-before-effect", "drop-after-effect"}  # what rows can suffer
    assert fleet.systems["M01"].faults.next(Request("GET", "/x"))[0] == ""


def _up(*words: str) -> tuple[dict[str, Any], int, str]:
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "sim", "up", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        process.terminate()
        errors = process.stderr.read()
        code = process.wait(60)
    return (json.loads(line) if line else {}), code, errors


def test_up_plays_a_scenario_and_says_that_it_is_strict(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TEXT, encoding="utf-8")
    ready, code, _ = _up("--scenario", str(path), "--strict")
    assert code == 0 and set(ready["systems"]) == {"M01", "M02", "D09"}
    assert ready["strict"]["rate"] == 0.02 and "drop-after-effect" in ready["strict"]["faults"]
    path.write_text(TEXT.replace('"busy"', '"bsuy"'), encoding="utf-8")
    ready, code, errors = _up("--scenario", str(path))
    assert code == 2 and ready == {} and "busy" in errors  # the nearest name is offered
    path.write_text("zh = ", encoding="utf-8")
    assert _up("--scenario", str(path))[1] == 2
    assert _up("--systems", "M01", "--clock", "noon")[1] == 2


def test_up_with_a_port_for_each_and_mutual_tls(tmp_path: Path) -> None:
    import tomllib

    peers = tmp_path / "peers.toml"
    ready, code, _ = _up("--systems", "M01,M02", "--port-each", "--mutual-tls", "--peers", str(peers))
    told = tomllib.loads(peers.read_text("utf-8"))["systems"]
    assert code == 0 and ready["base"].startswith("https:")
    assert len({told[ident]["base"] for ident in ("M01", "M02")}) == 2
    assert all(
        told[ident]["base"].startswith("https:") and "/" not in told[ident]["base"][8:] for ident in told
    )
    assert Path(told["M01"]["tls"]["ca"]).is_file()
