"""The tables of the score may be replaced, and say with file and row what is wrong with a replacement."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.quality import Dimension, QualityConfig, QualityConfigError, load, score
from hub.quality.loading import DATA


def edited(directory: Path, name: str, change: Callable[[str], str]) -> None:
    before = (DATA / name).read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    (directory / name).write_text(after, encoding="utf-8")


def test_the_weights_are_those_of_the_reference_and_marked_ours(config: QualityConfig) -> None:
    assert [config.weights[one] for one in Dimension] == [30, 20, 20, 20, 10]
    assert config.mark == "reconstructed" and "ours" in config.source
    assert all(row.mark for row in config.rules.values()) and all(row.mark for row in config.flow)
    assert all(row.mark for row in config.event_times.values())
    for name in ("deals.csv", "agree.csv"):
        with (DATA / name).open(encoding="utf-8") as lines:
            assert all(row["mark"] for row in csv.DictReader(lines))


def test_other_weights_give_another_score(tmp_path: Path, make: Any, config: QualityConfig) -> None:
    edited(tmp_path, "score.toml", lambda text: text.replace("fields = 20 ", "fields = 35 ").replace(
        "accuracy = 20 ", "accuracy = 5 "))  # fmt: skip
    bad = [make("eng-candidate", found=("code.unknown",), accepted=False)]
    assert score(bad, config).total == pytest.approx(70)
    assert score(bad, load(tmp_path)).total == pytest.approx(100 * (35 + 5 * 0.4) / 40)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [("score.toml", "flow = 30 ", "flow = 31 ", "sum to 100"),
     ("score.toml", "repair = 10 ", "mend = 10 ", "exactly"),
     ("score.toml", "from = -7", "from = -6", "does not follow"),
     ("score.toml", "credit = 0.8", "credit = 8", "share"),
     ("score.toml", "required = 0.8", "required = 0.7", "sum to 1"),
     ("score.toml", "records = 7 ", "", "KeyError"),
     ("score.toml", "[weights]", "[weights", "TOMLDecodeError"),
     ("flow.csv", "engineering,eng-section", "engineering,eng-sektion", "flow.csv:4: no stage 'eng-sektion'"),
     ("flow.csv", "BID_OPEN_TIME", "BID_OPEN", "no field 'BID_OPEN'"),
     ("event_times.csv", "eng-project,CREATE_TIME,0", "eng-project,CREATE_TIME,soon", "event_times.csv:2"),
     ("deals.csv", "eng-project,PROJECT_CODE", "eng-project,CODE", "deals.csv:2"),
     ("agree.csv", ",equal,", ",alike,", "none of"), ("rules.csv", "X01,", "X99,", "no rule X01"),
     ("rules.csv", "code.unknown,accuracy,0.6", "code.unknown,accuracy,6", "rules.csv"),
     ("rules.csv", "field.length,accuracy", "field.length,precision", "no dimension"),
     ("flow.csv", ",reconstructed,", ",", "wrong number of columns")],
)  # fmt: skip
def test_a_wrong_table_does_not_start(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    edited(tmp_path, name, lambda text: text.replace(old, new))
    with pytest.raises(QualityConfigError) as raised:
        load(tmp_path)
    assert told in str(raised.value)
