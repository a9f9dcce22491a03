"""The process that makes the load: `python -m loadtests.worker DIR`.

The only way in to Locust. It reads `run.json` and `plan.jsonl` in DIR, writes `results.jsonl` and,
at the very end, `worker.json`; a worker that died is one without that last file.
"""

from __future__ import annotations

import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import gevent
from gevent.queue import Queue
from locust.env import Environment

from loadtests.gauge import Gauge
from loadtests.keys import read_key
from loadtests.ledger import PLAN, RESULTS, SETTINGS, WORKER, planned
from loadtests.users.bench import Bench
from loadtests.users.sender import Sender

AHEAD = 256  # planned calls read in advance
LINGER = 2.0  # beyond the time limit of the last call


def main(argv: list[str]) -> int:
    """Run the plan in the directory named; 0 whatever the target did."""
    if isinstance(sys.stderr, io.TextIOWrapper):  # progress must not stop a run on a narrow terminal
        sys.stderr.reconfigure(errors="replace")
    directory = Path(argv[0])
    settings = json.loads((directory / SETTINGS).read_text("utf-8"))
    with (directory / RESULTS).open("w", encoding="utf-8", newline="\n", buffering=1 << 16) as file:
        outcome = drive(directory, settings, file)
    (directory / WORKER).write_text(json.dumps(outcome, indent=1), "utf-8")
    return 0


def drive(directory: Path, settings: dict[str, Any], file: Any) -> dict[str, Any]:
    """Spawn the users, feed them the plan, wait for its end or for the time limit."""
    Sender.network_timeout = Sender.connection_timeout = settings["timeout"]
    environment = Environment(user_classes=[Sender], host=settings["target"])
    runner = environment.create_local_runner()
    bench = Bench(
        queue=Queue(maxsize=AHEAD),
        key=read_key(Path(settings["key"])),
        t0=time.perf_counter() + settings["lead"],
        give_up=settings["planned_seconds"] + settings["drain"],
        run=settings["run"],
        file=file,
    )
    Sender.bench = bench
    gauge = Gauge()
    started = time.time() + settings["lead"]
    runner.start(settings["users"], spawn_rate=settings["users"])
    feeder = gevent.spawn(bench.feed, planned(directory / PLAN))
    beats = gevent.spawn_later(settings["lead"], gauge.run, gevent.sleep)
    _watch(bench, settings, feeder)
    gauge.ended = True
    beats.join(timeout=1)
    runner.quit()
    gevent.killall([feeder, beats])
    total = environment.stats.total
    return {
        "started": started,
        "seconds": bench.now(),
        "planned_read": bench.taken_out,
        "recorded": bench.recorded,
        "never_sent": bench.never_sent,
        "locust": {"requests": total.num_requests, "failures": total.num_failures},
        "gauge": gauge.summary(),
    }


def _watch(bench: Bench, settings: dict[str, Any], feeder: Any) -> None:
    """A line a second for the terminal, until every call has its result."""
    end = bench.give_up + settings["timeout"] + LINGER
    told = 0.0
    while bench.now() < end:
        if feeder.dead and bench.recorded >= bench.taken_out:
            return
        gevent.sleep(0.05)
        if bench.now() - told >= 1.0:
            told = bench.now()
            print(
                f"t={told:6.1f}s  完成 done {bench.recorded}/{settings['planned']}  "
                f"已受理 acknowledged {len(bench.acknowledged)}  未成功 failed {bench.failed}",
                file=sys.stderr,
                flush=True,
            )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
