"""SIGKILL at random moments and at fail points: does the hub lose, double or disorder anything?

The traffic, the receiver and the checks are those of `powercut.py`; here the machine lives on and the
process dies: half the time at a random moment of full traffic, half where it hurts (`HUTONG_FAILPOINTS`).

usage: kills.py [--kills 200] [--resume] [--scratch DIR] [--clients 16-64] [--lives 20]
Appends to `results/kills.jsonl`. Exit 1 on any fault.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

from lives import Life, Results
from receivers import Receiver
from served import FellError, NotReadyError

RESULTS = Results(Path(__file__).parent / "results" / "kills.jsonl")
# How often traffic passes a point, about, in its first second: a fall is chosen among that many passes.
PASSES = {
    "checkpoint": 1,
    "after-stamp": 3,
    "before-commit": 60,
    "after-commit": 60,
    "while-folding": 400,
    "after-send": 100,
}
PATIENCE = 5.0


def plans(dice: random.Random, points: Iterable[str]) -> Iterator[str]:
    """ "" for a random moment, else a fail point; all of them in turn."""
    for point in cycle(points):
        yield ""
        yield f"{point}:{dice.randint(1, PASSES[point])}"


async def one_kill(life: Life, plan: str, dice: random.Random, clients: int) -> dict[str, object]:
    fell: dict[str, object] = {"at_point": plan}

    async def at_random() -> float | None:
        await asyncio.sleep(dice.uniform(0.0, 0.6))
        return None

    async def at_point() -> float | None:
        await asyncio.to_thread(life.served.wait, PATIENCE)
        fell["fell"] = life.served.fallen()
        return None

    if plan:
        await asyncio.to_thread(life.served.kill)
        try:
            await asyncio.to_thread(lambda: life.served.start(HUTONG_FAILPOINTS=plan))
        except FellError:  # a start passes points too, and is a moment to die like any other
            fell |= {"fell": True, "starting": True}
            plan = ""
            await asyncio.to_thread(life.served.start)
    seen = await life.through(clients, dice, at_point if plan else at_random, life.served.start)
    return {**fell, **seen}


async def kills(
    wanted: int,
    first: int,
    scratch: Path,
    *,
    results: Results = RESULTS,
    lives: int = 20,
    clients: tuple[int, int] = (16, 64),
    points: Iterable[str] = tuple(PASSES),
) -> int:
    receiver, dice, plan = Receiver(silent=0.02), random.SystemRandom(), plans(random.SystemRandom(), points)
    await receiver.start()
    number, faulty, life = first, 0, None
    try:
        while number < first + wanted:
            life = await Life.born(scratch / "beside", scratch / "beside" / "data", receiver)
            for _ in range(min(lives, first + wanted - number)):
                number += 1
                seen = await one_kill(life, next(plan), dice, dice.randint(*clients))
                faulty += bool(seen["faults"])
                results.note({"kind": "kill", "n": number, **seen})
            faults = await life.over()
            faulty += bool(faults)
            results.note({"kind": "life", "n": number, "messages": len(life.kept), "faults": faults[:20]})
    except NotReadyError as error:
        faulty += 1
        results.note(
            {"kind": "fault", "n": number, "faults": ["the hub did not come back", str(error)[-800:]]}
        )
    finally:
        if life is not None:
            life.served.kill()
        receiver.stop()
    return faulty


def main() -> int:
    parser = argparse.ArgumentParser(description="突然终止试验 / sudden ends")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--resume", action="store_true", help="go on from the results since the last summary")
    parser.add_argument("--scratch", type=Path, help="where the data go; default: the temporary folder")
    parser.add_argument("--clients", type=lambda text: tuple(map(int, text.split("-"))), default=(16, 64))
    parser.add_argument("--lives", type=int, default=20, help="kills of one store")
    args = parser.parse_args()
    if not args.resume and RESULTS.since_summary():
        RESULTS.sum_up("kill")
    faulty, made = 0, RESULTS.made("kill")
    with tempfile.TemporaryDirectory(prefix="hutong-kills-", dir=args.scratch) as name:
        if made < args.kills:
            faulty = asyncio.run(
                kills(args.kills - made, made, Path(name), lives=args.lives, clients=args.clients)
            )
    if RESULTS.made("kill") >= args.kills:
        RESULTS.sum_up("kill")
    return 1 if faulty else 0


if __name__ == "__main__":
    raise SystemExit(main())
