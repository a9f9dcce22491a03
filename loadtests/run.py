"""One load run from its plan to its report: plan, send (a process of its own), ask back, judge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.standard import load
from loadtests import ledger
from loadtests.keys import read_key
from loadtests.plan import plan
from loadtests.reconcile import Asker, reconcile
from loadtests.records import Records
from loadtests.shapes import SHAPES

LEAD = 0.5  # seconds for users to be spawned before the first instant
GRACE = 30.0  # seconds for the worker to start and to end
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was told; written to `run.json` beside its ledger. `key` is a path, never a secret."""

    shape: str
    target: str
    key: str
    run: str
    seed: int
    users: int
    rate: float
    seconds: float
    realm: str
    timeout: float
    drain: float
    lag_bound_ms: float
    cpu_bound: float
    changed: tuple[str, ...]  # what differs from the shape's own profile


def execute(settings: Settings, directory: Path, say: Say) -> None:
    """Leave a whole ledger in `directory`; how it is judged is another matter."""
    directory.mkdir(parents=True, exist_ok=True)
    shape = SHAPES[settings.shape]
    standard = load()
    stages = tuple(stage.id for stage in standard.stages)
    phases = shape.phases(settings.seconds, settings.rate, len(stages))
    key = read_key(Path(settings.key))
    records = Records(standard.sample, stages, key.owner, settings.realm, settings.run, settings.seed)
    say(f"生成计划 planning: {settings.shape}, seed {settings.seed}")
    count = ledger.write(directory / ledger.PLAN, plan(shape, phases, records, settings.seed))
    length = sum(phase.seconds for phase in phases)
    told = {
        **asdict(settings),
        "planned": count,
        "planned_seconds": length,
        "phases": [asdict(phase) for phase in phases],
        "lead": LEAD,
    }
    (directory / ledger.SETTINGS).write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    say(f"开始压测 sending: {count} calls in {length:.1f} s, {settings.users} users -> {settings.target}")
    _send(directory, length + LEAD + settings.drain + settings.timeout + GRACE)
    say("对账 reconciling: every message is asked back")
    asker = Asker(settings.target, key, settings.run, settings.timeout)
    ledger.write(directory / ledger.ASKED, reconcile(ledger.load(directory), asker))


def _send(directory: Path, limit: float) -> None:
    """Run the worker; one that hangs is ended, and its missing last file tells so."""
    for name in (ledger.RESULTS, ledger.ASKED, ledger.WORKER):
        (directory / name).unlink(missing_ok=True)
    command = [sys.executable, "-m", "loadtests.worker", str(directory)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as worker:  # noqa: S603
        try:
            worker.wait(limit)
        except subprocess.TimeoutExpired:
            worker.kill()
        finally:
            if worker.poll() is None:
                worker.terminate()


def told(directory: Path, name: str) -> dict[str, Any] | None:
    """A JSON file of the run's directory, None when it is not there."""
    try:
        value: dict[str, Any] = json.loads((directory / name).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return value
