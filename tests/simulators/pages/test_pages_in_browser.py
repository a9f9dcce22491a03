"""The pages in a real browser: news comes by itself, buttons do what they say, nothing sticks out."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
Stand = Any
Look = Callable[[Any], Awaitable[None]]

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


async def browsing(look: Look) -> None:
    """One page; whatever it complains of fails the test."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await look(page)
        for width in (1400, 420):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )
        await browser.close()
    assert not complaints


async def test_a_system_is_watched_and_steered(stand: Stand, tmp_path: Path) -> None:
    system = stand.fleet.systems["M03"]

    async def look(page: Any) -> None:
        await page.goto(f"{stand.url}/pages/M03")
        assert await page.locator("#none").is_visible()
        await stand.say("M03", "push-ok")
        await page.locator(".exchange[open] .unified tr").first.wait_for(timeout=20_000)
        assert await page.locator(".exchange .stage").inner_text() == "eng-tender-notice"

        await page.select_option("select[name=fault]", "drop-after-effect")
        await page.select_option("select[name=times]", "0")
        await page.get_by_role("button", name="设上").click()
        await page.locator("table.armed td", has_text="drop-after-effect").wait_for(timeout=20_000)
        assert [one["name"] for one in system.faults.shown()] == ["drop-after-effect"]
        await page.get_by_role("button", name="解除", exact=True).click()
        await page.locator("table.armed").wait_for(state="detached", timeout=20_000)
        assert system.faults.shown() == []

        before = stand.fleet.clock()
        await page.get_by_role("button", name="+7 天").click()
        await page.locator("#said", has_text="/clock").wait_for(timeout=20_000)
        assert (stand.fleet.clock() - before).days == 7

        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await page.get_by_role("button", name="清空这个系统").click()
        await page.locator(".exchange").wait_for(state="detached", timeout=20_000)
        assert len(system.desk.ledger) == 0
        await page.get_by_role("link", name="English").click()
        assert await page.locator("#steer h2").inner_text() == "Faults and clock"
        await page.screenshot(path=tmp_path / "system.png")

    await browsing(look)


async def test_the_overview_is_searched_and_renews_itself(stand: Stand) -> None:
    async def look(page: Any) -> None:
        await page.goto(f"{stand.url}/")
        await page.fill("#filter", "legacy-http")
        shown = page.locator(".tile:visible")
        wanted = await page.locator(".tile[data-find*=legacy-http]").count()
        assert 0 < await shown.count() == wanted < 135
        stand.fleet.systems["X07"].faults.arm("slow", times=None)
        await page.locator(".tile.s-armed:visible").wait_for(timeout=20_000)
        assert await shown.count() == wanted, "the filter outlives the renewal"
        await page.get_by_role("button", name="记下全部状态").click()
        await page.locator("#said", has_text="201").wait_for(timeout=20_000)

    await browsing(look)
