"""Whatever befalls lists, clocks and gateways while certificates are in use: the documented answer, and no
yes that does not say on what it rests (`hub/ca/data/adverse.csv`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import hub.ca
from hub.ca.adverse import BAD, PATHS, adversities, table
from hub.ca.explaining import words
from hub.errors import HubError
from tests.e2e.paths.adversity import ASKED, HAPPENS, answer, happening
from tests.e2e.paths.house import House, opened

README = Path(hub.ca.__file__).parent / "README.md"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}

    async def run() -> None:
        async with opened(tmp_path_factory.mktemp("adverse")) as house:
            for row in adversities():
                async with happening(house, row.name) as trial:
                    for path in row.told:
                        result, codes = await answer(trial, path)
                        found[row.name, path] = " ".join((result, *sorted(codes)))
            found["policy-damaged", "restart"] = await started_anew(house)

    asyncio.run(run())
    return found


async def started_anew(house: House) -> str:
    """A hub that starts with a damaged policy."""
    (house.folder / "policy.json").write_bytes(b"{")
    house.hub.ca._judges = None
    try:
        await house.hub.ca.recognise("T01", {"certificate": "AA=="})
    except HubError as error:
        return f"{error.status} {error.code}"
    return "answered"


def test_the_documented_answer_and_no_other(told: dict[tuple[str, str], str]) -> None:
    expected = {(row.name, path): cell for row in adversities() for path, cell in row.told.items()}
    wrong = [f"{key}: {told[key]} instead of {cell}" for key, cell in expected.items() if told[key] != cell]
    assert wrong == []
    assert told["policy-damaged", "restart"] == "503 ca.unready"


def test_a_yes_to_what_is_bad_says_on_what_it_rests(told: dict[tuple[str, str], str]) -> None:
    """Only a login rests on a gateway's word alone, and it and its session are marked: nothing else does."""
    bad = {row.name for row in adversities() if row.truth == BAD}
    yes = {key: cell for key, cell in told.items() if key[0] in bad and cell.startswith("valid")}
    assert yes == {
        ("gateway-lies-alone", "open-login"): "valid revocation-unknown",
        ("gateway-lies-alone", "open-session"): "valid noted",
    }


def test_the_table_is_whole_and_stands_in_the_readme() -> None:
    assert {row.name for row in adversities()} == set(HAPPENS) and set(PATHS) == set(ASKED)
    assert table() in README.read_text("utf-8"), table()
    assert {one["circumstance"] for one in words()["adverse"]} == set(HAPPENS)
