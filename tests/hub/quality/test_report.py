"""The report in its three forms, and who may see what of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lxml import html

from hub.quality import QualityConfig, Series
from hub.quality.reader import ExportFault
from hub.quality.report import document, page, seen_by, text


@pytest.fixture(scope="module")
def report(told: Series, config: QualityConfig) -> dict[str, Any]:
    return document(told, config, [ExportFault(3, "stage: not in the standard")])


def test_the_document_explains_every_point(report: dict[str, Any]) -> None:
    assert json.loads(json.dumps(report)) == report
    for one in report["platforms"]:
        lost = sum(row["points"] for row in one["deductions"])
        assert 100 - one["total"] == pytest.approx(lost, abs=0.05)
        assert sum(row["points"] for row in one["mendFirst"]) == pytest.approx(lost, abs=0.05)
        assert sum(row["points"] for row in one["dimensions"]) == pytest.approx(one["total"], abs=0.05)
        costs = [row["points"] for row in one["mendFirst"]]
        assert costs == sorted(costs, reverse=True)
        assert all(
            row["zh"] and row["en"] and row["adviceZh"] and row["adviceEn"] for row in one["mendFirst"]
        )
    totals = [one["total"] for one in report["platforms"]]
    assert totals == sorted(totals)


def test_no_value_of_a_record_is_in_it(report: dict[str, Any], month: Any) -> None:
    """Codes, names and phones of the records stay out of every form; only ids, stages, field names go in."""
    shown = json.dumps(report, ensure_ascii=False) + page(report) + text(report)
    values = {
        value
        for one in month
        for name, value in one.fields.items()
        if isinstance(value, str) and len(value) > 7 and not value.startswith("20")
    }
    assert len(values) > 1000
    assert not [value for value in values if value in shown and not re.fullmatch("[A-Z_]+", value)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_stands_alone(report: dict[str, Any], lang: str) -> None:
    made = page(report, lang)
    tree = html.fromstring(made)
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?://", made)
    assert tree.get("class") == lang
    first, second = tree.xpath("//svg")
    assert len(first.xpath(".//polyline")) == 6 and len(second.xpath(".//polyline")) == 5
    seen = " ".join(tree.itertext())
    for word in ("93.", "流程完整性", "Flow completeness", report["config"]["note"][lang], "T05"):
        assert word in seen
    heights = [
        float(pair.split(",")[1]) for pair in first.xpath(".//polyline[@class='main']/@points")[0].split()
    ]
    assert len(heights) == 30 and heights[-1] < heights[0] and min(heights) >= 0


def test_the_text_in_both_languages(report: dict[str, Any]) -> None:
    zh, en = text(report), text(report, "en")
    assert "应有而未归集的环节" in zh and "A stage that should be there is missing" in en
    assert "未计分:3" in zh and "自拟" in zh and "unread lines: 3" in en


def test_nothing_to_score_is_said(config: QualityConfig) -> None:
    empty = document(Series(()), config)
    assert empty["province"] is None and empty["platforms"] == []
    assert "没有可计分的记录" in page(empty) and "no record" in text(empty, "en")


def test_one_day_is_enough_for_a_page(told: Series, config: QualityConfig) -> None:
    assert page(document(Series(told.days[:1]), config)).count("<svg") == 2


def test_who_sees_what(report: dict[str, Any]) -> None:
    assert seen_by(report, "centre") == report
    own = seen_by(report, "T02")
    assert [one["platform"] for one in own["platforms"]] == ["T02"]
    assert set(own["province"]["trend"][0]["platforms"]) == {"T02"}
    public = json.dumps(seen_by(report, "public"))
    assert not re.search(r'"T0\d', public) and '"last": 93' in public
    assert page(own) and text(seen_by(report, "public"))
