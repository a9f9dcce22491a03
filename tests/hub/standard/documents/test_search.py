"""The search: cut alike in Python and in the browser, found from a folder without any server."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from hub.standard.documents.search import entries, words


def test_chinese_is_cut_in_pairs_and_the_rest_in_words():
    assert words("中标候选人 BID_OPEN_TIME") == {"中标", "标候", "候选", "选人", "bid", "open", "time"}
    assert words("价") == {"价"} and words("") == set()


def test_every_thing_can_be_found(standard, built, pages):
    text = (built / "assets/search-index.js").read_text("utf-8")
    index = json.loads(text.removeprefix("window.HUTONG_SEARCH=").removesuffix(";\n"))
    assert len(index["docs"]) == len(list(entries(standard)))
    for path, _, _, _ in index["docs"]:
        page, _, fragment = path.partition("#")
        assert page in pages and (not fragment or fragment in pages[page].ids), path
    found = set.intersection(*(set(index["words"][word]) for word in words("中标候选人公示")))
    told = [index["docs"][number][:3] for number in sorted(found)]
    stage = standard.stage("eng-candidate-publicity")
    assert ["stages/eng-candidate-publicity.html", "stage", stage.zh] in told
    assert len([one for one in told if one[1] == "field"]) >= len(stage.fields)


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, and CI must have one")
        pytest.skip("no Chromium on this machine")
    return found


@pytest.mark.browser
def test_in_a_browser_from_a_folder(standard, built):
    from playwright.sync_api import sync_playwright

    executable = chromium()
    stage = standard.stage("eng-candidate-publicity")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request", lambda r: None if r.url.startswith(("file://", "data:")) else trouble.append(r.url)
        )
        page.goto((built / "index.html").as_uri())
        page.locator("header input[name=q]").fill("中标候选人公示")
        page.locator("header input[name=q]").press("Enter")
        page.wait_for_selector("#found li")
        first = page.locator("#found li").first
        assert first.locator("a").inner_text() == stage.zh and "环节" in first.inner_text()
        shown = page.locator("#found").inner_text()
        assert all(field.name in shown for field in stage.fields)
        page.locator("#find input").fill("PUBLICITY_START_TIME")
        page.locator("#found a").first.click()
        page.wait_for_selector("#f-PUBLICITY_START_TIME:target")
        assert "公示开始时间" in page.locator("#f-PUBLICITY_START_TIME").inner_text()
        page.locator("a.lang").click()
        assert page.locator("html").get_attribute("lang") == "en"
        page.goto((built / "en/search.html").as_uri() + "?q=EX-SIG-01")
        assert "EX-SIG-01" in page.locator("#found li").first.inner_text()
        page.locator("#find input").fill("魑魅魍魉")
        page.wait_for_function("document.getElementById('count').textContent.startsWith('0 ')")
        wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        browser.close()
    assert wide and trouble == []
