"""The pages: login by one-time ticket, what each visitor sees, and the picture in a real browser."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.onboarding.sample import sample_application
from hub.server.sessions import Sessions

PAGES = (
    "/", "/directory", "/standard", "/standard?stage=eng-tender-notice", "/certificates/use", "/vendor",
    "/centre",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_page_in_both_languages(world: Any, path: str, lang: str) -> None:
    mark = "&" if "?" in path else "?"
    status, text = await world.get(path + (f"{mark}lang=en" if lang == "en" else ""))
    assert status == 200
    assert f'<html lang="{"en" if lang == "en" else "zh-CN"}">' in text


async def test_pages_forbid_everything_from_elsewhere(world: Any) -> None:
    async with world.http.get(world.url + "/") as reply:
        assert "default-src 'self'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_ticket_opens_the_centre_once(world: Any) -> None:
    await world.asked("T01", "POST", "/v1/onboarding/applications", sample_application("T01"))
    assert "MA7HTNG0" not in (await world.get("/centre"))[1]
    status, body = await world.asked("centre", "POST", "/v1/console/tickets", {})
    assert status == 200
    async with world.http.get(world.url + body["path"]) as reply:
        text = await reply.text()
        assert reply.url.path == "/centre"
        assert "样例交易系统" in text
        assert "onboard.report" in text  # the reason why it may not go online yet
    async with world.http.get(world.url + body["path"]) as reply:
        assert reply.status == 404


def test_nobody_logs_others_out_by_logging_in() -> None:
    names = map(str, itertools.count())
    sessions = Sessions(lambda: next(names), lambda: 0.0)
    mine = sessions.redeem(sessions.ticket("centre"))
    assert mine is not None
    waiting = sessions.ticket("centre")
    theirs = [sessions.redeem(sessions.ticket("T01")) for _ in range(3000)]
    assert sessions.principal(mine) == "centre" and sessions.redeem(waiting) is not None
    assert [sessions.principal(one or "") for one in (theirs[0], theirs[-1])] == ["", "T01"]


async def test_a_vendor_sees_its_own_application_only(world: Any) -> None:
    await world.asked("T01", "POST", "/v1/onboarding/applications", sample_application("T01"))
    _, body = await world.asked("T03", "POST", "/v1/console/tickets", {})
    async with world.http.get(world.url + body["path"]) as reply:
        assert reply.url.path == "/vendor"
        assert "样例交易系统" not in await reply.text()
    assert "样例交易系统" not in (await world.get("/centre"))[1]
    _, body = await world.asked("T01", "POST", "/v1/console/tickets", {})
    async with world.http.get(world.url + body["path"]) as reply:
        assert "样例交易系统" in await reply.text()


async def test_whoever_is_led_here_by_another_site_is_told_as_whom_he_would_log_in(world: Any) -> None:
    """A link of somebody else's would put the reader into somebody else's place without a word."""
    _, body = await world.asked("T03", "POST", "/v1/console/tickets", {})
    url = world.url + body["path"]
    for led in (
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Referer": "https://elsewhere.cn/"},
    ):  # fmt: skip
        async with world.http.get(url, headers=led, allow_redirects=False) as reply:
            assert reply.status == 200 and "Set-Cookie" not in reply.headers, led
            assert "T03" in await reply.text()
    here = {"Sec-Fetch-Site": "same-origin", "Referer": url}
    async with world.http.get(url, headers=here, allow_redirects=False) as reply:
        assert reply.status == 303 and "Set-Cookie" in reply.headers, "the ticket was not used up"
    async with world.http.get(url, headers={"Sec-Fetch-Site": "cross-site"}) as reply:
        assert reply.status == 404


async def test_deliveries_not_done_are_shown_to_those_they_concern(world: Any) -> None:
    """No dialect is loaded here, so everything sent waits; the sealed is the sender's business alone."""
    _, opened, _ = await world.post(world.signed(stage="eng-project"))
    _, sealed, _ = await world.post(world.signed(stage="eng-bidder-list"))
    seen = {}
    for owner in ("P01", "D01", "centre"):
        _, body = await world.asked(owner, "POST", "/v1/console/tickets", {})
        async with world.http.get(world.url + body["path"]) as reply:
            seen[owner] = await reply.text()
    seen["nobody"] = (await world.get("/login"))[1]
    world.http.cookie_jar.clear()
    seen["public"] = (await world.get("/centre"))[1] + (await world.get("/vendor"))[1]
    assert [owner for owner, text in seen.items() if opened["hubId"] in text] == ["P01", "centre"]
    assert [owner for owner, text in seen.items() if sealed["hubId"] in text] in ([], ["P01"])


async def test_assets_are_ours_and_listed(world: Any) -> None:
    assert (await world.get("/console/page.css"))[0] == 200
    assert (await world.get("/console/..%2Frender.py"))[0] == 404
    assert (await world.get("/console/render.py"))[0] == 404


def chromium() -> str:
    """Where Chromium is; in CI it must be there, elsewhere the test is skipped by name."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, and CI must have one")
        pytest.skip("no Chromium on this machine")
    return found


@pytest.mark.browser
async def test_the_picture_is_live_in_a_browser(world: Any, tmp_path: Path) -> None:
    from playwright.async_api import async_playwright

    executable = chromium()
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1600, "height": 900})
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("requestfailed", lambda request: trouble.append(request.url))
        page.on(
            "request", lambda r: None if r.url.startswith((world.url, "data:")) else trouble.append(r.url)
        )
        await page.goto(world.url + "/")
        await page.wait_for_selector("#n-accepted:text-is('0')")
        assert await page.locator(".node").count() == 135
        assert await page.locator(".node.s-online").count() == 130
        assert "s-none" in (await page.locator("#node-T01").get_attribute("class") or "")
        fits = await page.evaluate("document.documentElement.scrollHeight <= window.innerHeight + 2")
        assert fits, "the picture must fit one projector screen"
        assert (await world.post(world.signed()))[0] == 202
        await page.wait_for_selector("#n-accepted:text-is('1')", timeout=60_000)
        await page.wait_for_selector("#node-P01.lit", timeout=60_000)
        await page.screenshot(path=tmp_path / "home.png")
        assert (tmp_path / "home.png").stat().st_size > 20_000
        await browser.close()
    assert not trouble
    await asyncio.sleep(0)
