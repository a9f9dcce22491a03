"""What proof costs: the hub as it is beside one that seals no tree heads meanwhile, as a ratio of one run.

usage: proof.py [--rounds 5] [--seconds 3]
The other hub still gives every entry its leaf (that is its journal's form); it makes no tree, signs nothing
and asks for no time stamp within the measurement. Appends one JSON line to `results/proof.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from drive import drive
from ingest import HERE, SENDER, Subject, measured, messages, neighbours, ratios, started

from hub.keyring import make_demo_keys
from hub.message import Key, wall
from hub.standard import load
from loadtests.machine import machine

UNSEALED = {"HUTONG_HEAD_INTERVAL": "3600", "HUTONG_HEAD_PULSE": "3600", "HUTONG_TSA_URL": "off"}
SERVE = "import os, sys; os.environ.update({}); from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"


async def compare(subjects: list[tuple[Subject, Key]], args: argparse.Namespace) -> float:
    others, standard = await neighbours(), load()
    numbers: Iterator[int] = iter(range(secrets.randbelow(10**6) * 10**5, 10**12))
    wanted = 0
    for subject, key in subjects:
        first = await drive(
            subject.url, iter(messages(standard, key, numbers, 300)), connections=64, seconds=1
        )
        wanted = max(wanted, int(first.acknowledged / first.seconds * args.seconds * 2) + 100)
    for turn in range(args.rounds):
        for subject, key in subjects if turn % 2 else subjects[::-1]:
            await measured(subject, iter(messages(standard, key, numbers, min(wanted, 8000))), args)
    return others


def main() -> int:
    parser = argparse.ArgumentParser(description="存证的代价 / what proof costs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=64)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="hutong-bench-", ignore_cleanup_errors=True) as name,
        ExitStack() as stack,
    ):
        subjects = []
        for kind, more in (("proved", {}), ("unsealed", UNSEALED)):
            data = Path(name) / kind
            key = make_demo_keys(data / "keys", ["centre", SENDER], random.SystemRandom())[1]
            words = ["serve", "--data", str(data), "--port", "0", "--realm", "sandbox"]
            command = [sys.executable, "-c", SERVE.format(json.dumps(more)), *words]
            subjects.append((stack.enter_context(started(kind, command)), key))
        others = uvloop.run(compare(subjects, args))
    proved, unsealed = (subject.row() for subject, _ in subjects)
    rate, cost = ratios(unsealed, proved)
    line = {"at": wall(datetime.now(UTC)), "ratio": rate, "cpu_ratio": cost, "others": others,
            "proved": proved, "unsealed": unsealed, "machine": machine()}  # fmt: skip
    print(json.dumps({name: line[name] for name in ("ratio", "cpu_ratio", "others")}))
    with (HERE / "results" / "proof.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
