"""An opening watched in the console: nothing before it has begun, then what came of each bid, with proof."""

from __future__ import annotations

import random
import shutil
from contextlib import asynccontextmanager

import aiohttp
from bids_kit import DEADLINE, SECTION, Tender, bidder

from hub.bids.verify import verify
from hub.dialects import Found
from hub.keyring import make_demo_keys
from hub.server.run import start

NOWHERE = SECTION[:-3] + "777"


@asynccontextmanager
async def _served(tender):
    """The same folder behind a real server, and a browser's worth of cookies."""
    make_demo_keys(tender.settings.data / "keys", ("T01", "centre"), random.Random(1))
    running = await start(tender.settings, clock=tender.clock, found=Found({}, {}))
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            yield running, http
    finally:
        await running.stop()


async def test_an_officer_watches_an_opening_once_it_has_begun(tmp_path):
    tender = Tender(tmp_path, port=0)
    hub = await tender.start()
    for number in range(3):
        assert (await tender.deliver(hub, bidder(number))).status == 200
    await hub.drain()
    async with _served(tender) as (running, http):
        url, ctx = running.url, running.site.ctx

        async def get(path):
            async with http.get(url + path) as reply:
                return reply.status, await reply.read()

        login = f"/login?ticket={ctx.sessions.ticket('centre')}"
        assert b'id="opening-form"' not in (await get("/centre"))[1]
        assert b'id="opening-form"' in (await get(login))[1]
        sealed, nothing = [await get(f"/console/openings/{code}") for code in (SECTION, NOWHERE)]
        assert sealed == nothing and sealed[0] == 404
        tender.to(DEADLINE, 1)
        await ctx.hub.bids.open("T01", {"section": SECTION})
        await tender.opened(ctx.hub)
        async with http.get(f"{url}/console/openings/{SECTION}") as reply:
            told = await reply.json()
        assert (told["state"], told["done"], told["total"]) == ("done", 3, 3)
        assert {one["zh"] for one in told["results"]} == {"解密成功"} and all(
            one["en"] and one["clause"] and one["name"] for one in told["results"]
        )
        async with http.get(f"{url}/console/openings/{SECTION}?after={told['after']}") as reply:
            assert (await reply.json())["results"] == [], "only what is new"
        assert (await get(f"/console/openings/{SECTION}?after=x"))[0] == 404
        async with http.get(f"{url}/console/bids/{told['results'][0]['receiptNo']}") as reply:
            assert "attachment" in reply.headers["Content-Disposition"]
            assert verify(await reply.json(), public_pem=ctx.hub.bids.box.log_key().public_pem).ok
        await _in_a_browser(url, f"/login?ticket={ctx.sessions.ticket('centre')}", told["results"])
        http.cookie_jar.clear()
        for path in (f"openings/{SECTION}", f"bids/{told['results'][0]['receiptNo']}"):
            assert (await get(f"/console/{path}"))[0] == 404, "a stranger"


async def _in_a_browser(url, login, results):
    """Where there is one: what the officer sees, without a word of trouble."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        return
    from playwright.async_api import async_playwright

    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = await browser.new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        await page.goto(url + login)
        await page.fill("#opening-section", SECTION)
        await page.click("#opening-form button")
        await page.wait_for_selector("#opening-results tbody tr:nth-child(3)")
        assert await page.inner_text("#opening-note") == "3 / 3 已全部开启"
        rows = await page.locator("#opening-results tbody tr").all_inner_texts()
        assert sorted(row.split("\t")[0] for row in rows) == sorted(
            f"{one['name']} {one['code']}" for one in results
        )
        await browser.close()
    assert not trouble
