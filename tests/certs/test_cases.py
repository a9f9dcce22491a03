"""Every recognition case through the local path, cell for cell; a table with one cell wrong is noticed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from certs.cases import CASES, Case, Found, Row, build, judge, read_case, write_cases
from certs.cases import files as case_files
from certs.cases.desk import Desk
from certs.cases.judge import OPERATIONS
from certs.cases.stage import Stage
from certs.cases.table import DIALOGUE, INVALID, NOTE, NOW, VALID, VERDICTS, rows, text
from certs.reasons import REASONS
from certs.recognition import Recogniser
from certs.testpki import ProductionError, World
from certs.trust import Revocation
from certs.trustlist.quirks import NAMES
from tests.rows import each

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
RUN = [row for row in CASES.values() if row.state == NOW]
# Notes of envelopes, which no trust list names.
OF_ENVELOPES = {
    "cipher-without-mode-means-ecb", "cipher-without-mode-means-cbc", "key-transport-named-otherwise",
}  # fmt: skip


@cache
def stage() -> Stage:
    return Stage(World.open(now=AT, seed="cases"))


@cache
def case(name: str) -> Case:
    return build(CASES[name], stage())


@cache
def found(name: str) -> Found:
    return judge(case(name))


def agrees(row: Row, answer: Found) -> bool:
    return (row.verdict, row.sof, row.reasons) == (answer.verdict, answer.sof, answer.reasons)


@pytest.mark.parametrize("name", [row.id for row in RUN])
def test_the_local_path_says_what_the_table_says(name: str) -> None:
    row, answer = CASES[name], found(name)
    assert (answer.verdict, answer.sof, answer.reasons) == (row.verdict, row.sof, row.reasons)


def test_a_table_with_one_cell_wrong_is_noticed() -> None:
    """Each expected cell of each row, put otherwise, no longer agrees with what is found."""
    unnoticed = [
        f"{mutant.id}: {mutant.verdict} {mutant.sof} {sorted(mutant.reasons)}"
        for row in RUN
        for mutant in mutants(row)
        if agrees(mutant, found(row.id))
    ]
    assert unnoticed == []


def mutants(row: Row) -> list[Row]:
    codes = [row.reasons - {one} for one in row.reasons] + [row.reasons | {"limit"}]
    return [
        *(replace(row, verdict=one) for one in VERDICTS if one != row.verdict),
        *(replace(row, sof=one) for one in (1, -1, -2, -3, -4, -5, -6) if one != row.sof),
        *(replace(row, reasons=one) for one in codes),
    ]


def test_the_table_is_sound() -> None:
    for row in CASES.values():
        assert row.zh and row.en and row.clause and row.object, row.id
        assert (row.sof == 1) == (row.verdict in (VALID, NOTE)), row.id
        assert bool(row.reasons) == (row.verdict != VALID), row.id
        if row.state == DIALOGUE:
            assert row.operation not in OPERATIONS, f"{row.id}: files can ask it now"
        elif row.verdict == NOTE:
            assert row.reasons <= NAMES | OF_ENVELOPES, row.id
        else:
            assert row.reasons <= set(REASONS), row.id
            states = {REASONS[one].state for one in row.reasons}
            assert row.verdict == VALID or (INVALID in states) == (row.verdict == INVALID), row.id


def test_no_two_cases_are_the_same() -> None:
    said = Counter((row.chapter, row.operation, row.object, row.defect) for row in CASES.values())
    assert [one for one, times in said.items() if times > 1] == []
    handed = Counter((tuple(sorted(case(row.id).files.items())), str(case(row.id).asked)) for row in RUN)
    assert max(handed.values()) == 1


def test_a_table_that_says_what_cannot_be_is_refused() -> None:
    lines = text().splitlines()
    with pytest.raises(ValueError, match="twice"):
        rows("\n".join([*lines, lines[1]]))
    with pytest.raises(ValueError, match="verdict"):
        rows("\n".join([lines[0], lines[1].replace(",valid,", ",fine,")]))


@pytest.mark.parametrize("after", ["good", "frozen", "expired"])
def test_with_and_without_token_alike(after: str) -> None:
    one, other = (found(f"medium-{lies}-{after}") for lies in ("token", "tokenless"))
    assert one == other
    assert case(f"medium-token-{after}").files == case(f"medium-tokenless-{after}").files


def test_each_operation_and_each_version_of_seals_has_its_cases() -> None:
    defects = {"", "bad", "unknown-ca", "frozen", "expired", "not-yet-valid", "wrong-usage", "wrong-id",
               "altered"}  # fmt: skip
    for operation in (
        "VerifySignedData", "VerifySignedMessage", "VerifySignedMessageDetach", "VerifySignedDataXML",
        "VerifyTimeStamp", "DecryptData",
    ):  # fmt: skip
        assert {row.defect for row in RUN if (row.chapter, row.operation) == ("sof", operation)} == defects
    wrong = {"", "altered-picture", "foreign-signer", "foreign-maker", "frozen-maker", "expired-seal",
             "digest-mismatch", "part-not-covered"}  # fmt: skip
    for version in (1, 4, 5):
        said = {row.defect for row in RUN if row.chapter == "seal" and row.object.endswith(f"/v{version}")}
        assert said == wrong


def test_the_same_seed_gives_the_same_octets_in_any_order() -> None:
    """Some, backwards; all of them stand in the folder of the next test, written from another such world."""
    again = Stage(World.open(now=AT, seed="cases"))
    other = Stage(World.open(now=AT, seed="other"))
    for name in reversed([row.id for row in RUN[::8]]):
        made = build(CASES[name], again)
        assert (made.files, made.asked) == (case(name).files, case(name).asked), name
    for name in ("cert-good", "model-all-of-all", "seal-v5-good", "list-good"):
        made = build(CASES[name], other)
        assert made.files != case(name).files
        assert agrees(CASES[name], judge(made))


def test_written_out_and_read_back(tmp_path: Path) -> None:
    """A runner with nothing but the folder comes to the same answer."""
    folders = write_cases(World.open(now=AT, seed="cases"), tmp_path / "cases")
    assert [one.name for one in folders] == list(CASES)
    for folder in folders:
        row, answer = CASES[folder.name], json.loads((folder / "expected.json").read_text("utf-8"))
        assert answer == {"verdict": row.verdict, "sof": row.sof, "reasons": sorted(row.reasons)}
        back = read_case(folder)
        if row.state == NOW:
            assert (back.files, back.asked) == (case(row.id).files, case(row.id).asked)
    assert agrees(CASES["seal-v4-good"], judge(read_case(tmp_path / "cases" / "seal-v4-good")))
    key = tmp_path / "cases" / "envelope-good" / "key-0.key"
    assert key.stat().st_mode & 0o077 == 0


def test_written_again_over_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_files, "build_all", lambda world: [case("seal-v4-good")])
    for _ in range(2):
        assert write_cases(stage().world, tmp_path) == [tmp_path / "seal-v4-good"]
    assert (tmp_path / "cases.csv").read_text("utf-8") == text()


@each("name", [row.id for row in RUN if row.operation == "ValidateCert"])
def test_what_is_kept_answers_as_what_is_judged_anew(name: str) -> None:
    """The recogniser that remembers says the same, first and again."""
    desk, row = Desk(case(name)), CASES[name]
    keeper = Recogniser(desk.listed, revocation=Revocation.REQUIRED, crls=desk.crls)
    for _ in range(2):
        again = keeper.recognise(
            desk.files["certificate.der"], at=desk.at, medium=desk.asked.get("medium"),
            expected_subject=desk.asked.get("subject"),
        )  # fmt: skip
        assert (again.ok, again.sof_code) == (row.sof == 1, row.sof)
        assert again.ok or {one.code for one in again.reasons} == row.reasons


def test_not_where_production_lives_or_something_else_lies(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('realm = "production"\n')
    with pytest.raises(ProductionError):
        write_cases(stage().world, tmp_path / "cases")
    other = tmp_path.parent / f"{tmp_path.name}-other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    with pytest.raises(FileExistsError):
        write_cases(stage().world, other)
