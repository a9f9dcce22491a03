"""The catalogue's own tables: counts, references, refusals."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from hub.catalogue import CatalogueError, load
from hub.catalogue import cli as systems_cli
from hub.catalogue.load import DATA

STAGES = {row["stage"] for row in csv.DictReader((DATA.parents[1] / "standard/data/fields.csv").open("r"))}


def test_counts_and_references() -> None:
    catalogue = load()
    assert len(catalogue.systems) == 135
    assert [s.seq for s in catalogue.systems] == list(range(1, 136))
    assert len(catalogue.dialects) == 19
    assert sum(d.native for d in catalogue.dialects.values()) == 1
    assert len(catalogue.messages) == 105
    assert sum(len(of) for of in catalogue.by_dialect.values()) == 135
    assert all(catalogue.by_dialect[d] for d in catalogue.dialects)


def test_the_seven_dialects_of_this_release_have_papers() -> None:
    assert set(load().with_papers()) >= {
        "hub-unified-v1",
        "soap11-wsse",
        "asmx-parasxml",
        "static-token-rest",
        "exch-hmac",
        "chain-rest",
        "legacy-http",
    }
    with pytest.raises(CatalogueError, match="no-such-dialect"):
        load().papers("no-such-dialect")


def test_subscriptions_name_real_stages_and_receivers_that_can_read_them() -> None:
    from hub.catalogue import Papers

    catalogue = load()
    assert catalogue.subscriptions
    for s in catalogue.subscriptions:
        assert s.stage in STAGES
        carried = Papers.load(catalogue.system(s.receiver).dialect).stages()
        assert catalogue.dialects[catalogue.system(s.receiver).dialect].native or s.stage in carried, s
    asked_only = {"P23", "P24", "D14", "D16", "D18", "N04", "N05", "C01", "C02", "C03", "C04", "C05", "L02"}
    nothing_sent = {"P09", "P18", "B01", "B02", "L01", "T01", "T03"}
    receivers = {s.receiver for s in catalogue.subscriptions}
    assert receivers == {s.id for s in catalogue.systems} - asked_only - nothing_sent


def test_platforms_of_places_get_what_is_theirs() -> None:
    """A prefecture its whole number range, a county its own; two of the first release are promised more."""
    catalogue = load()
    for s in catalogue.subscriptions:
        system = catalogue.system(s.receiver)
        if system.tier not in ("prefecture", "county"):
            assert s.region == "*", s
        elif system.id not in ("M01", "X07"):
            assert s.region == system.region.removesuffix("00"), s


def test_no_row_waits_for_a_gate_that_never_lets_its_receiver_in() -> None:
    from hub import standard
    from hub.pipeline.routing import after_gate, before_gate

    tables, catalogue = standard.load(), load()
    for s in catalogue.subscriptions:
        kind = catalogue.system(s.receiver).kind
        assert before_gate(tables, s.stage, s.receiver, kind) or after_gate(tables, s.stage, kind), s


@pytest.mark.parametrize(
    ("table", "before", "after", "why"),
    [
        ("systems.csv", ",hub-unified-v1,", ",hub-unified-v9,", "systems.csv row .*unknown dialect"),
        ("systems.csv", "entry.apply;", "entry.aply;", "systems.csv row 2: unknown message entry.aply"),
        ("systems.csv", "\n2,P02,", "\n2,P01,", "systems.csv row 3: system P01 twice"),
        ("systems.csv", ",province,", ",provence,", "systems.csv row 2: unknown tier"),
        ("subscriptions.csv", ",D09,", ",D99,", "subscriptions.csv row 2: unknown receiver"),
        ("messages.csv", "project,project.info", "project,project.query", "messages.csv row 3: .*twice"),
    ],
)
def test_a_contradiction_is_refused_with_file_and_row(
    tmp_path: Path, table: str, before: str, after: str, why: str
) -> None:
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    text = (root / table).read_text("utf-8")
    assert before in text
    (root / table).write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(CatalogueError, match=why):
        load(root)


def test_systems_verb(capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    systems_cli.configure(parser)
    assert systems_cli.run(parser.parse_args(["--json"])) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 135
    assert set(rows[0]) == {"id", "zh", "en", "tier", "kind", "dialect", "dir", "messages", "provenance"}
    assert systems_cli.run(parser.parse_args(["D09", "--json"])) == 0
    assert json.loads(capsys.readouterr().out)["dialect"] == "soap11-wsse"
    assert systems_cli.run(parser.parse_args(["Z99"])) == 2
