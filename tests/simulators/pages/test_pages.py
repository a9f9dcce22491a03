"""The pages over HTTP: all 135, both languages, live exchanges with both sides, secrets nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import html as lxml_html

from hub.catalogue.papers import ROOT
from simulators.roll import roll

Stand = Any


def parsed(text: str) -> Any:
    return lxml_html.fromstring(text)


async def live(stand: Stand, ident: str, after: int = 0) -> tuple[dict[str, Any], Any]:
    told = json.loads(await stand.get(f"/pages/{ident}/live?after={after}"))
    return told, parsed(f"<div>{told['rows']}</div>")


async def test_all_135_have_their_page_in_both_languages(stand: Stand) -> None:
    for ident, row in roll().items():
        for lang, name in (("zh", row.zh), ("en", row.en)):
            page = parsed(await stand.get(f"/pages/{ident}?lang={lang}"))
            assert name in page.find(".//h1").text_content()
            assert page.get("lang") == ("en" if lang == "en" else "zh-CN")
            assert page.xpath("//script[not(@src)]") == [] and page.xpath("//@style|//@onclick") == []


async def test_the_overview_says_who_runs(stand: Stand) -> None:
    page = parsed(await stand.get("/"))
    assert len(page.find_class("tile")) == 135
    assert len(page.find_class("s-runs")) == len(stand.fleet.systems) + 1  # and the legend
    await stand.say("X07", "login-ok")
    stand.fleet.systems["X07"].faults.arm("slow", times=None)
    page = parsed(await stand.get("/pages?part=1&lang=en"))
    assert [tile.find(".//b").text for tile in page.find_class("s-armed")] == ["X07"]
    assert "in 1" in page.find_class("s-armed")[0].text_content()


async def test_an_exchange_stands_with_both_sides_of_its_translation(stand: Stand) -> None:
    await stand.say("M03", "push-ok")
    told, rows = await live(stand, "M03")
    assert told["last"] == 1 and told["whole"]
    one = rows.find_class("exchange")[0]
    assert one.find_class("stage")[0].text == "eng-tender-notice"
    wire, unified = one.find_class("wire")[0], one.find_class("unified")[0]
    assert "<RowGuid>" in wire.find("pre").text
    pairs = {row.findtext("th/code"): row[2].text for row in unified.iter("tr")}
    record = json.loads((ROOT / "records.json").read_text("utf-8"))["eng-tender-notice"]["fields"]
    assert pairs["BID_OPEN_TIME"] == record["BID_OPEN_TIME"]
    assert pairs["NOTICE_NAME"] == record["NOTICE_NAME"]
    again, none = await live(stand, "M03", told["last"])
    assert not again["whole"] and none.find_class("exchange") == []


@pytest.mark.parametrize(
    ("ident", "line", "stage"),
    [
        ("P12", "aes-push-ok", "eng-tender-notice"),
        ("D06", "des-save-ok", ""),
        ("F02", "push-ok", ""),
    ],
)
async def test_what_is_enciphered_is_opened_with_the_systems_own_keys(
    stand: Stand, ident: str, line: str, stage: str
) -> None:
    await stand.say(ident, line)
    _, rows = await live(stand, ident)
    plain, half = rows.find_class("plain")[0].text, rows.find_class("half")[0]
    assert plain.lstrip()[0] in "{<"
    assert len(half.find_class("unified")[0].findall(".//tr")) > 5
    assert stage in rows.find_class("stage")[0].text


async def test_no_secret_is_on_any_page(stand: Stand) -> None:
    await stand.say("X07", "login-ok@session-rcode")
    await stand.say("X07", "save-ok@session-rcode")
    await stand.say("M03", "push-ok")
    await stand.say("P12", "aes-push-ok")
    for ident in ("X07", "M03", "P12"):
        system = stand.fleet.systems[ident]
        shown = (await stand.get(f"/pages/{ident}/live")).lower()
        assert "***" in shown
        for name, secret in {**system.desk.credentials, **system.desk.own}.items():
            if len(secret) >= 6:
                assert json.dumps(secret)[1:-1].lower() not in shown, name


async def test_a_cut_line_and_its_fault_are_told(stand: Stand) -> None:
    stand.fleet.systems["M03"].faults.arm("drop-after-effect")
    with pytest.raises(Exception, match=r"disconnected|reset"):
        await stand.say("M03", "push-ok")
    _, rows = await live(stand, "M03")
    assert rows.find_class("fault")[0].text == "drop-after-effect"
    assert rows.find_class("status")[0].text == "断开"


async def test_a_page_of_a_world_shows_that_world(stand: Stand) -> None:
    async with stand.session.post(stand.url + "/worlds", json={"name": "two"}) as reply:
        assert reply.status == 201
    await stand.say("M03", "push-ok")
    assert json.loads(await stand.get("/pages/M03/live?world=two"))["last"] == 0
    assert 'data-world="two"' in await stand.get("/pages/M03?world=two")
    async with stand.session.get(stand.url + "/pages/M03?world=three") as reply:
        assert reply.status == 404


async def test_papers_are_served_as_text_and_nothing_else_is(stand: Stand) -> None:
    async with stand.session.get(stand.url + "/pages/papers/soap11-wsse/exchange.wsdl") as reply:
        assert reply.content_type == "text/plain" and (await reply.read()).startswith(b"<?xml")
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    for path in (
        "soap11-wsse/..%2f..%2fsystems.csv",
        "..%2f/systems.csv",
        "soap11-wsse/none",
        "none/rules.md",
    ):
        async with stand.session.get(f"{stand.url}/pages/papers/{path}") as reply:
            assert reply.status == 404
    for path in ("/pages/Z99", "/pages/assets/none.js", "/pages/Z99/live"):
        async with stand.session.get(stand.url + path) as reply:
            assert reply.status == 404


async def test_what_comes_from_outside_is_never_markup(stand: Stand) -> None:
    url = stand.fleet.address("M03") + "/WebService/<script>alert(1)</script>"
    async with stand.session.post(url, data=b"<script>alert(2)</script>") as reply:
        await reply.read()
    told, rows = await live(stand, "M03")
    assert "<script>" not in told["rows"]
    assert rows.find_class("wire")[0].find("pre").text == "<script>alert(2)</script>"
