"""What checking one record costs: the fast path beside three others, and the path that explains.

usage: check.py [--rounds 9] [--seeds 4]
Appends one JSON line to `results/check.jsonl`. All subjects take turns in one process; a figure is the
best round of each, a ratio the median over the rounds of what stood side by side.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
from one_pass import decoder

from hub.message import canonical, wall
from hub.message import parse as parse_text
from hub.standard import Standard, load
from hub.standard.bindings.json_schema import json_schema
from loadtests.machine import machine

HERE = Path(__file__).parent
GOALS = {"fast : jsonschema": 35, "fast : one pass": 0.9}
SLOW_LIMIT_MS = 2
Job = tuple[Callable[..., Any], Any]


class Subject:
    """One way of checking, ready-made calls, and the microseconds a call took in each round."""

    def __init__(self, name: str, jobs: Sequence[Job]) -> None:
        self.name, self.jobs = name, jobs
        self.rounds: list[float] = []

    def run(self) -> None:
        began = time.perf_counter()
        for call, argument in self.jobs:
            call(argument)
        self.rounds.append((time.perf_counter() - began) / len(self.jobs) * 1e6)

    @property
    def best(self) -> float:
        return round(min(self.rounds), 2)


def subjects(standard: Standard, records: list[dict[str, Any]]) -> dict[str, Subject]:
    """The same records for all, as text or as value, whichever the way of checking takes."""
    stages = [record["head"]["stage"] for record in records]
    texts = [canonical(record) for record in records]
    schemas = {stage: json_schema(standard, stage, signed=False) for stage in set(stages)}
    python = {stage: jsonschema.Draft202012Validator(schema) for stage, schema in schemas.items()}
    passes = {stage: decoder(standard, stage) for stage in schemas}
    for_text, for_record = list(zip(stages, texts, strict=True)), list(zip(stages, records, strict=True))
    ways: list[Subject] = [
        Subject("fast, bytes", [(standard.accepts, text) for text in texts]),
        Subject("fast, parsed", [(standard.accepts, record) for record in records]),
        Subject("msgspec one pass, bytes", [(passes[stage].decode, text) for stage, text in for_text]),
        Subject("jsonschema, parsed", [(python[stage].is_valid, record) for stage, record in for_record]),
        Subject("all findings, parsed", [(standard.check, record) for record in records]),
        Subject("strict parse, bytes", [(parse_text, text) for text in texts]),
    ]
    if importlib.util.find_spec("jsonschema_rs") is not None:
        import jsonschema_rs

        rust = {stage: jsonschema_rs.validator_for(schema) for stage, schema in schemas.items()}
        jobs: list[Job] = [(rust[stage].is_valid, record) for stage, record in for_record]
        ways.append(Subject("jsonschema-rs, parsed", jobs))
    return {way.name: way for way in ways}


def defective(standard: Standard) -> list[dict[str, Any]]:
    """A record of each stage with 50 defects: every field wrong, the rest strange members."""
    made = []
    for stage in standard.stages:
        record = standard.sample(stage.id, 1)
        fields = record["body"]["fields"]
        record["body"]["fields"] = dict.fromkeys(list(fields)[:50], True)
        for number in range(50 - min(50, len(fields))):
            record["body"]["fields"][f"{next(iter(fields))}_{number}"] = "x"
        made.append(record)
    return made


def worst(standard: Standard, records: list[dict[str, Any]], rounds: int) -> tuple[float, int]:
    """Milliseconds of the slowest record at its best round, and the fewest findings any had."""
    times, counts = [], []
    for record in records:
        spans = []
        for _ in range(rounds):
            began = time.perf_counter()
            found = standard.check(record)
            spans.append((time.perf_counter() - began) * 1000)
        times.append(min(spans))
        counts.append(len(found))
    return round(max(times), 3), min(counts)


def ratio(over: Subject, under: Subject) -> float:
    pairs = zip(over.rounds, under.rounds, strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)


def main() -> int:
    parser = argparse.ArgumentParser(description="校验速度对比 / what checking costs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seeds", type=int, default=4)
    args = parser.parse_args()
    standard = load()
    records = [standard.sample(s.id, seed) for s in standard.stages for seed in range(args.seeds)]
    ways = subjects(standard, records)
    assert all(map(standard.accepts, records))  # noqa: S101  # also compiles the patterns
    for way in ways.values():
        way.run()
        way.rounds.clear()
    for _ in range(args.rounds):
        for way in ways.values():
            way.run()
    fast = ways["fast, bytes"]
    ratios = {
        "fast : jsonschema": ratio(ways["jsonschema, parsed"], fast),
        "fast : one pass": ratio(ways["msgspec one pass, bytes"], fast),
        "fast parsed : jsonschema": ratio(ways["jsonschema, parsed"], ways["fast, parsed"]),
    }
    slowest, fewest = worst(standard, records, 3)[0], worst(standard, bad := defective(standard), 3)
    figures = {
        "microseconds": {name: way.best for name, way in ways.items()},
        "ratios": ratios,
        "all_findings_worst_ms": {"sound": slowest, "50 defects": fewest[0], "fewest findings": fewest[1]},
    }
    report(figures, len(records), len(bad))
    line = {"at": wall(datetime.now(UTC)), "records": len(records), "rounds": args.rounds, **figures}
    results = HERE / "results" / "check.jsonl"
    results.parent.mkdir(exist_ok=True)
    with results.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"machine": machine()}, ensure_ascii=False) + "\n")
    return 0


def report(figures: dict[str, Any], records: int, bad: int) -> None:
    """The table on the terminal."""
    print(f"{records} 条合格报文 / sound records, 每条微秒 / microseconds each")
    for name, best in figures["microseconds"].items():
        print(f"  {name:<28}{best:>10}")
    for name, found in figures["ratios"].items():
        goal = f"   目标 goal >= {GOALS[name]}" if name in GOALS else ""
        print(f"  {name:<28}{found:>10}{goal}")
    told = figures["all_findings_worst_ms"]
    print(f"  全部问题 all findings, ms: {told}   目标 goal <= {SLOW_LIMIT_MS}   ({bad} x 50)")


if __name__ == "__main__":
    raise SystemExit(main())
