"""The ledger of a run: what was intended, what came of it, what the hub says about it afterwards.

Three files of JSON lines in the run's directory, each written by one process only: `plan.jsonl`
(parent, before the run), `results.jsonl` (worker), `asked.jsonl` (parent, after it). Whoever holds
the directory can work out the verdict again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PLAN, RESULTS, ASKED, SETTINGS, WORKER = (
    "plan.jsonl",
    "results.jsonl",
    "asked.jsonl",
    "run.json",
    "worker.json",
)
NEVER_SENT = "never-sent"


@dataclass(frozen=True, slots=True)
class Planned:
    """One intended call: `due` seconds after the start; `digest` of the content that will be sent."""

    n: int
    due: float
    phase: int
    op: str
    stage: str
    msg_id: str
    digest: str = ""
    about: int | None = None
    envelope: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one call; instants in seconds after the start.

    `taken`: a user was free for it. `done` of a call that was never sent is when it was given up.
    `digest` is what the receipt says was received; `error` is a word, never a value from a message.
    """

    n: int
    taken: float
    sent: float
    done: float
    status: int
    code: str = ""
    hub_id: str = ""
    state: str = ""
    digest: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hub knew of a message afterwards; `known` None: it would not tell.

    `state` is the receipt state by then: a message may be accepted first and refused for its content later.
    """

    n: int
    known: bool | None
    hub_ids: tuple[str, ...] = ()
    status: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All three, by number; `doubled_results` counts results beyond the first of a call."""

    plan: dict[int, Planned]
    results: dict[int, Result]
    asked: dict[int, Asked]
    doubled_results: int = 0


def write(path: Path, rows: Iterable[Planned | Result | Asked]) -> int:
    """Write rows as JSON lines; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(line(row))
            count += 1
    return count


def line(row: Planned | Result | Asked) -> str:
    return json.dumps(asdict(row), ensure_ascii=False, separators=(",", ":")) + "\n"


def planned(path: Path, *, whole: bool = True) -> Iterator[Planned]:
    """The plan in order; without `whole` the envelopes are left on the disk."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            yield Planned(**row) if whole else Planned(**{**row, "envelope": None})


def load(directory: Path) -> Ledger:
    """Read a run's ledger; a line cut short by a crash is left out (and so is missed by the count)."""
    plan = {row.n: row for row in planned(directory / PLAN, whole=False)}
    results: dict[int, Result] = {}
    extra = 0
    for row in _lines(directory / RESULTS):
        result = Result(**row)
        extra += result.n in results
        results.setdefault(result.n, result)
    asked = {
        row["n"]: Asked(**{**row, "hub_ids": tuple(row["hub_ids"])}) for row in _lines(directory / ASKED)
    }
    return Ledger(plan, results, asked, extra)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for text in file:
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                return
