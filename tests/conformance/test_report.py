"""The report: a verdict that follows from its cases, a digest that notices, three forms that say the same."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lxml import etree, html

from conformance.driver import run
from conformance.register import requirements
from conformance.report import build, verify
from conformance.report.build import conclude
from conformance.report.files import read, write
from conformance.report.page import page
from conformance.suite import cases

IDS = [case.id for case in cases()]


async def reported(small: Callable[..., Any], *flaws: str) -> dict[str, Any]:
    chosen = [
        case for case in cases() if case.chapter in ("evidence", "legacy") or case.requirement == "AG-EXP-02"
    ]
    async with small(*flaws) as sut:
        outcomes = await run(sut, chosen)
        return build(
            sut.plan,
            outcomes,
            suite=chosen,
            register=requirements(),
            started=datetime(2026, 11, 22, tzinfo=UTC),
            millis=1234,
        )


async def test_the_shape_others_rely_on(small: Callable[..., Any]) -> None:
    report = await reported(small)
    assert set(report) >= {
        "suite", "version", "system", "plan_digest", "started", "seconds", "summary", "verdict", "cases",
        "requirements", "digest",
    }  # fmt: skip
    assert set(report["system"]) >= {"id", "zh", "version", "build", "buildSource"}
    assert set(report["summary"]) >= {"pass", "fail", "skip", "error"}
    assert set(report["cases"][0]) >= {
        "id", "requirement", "strength", "title", "verdict", "reason", "expected", "observed", "advice",
        "exchanges",
    }  # fmt: skip
    assert (report["verdict"], report["seconds"], report["system"]["buildSource"]) == (
        "conformant",
        2,
        "DECLARED",
    )
    assert report["summary"]["notApplicable"] == sum(case.dialect != "" for case in cases())


async def test_any_change_is_noticed(small: Callable[..., Any]) -> None:
    report = await reported(small, "drops-ext")
    chosen = [row["id"] for row in report["cases"]]
    assert report["verdict"] == "not-conformant" and verify(report, chosen) == []
    raw, rng = json.dumps(report, ensure_ascii=False), Random(5)
    for _ in range(300):
        at = rng.randrange(len(raw))
        changed = raw[:at] + chr(ord(raw[at]) ^ 1) + raw[at + 1 :]
        try:
            other = json.loads(changed)
        except ValueError:
            continue
        assert other == report or verify(other, chosen), (at, raw[at - 20 : at + 20])


async def test_a_friendlier_verdict_with_a_new_digest_is_noticed_too(small: Callable[..., Any]) -> None:
    from conformance.report.build import content_digest

    report = await reported(small, "drops-ext")
    forged = copy.deepcopy(report)
    forged["verdict"] = "conformant"
    forged["digest"] = content_digest(forged)
    chosen = [row["id"] for row in report["cases"]]
    assert [text.en for text in verify(forged, chosen)] == ["the verdict does not follow from the cases"]
    assert verify({"cases": "none"}, chosen) and verify({}, chosen)


async def test_a_report_of_another_version_is_judged_by_its_own_cases(small: Callable[..., Any]) -> None:
    from conformance.report.build import content_digest

    report = await reported(small)
    more = [*(row["id"] for row in report["cases"]), "exchange/new/a-case-of-tomorrow"]
    assert [text.en for text in verify(report, more)] == ["the verdict does not follow from the cases"]
    older = {**report, "version": "0.9"}
    assert verify({**older, "digest": content_digest(older)}, more) == []


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("pass", "pass"), "conformant"),
        (("pass", "not-applicable"), "conformant"),
        (("pass", "fail"), "not-conformant"),
        (("error", "fail"), "not-conformant"),
        (("pass", "skip"), "incomplete"),
        (("pass", "error"), "incomplete"),
        (("not-applicable", "not-applicable"), "incomplete"),
    ],
)
def test_the_verdict(verdicts: tuple[str, str], expected: str) -> None:
    rows = [{"id": str(n), "verdict": v, "strength": "MUST"} for n, v in enumerate(verdicts)]
    assert conclude(rows, ["0", "1"]) == expected


def test_a_failed_should_does_not_decide_and_a_part_never_certifies() -> None:
    rows = [
        {"id": "0", "verdict": "pass", "strength": "MUST"},
        {"id": "1", "verdict": "fail", "strength": "SHOULD"},
    ]
    assert conclude(rows, ["0", "1"]) == "conformant"
    assert conclude(rows, ["0", "1", "2"]) == "incomplete"


async def test_a_failure_says_what_to_do(small: Callable[..., Any], tmp_path: Path) -> None:
    report = await reported(small, "drops-ext")
    [row] = [row for row in report["cases"] if row["verdict"] == "fail"]
    assert row["requirement"] == "AG-EXP-02" and "offset" in row["difference"]
    assert row["advice"] == requirements()["AG-EXP-02"].advice.zh and row["adviceEn"].isascii()
    assert row["expected"] and row["observed"] == "{}" and row["exchanges"]

    paths = write(report, tmp_path / "out")
    assert [path.name for path in paths] == ["report.json", "junit.xml", "report.html"]
    assert read(tmp_path / "out") == report
    junit = etree.fromstring((tmp_path / "out" / "junit.xml").read_bytes())
    assert [f.getparent().get("name") for f in junit.iter("failure")] == [row["id"].rpartition("/")[2]]
    assert len(list(junit.iter("testcase"))) == len(report["cases"])
    assert len(list(junit.iter("skipped"))) == report["summary"]["notApplicable"]


async def test_the_page_stands_alone_and_escapes_what_came(small: Callable[..., Any]) -> None:
    report = await reported(small, "drops-ext")
    report["cases"][0]["observed"] = "<script>alert(1)</script>"
    text = page(report)
    tree = html.fromstring(text)
    assert not tree.xpath("//script|//link|//img|//iframe|//@src")
    assert "<script>alert(1)</script>" not in text and "&lt;script&gt;alert(1)" in text
    assert not re.search(r"url\(|@import|https?://[^<\"]*\.(?:js|css|woff)", text)
    asked = {row["id"] for row in report["cases"] if row["verdict"] != "not-applicable"}
    assert {e.get("id") for e in tree.xpath("//details[@class='case'][@id]")} == asked
    assert all(row["titleEn"] in text for row in report["cases"])
    assert tree.xpath("//svg//circle") and tree.xpath("//svg//rect")
    assert len(tree.xpath("//span[@class='zh']")) == len(tree.xpath("//span[@class='en']"))
