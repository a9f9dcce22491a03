"""The page in a real browser: Chinese first, English at the switch, failures open, a quiet console."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.driver import run
from conformance.register import requirements
from conformance.report import build
from conformance.report.files import write
from conformance.session import utc
from conformance.suite import cases

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


async def test_the_switch_turns_the_page(small: Callable[..., Any], tmp_path: Path) -> None:
    chosen = [case for case in cases() if case.chapter in ("evidence", "aggregation")]
    async with small("drops-ext") as sut:
        outcomes = await run(sut, chosen)
        report = build(sut.plan, outcomes, suite=chosen, register=requirements(), started=utc(), millis=10)
    write(report, tmp_path)
    await asyncio.to_thread(look, (tmp_path / "report.html").as_uri())


def look(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        assert page.locator("h1").inner_text() == "符合性测试报告"
        assert page.locator("details.case[open]").count() == 1
        assert page.locator("details.case[open] .advice").inner_text().startswith("ext 整体保存")
        page.get_by_role("button").click()
        assert page.locator("h1").inner_text() == "Conformance report"
        assert page.locator("details.case[open] .advice").inner_text().startswith("Keep ext whole")
        wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.set_viewport_size({"width": 420, "height": 800})
        narrow = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        browser.close()
    assert not complaints
    assert wide and narrow, "nothing sticks out"
