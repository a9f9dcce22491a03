"""Altered certificates, lists, OCSP answers, signed data, seals, envelopes: so many of each, judged.

usage: mutations.py [--count 100000] [--jobs 2] [--only cms,seal]
Prints for each how many were wrong, and the slowest. Wrong is: valid though what is signed was changed, or an
exception not our own; there must be none (exit status 1 otherwise). The runners are those of the tests: the
alterations come from a seed, the keys are fresh. Appends one JSON line to `results/mutations.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # the tests' runners, wherever this is started
_PIECE = 2500


@dataclass(slots=True)
class Outcome:
    """What came of some of them."""

    count: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.count += other.count
        self.wrong += other.wrong
        self.slowest = max(self.slowest, other.slowest)
        self.states += other.states


def of_path(kind: str) -> Callable[[int, int], Outcome]:
    def run(count: int, seed: int) -> Outcome:
        from tests.certs.path.test_mutations import run

        done = run(kind, count, seed)
        return Outcome(count, [f"{what} {raw.hex()}" for what, raw in done.wrong], done.slowest, done.states)

    return run


def of_cms(count: int, seed: int) -> Outcome:
    from tests.certs.cms.mutation import run

    done = run(count, seed)
    states = Counter({str(state): many for state, many in done.states.items()})
    return Outcome(count, [f"{what} {raw.hex()}" for what, raw in done.wrong], done.slowest, states)


def of_seals(count: int, seed: int) -> Outcome:
    """This runner asserts: the first fault ends a piece, and is told."""
    from tests.certs.seal import test_mutations as runner

    out = Outcome(count)
    with watched(runner, "verify_seal", out):
        try:
            runner.run(count, seed)
        except Exception as error:
            out.wrong.append(repr(error)[:2000])
    return out


def of_envelopes(count: int, seed: int) -> Outcome:
    from tests.certs.envelope import mutations as runner

    out = Outcome(count)
    with watched(runner, "open_envelope", out):
        try:
            out.wrong += runner.run(count, seed)
        except Exception as error:
            out.wrong.append(repr(error)[:2000])
    return out


def of_sm2(count: int, seed: int) -> Outcome:
    """Random and altered signatures: the accelerator beside libcrypto, and plain Python for one in twenty."""
    from tests.certs.algorithms.test_sm2_native import LIBRARY, run

    return Outcome(count, run(count, seed, every=20) if LIBRARY is not None else ["no accelerator here"])


@contextmanager
def watched(module: Any, name: str, out: Outcome) -> Iterator[None]:
    """The same function with a clock: the slowest call in processor time, and the states of its verdicts."""
    judge = getattr(module, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        begun = time.thread_time()
        found = judge(*args, **kwargs)
        out.slowest = max(out.slowest, time.thread_time() - begun)
        out.states[getattr(found, "verdict", found).state] += 1
        return found

    setattr(module, name, timed)
    try:
        yield
    finally:
        setattr(module, name, judge)


FORMATS: dict[str, Callable[[int, int], Outcome]] = {
    "certificate": of_path("leaf"),
    "ca-certificate": of_path("ca"),
    "crl": of_path("list"),
    "ocsp": of_path("answer"),
    "cms": of_cms,
    "seal": of_seals,
    "envelope": of_envelopes,
    "sm2-backends": of_sm2,
}


def piece(name: str, count: int, seed: int) -> Outcome:
    return FORMATS[name](count, seed)


def main() -> int:
    parser = argparse.ArgumentParser(description="变异测试 / altered inputs, judged")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default=",".join(FORMATS))
    args = parser.parse_args()
    found = {}
    with ProcessPoolExecutor(args.jobs) as pool:
        for name in args.only.split(","):
            begun, total = time.perf_counter(), Outcome()
            sizes = [min(_PIECE, args.count - at) for at in range(0, args.count, _PIECE)]
            for one in pool.map(piece, [name] * len(sizes), sizes, range(1, len(sizes) + 1)):
                total.add(one)
            found[name] = total
            tell(name, total, time.perf_counter() - begun)
    keep(found)
    return 1 if any(one.wrong for one in found.values()) else 0


def tell(name: str, total: Outcome, seconds: float) -> None:
    states = ", ".join(f"{state} {many}" for state, many in total.states.most_common())
    print(f"{name:<15} {total.count:>7} 个/altered, {len(total.wrong)} 错/wrong, "
          f"最慢/slowest {total.slowest * 1000:.0f} ms, {seconds:.0f} s  ({states})", flush=True)  # fmt: skip
    for what in total.wrong[:3]:
        print("   !!", what)


def keep(found: dict[str, Outcome]) -> None:
    from hub.message import wall
    from loadtests.machine import machine

    rows = {
        name: {"count": one.count, "wrong": len(one.wrong), "slowest_ms": round(one.slowest * 1000, 1),
               "states": dict(one.states)}
        for name, one in found.items()
    }  # fmt: skip
    results = HERE / "results" / "mutations.jsonl"
    results.parent.mkdir(exist_ok=True)
    with results.open("a", encoding="utf-8") as file:
        line = {"at": wall(datetime.now(UTC)), "formats": rows, "machine": machine()}
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
