"""Every case along every path: the same verdict and reasons, or a row of `certs/cases/paths.csv` says why."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from certs.cases import CASES, build
from certs.cases.paths import Explained, Said, differences, judged, read_explained
from certs.cases.stage import BENCH, STRANGER, Stage
from certs.cases.table import NOW, Case, Row
from tests.e2e.paths import asking
from tests.e2e.paths.house import CAS, House, opened

LAID = "SetCertTrustList"
README = Path(asking.__file__).parents[3] / "certs" / "cases" / "README.md"
RUN = [row for row in CASES.values() if row.state == NOW]
# Who speaks for which vendors, and whose certificates its cases are about.
SPEAKS = {"C01": ("C01",), "C02": ("C02",), "C03": ("C03",), "C05": ("C05", "P01")}
ABROAD = {"gateway": "C05", "dialect": "P01"}  # C05 answers for two bodies: by SOF for itself too
Answers = dict[tuple[str, str], tuple[Row, Said | None]]


def believed(case: Case) -> tuple[Any, ...]:
    """The same for cases that one hub can answer without believing something else."""
    parts = sorted(raw for name, raw in case.files.items() if name.endswith(".crl") or name[:6] == "maker-")
    return case.row.operation == LAID, case.files["trustlist.json"], case.files["centre.der"], *parts


def built(house: House, row: Row, on: str = BENCH) -> Case:
    """Each once; abroad the bench is another CA, and another one is unknown there."""
    key = on, row.id
    if key not in house.built:
        beyond = "C04" if on in SPEAKS["C05"] else STRANGER
        stage = house.stage if on == BENCH else Stage(house.stage.world, on, beyond)
        house.built[key] = build(row, stage)
    return house.built[key]


async def own(house: House, answers: Answers) -> None:
    """The core, the hub's own doors, and the services it answers itself."""
    paths: Mapping[str, Callable[[House, Case], Any]] = {
        "local": asking.local, "hub": asking.desk, "sof": asking.door, "service": asking.service,
        "soap": asking.soap,
    }  # fmt: skip
    for _, group in groupby(sorted((built(house, row) for row in RUN), key=believed), key=believed):
        cases = list(group)
        if cases[0].row.operation != LAID:
            await house.believe(cases[0].files)
        for case in cases:  # lists themselves come last: they change what is believed
            for name, ask in paths.items():
                answers[name, case.row.id] = case.row, await ask(house, case)
            if case.row.operation == "ValidateCert":
                answers["status", case.row.id] = case.row, await asking.status(house, case)


async def stamps(house: House, name: str, ask: Any, *to: str) -> dict[str, bytes]:
    """Tokens made along a path, to be judged once the hub has its list again."""
    made = {one: await asking.stamped(house, built(house, CASES[one]), ask, *to) for one in asking.STAMPED}
    assert all(made.values()), name
    return {one: token or b"" for one, token in made.items()}


async def judge_stamps(house: House, answers: Answers, name: str, made: Mapping[str, bytes]) -> None:
    for one, token in made.items():
        case = built(house, CASES[one])
        # Judged as of now: by the clock of the hub that made it, however long all this has taken.
        asked = {**case.asked, "at": house.world.clock().isoformat()}
        mine = replace(case, files={**case.files, "token.tst": token}, asked=asked)
        answers[f"stamp-{name}", one] = case.row, await asking.desk(house, mine)


async def theirs(house: House, answers: Answers) -> None:
    """Each CA over its signature server and over its dialect, about certificates of its own."""
    for ident in CAS:
        for kind, ask in (("gateway", asking.gateway), ("dialect", asking.dialect)):
            on = ABROAD[kind] if ident == "C05" else ident
            for row in RUN:
                mine = row.object.partition("/")[0] in SPEAKS[ident]
                if row.chapter != "sof" and not mine:
                    continue
                case = built(house, row, on if row.chapter == "sof" else BENCH)
                with house.befallen(ident, case):
                    answers[f"{kind}-{ident}", row.id] = row, await ask(house, case, ident)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    answers: Answers = {}

    async def run() -> None:
        async with opened(tmp_path_factory.mktemp("paths")) as house:
            await theirs(house, answers)  # before the hub has a list: nothing is answered by itself
            made = {"C03": await stamps(house, "C03", asking.served, "C03")}
            await house.believe(built(house, CASES["stamp-good"]).files)
            made["service"] = await stamps(house, "service", asking.served)
            made["soap"] = await stamps(house, "soap", asking.soaped)
            for name, tokens in made.items():
                await judge_stamps(house, answers, name, tokens)
            await own(house, answers)

    asyncio.run(run())
    return answers


def test_same_verdict_same_reasons_or_a_row_that_explains(matrix: Answers) -> None:
    unexplained, idle, _ = judged(matrix, read_explained())
    assert (unexplained, idle) == ([], [])


def test_each_row_is_checked_both_ways(matrix: Answers) -> None:
    """Without any row, or any pattern of one, something stands unexplained; a pattern too many is found."""
    rows, needed = read_explained(), dict[Explained, set[str]]()
    found = [one for (path, _), (case, said) in matrix.items() for one in differences(case, path, said)]
    for one in found:
        matching = [(row, patterns) for row in rows if (patterns := row.explains(one))]
        if len(matching) == 1:
            ((row, patterns),) = matching
            for kind in (row.cases, row.paths):
                if len(alone := patterns & set(kind.split())) == 1:
                    needed.setdefault(row, set()).update(alone)
    spare = [f"{row.part}: {row.patterns - needed.get(row, set())}" for row in rows]
    assert [one for one in spare if not one.endswith("frozenset()")] == []
    more = replace(rows[0], cases=f"{rows[0].cases} cert-good")
    assert "cert-good" in judged(matrix, [more, *rows[1:]])[1][0]


def test_every_case_goes_along_every_path_of_the_hub(matrix: Answers) -> None:
    for path in ("local", "hub", "sof", "service", "soap"):
        assert {case for one, case in matrix if one == path} == {row.id for row in RUN}
    for ident in CAS:
        assert sum(one == f"gateway-{ident}" for one, _ in matrix) > 60


def test_the_counts_of_the_readme_are_those_of_this_run(matrix: Answers) -> None:
    counts = judged(matrix, read_explained())[2]
    rows = "\n".join(f"| {path} | " + " | ".join(map(str, counts[path])) + " |" for path in counts)
    total = [sum(one) for one in zip(*counts.values(), strict=True)]
    rows += "\n| 合计 total | " + " | ".join(map(str, total)) + " |"
    written = re.search(r"<!-- paths -->\n(.*?)\n<!-- /paths -->", README.read_text("utf-8"), re.DOTALL)
    assert written is not None and written[1].partition("|---|\n")[2].strip() == rows, f"write:\n{rows}"
