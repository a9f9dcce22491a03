"""Log in, sign and seal in a real browser, by token of each CA and by telephone; and every way of a no."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from certs.algorithms.digest import digest
from certs.ofd import make_ofd
from certs.ofd.signing import open_signature
from certs.seal import read_signature
from hub.server.limiter import Limiter
from tests.certs.pdf.writer import plain
from tests.hub.auth.auth_kit import b64
from tests.hub.console.using_kit import Using, World, opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
EVERY = ("C01-builder", "C02-agency", "C03-supplier", "C04-builder", "C05-supplier")
DEEDS = ("login", "sign", "stamp")


def chromium() -> str:
    """Where Chromium is; in CI it must be there, elsewhere these are skipped by name."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        if os.environ.get("CI"):
            pytest.fail("no Chromium, and CI must have one")
        pytest.skip("no Chromium on this machine")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    from playwright.async_api import async_playwright

    executable = chromium()
    made = await opened(tmp_path_factory.mktemp("using"))
    made.play = await async_playwright().start()
    made.browser = await made.play.chromium.launch(executable_path=executable, args=["--no-sandbox"])
    yield made
    await made.stop()
    assert not made.complaints


@pytest_asyncio.fixture(loop_scope="module")
async def user(world: World, tmp_path: Path) -> AsyncIterator[Using]:
    """Somebody new at the page, with all tokens as handed out and a file to seal."""
    for token in world.door.component.tokens.values():
        token.restore()
    found = await world.opened()
    document = tmp_path / "投标函.ofd"
    document.write_bytes(make_ofd("投标函", "我方承诺遵守本次投标的全部条款。"))
    await found.page.set_input_files("#file", document)
    yield found
    world.clock.ahead = timedelta(0)
    await found.page.context.close()


async def test_tokens_of_every_ca_log_in_sign_and_seal(user: Using) -> None:
    await user.connect()
    for ident in EVERY:
        await user.take(ident)
        for deed in DEEDS:
            said = await user.does(deed)
            assert said.startswith("✓ 有效"), (ident, deed, said)
            assert ident[:3] in said
            assert await user.page.locator("#steps .o-failed").count() == 0
        assert "已登录" in await user.page.locator("#who").inner_text()
    async with user.page.expect_download() as kept:
        await user.page.click("#steps a")
    assert len((await (await kept.value).path()).read_bytes()) > 1000
    await user.take("C03-zhang")
    said = await user.does("login")
    assert "张沙箱" in said
    assert "62010219850312011X" not in said, "a resident number is never shown whole"
    await user.page.click("#leave")
    await user.page.locator("#who").wait_for(state="hidden")


async def test_a_wrong_pin_is_counted_and_locks(user: Using) -> None:
    await user.connect()
    await user.take("C01-builder", "000000")
    for left in (5, 4, 3, 2, 1):
        said = await user.does("login")
        assert f"口令不正确,还可再试 {left} 次" in said
        assert ("核对口令" if left > 1 else "只剩最后一次") in said
    assert "介质已锁定" in await user.does("login")
    await user.page.fill("#pin", "123456")
    assert "到发证机构解锁" in await user.does("sign"), "also with the right one"
    user.world.door.component.tokens["C01-builder"].pull()
    assert "没有找到介质" in await user.does("login")


async def test_holders_without_a_good_certificate_are_told_why(user: Using) -> None:
    await user.connect()
    for ident, word in (("C01-frozen", "冻结"), ("C03-revoked", "吊销"), ("C01-expired", "过期")):
        await user.take(ident)
        said = await user.does("login")
        assert said.startswith(f"✗ 认证未通过:无效:证书已{word}"), said
        assert "不得使用" in said or "更新证书" in said
        assert await user.page.locator("#who").is_hidden()
        assert (await user.does("sign")).startswith(f"✗ 无效:证书已{word}")
    await user.take("C01-frozen")
    assert (await user.does("stamp")).startswith("✗ 无效:证书已冻结")
    assert await user.page.locator("#steps a").count() == 0, "no sealed file of what does not hold"


async def test_by_hand_with_two_tabs(user: Using) -> None:
    """As the page says it is done: a code here, the buttons of the telephone there."""
    await user.by_phone()
    phone = await user.world.phone()
    await user.begin("login")
    await user.code()
    await phone.get_by_role("button", name="扫码").first.click()
    await user.told("已扫码")
    await phone.get_by_role("button", name="确认").first.click()
    said = await user.ended()
    assert said.startswith("✓ 有效"), said
    assert "无介质" in said
    assert "C04" in said
    assert "已登录" in await user.page.locator("#who").inner_text()
    await phone.context.close()


async def test_by_telephone_one_signs_and_seals_once_and_here_alone(user: Using) -> None:
    await user.by_phone()
    for deed in ("sign", "stamp"):
        await user.begin(deed)
        await user.code()
        user.world.act("C04", "confirm")
        assert (await user.ended()).startswith("✓ 有效")
    ticket = await user.page.locator("#ticket").input_value()
    await user.page.click("#more summary")
    assert "票据已用过" in await user.does("again")
    stranger = await user.world.opened()
    await stranger.page.click("#more summary")
    await stranger.page.fill("#ticket", ticket)
    assert "✗" in (said := await stranger.does("again"))
    assert "另一会话" in said or "不属于您" in said
    await stranger.page.context.close()


async def test_a_document_is_sealed_by_token_and_by_telephone(user: Using, tmp_path: Path) -> None:
    """What is saved is judged again: on the page that explains, and by what members ask."""
    pdf = tmp_path / "合同.pdf"
    pdf.write_bytes(plain())
    await user.connect()
    await user.take("C02-agency")
    saved = {"token.ofd": await user.sealed("stamp")}
    await user.page.set_input_files("#file", pdf)
    saved["token.pdf"] = await user.sealed("stamp")
    for name, value in (("left", "20"), ("top", "30")):
        await user.page.fill(f"#place-{name}", value)
    saved["again.pdf"] = await user.sealed("stamp", saved["token.pdf"], tmp_path / "again.pdf")
    facts = (await user.world.judged({"signature": b64(saved["again.pdf"])}))["facts"]
    assert (facts["stamp-pages"], facts["stamp-box"]) == ("1", "150 230 40 40 mm")
    assert (facts["stamp-pages.2"], facts["stamp-box.2"]) == ("1", "20 30 40 40 mm")
    await user.page.fill("#place-page", "9")
    assert "没有所选的页" in await user.does("stamp")
    for name in ("page", "left", "top"):
        await user.page.fill(f"#place-{name}", "")
    await user.by_phone()
    saved["phone.ofd"] = await user.sealed("stamp", make_ofd("中标通知书"), tmp_path / "通知.ofd")
    twice = await user.sealed("stamp", saved["token.ofd"], tmp_path / "twice.ofd")
    saved["both.ofd"] = twice
    for name, raw in saved.items():
        for body in ({"kind": name[-3:], "signature": b64(raw)}, {"signature": b64(raw)}):
            told = await user.world.judged(body)
            assert told["result"] == "valid", (name, told["reasons"])
        if name.endswith("ofd"):
            assert told["facts"]["not-covered"] == "" and told["facts"]["type"] == "Seal"
        broken = raw.replace(b"Award", b"Aword") if name.endswith("pdf") else raw[:-300] + b"x" + raw[-299:]
        assert (await user.world.judged({"signature": b64(broken)}))["result"] == "invalid"
    assert (told["facts"]["signatures"], told["facts"]["not-covered.2"]) == ("2", "")
    await user.page.goto(f"{user.world.url}/certificates")
    (tmp_path / "both.ofd").write_bytes(saved["both.ofd"])
    await user.page.set_input_files("input[type=file]", tmp_path / "both.ofd")
    await user.page.get_by_text("有效", exact=False).first.wait_for()


async def test_a_bare_seal_by_telephone_is_shown_judged_and_saved(user: Using) -> None:
    await user.by_phone()
    await user.page.check("input[name=how][value=apart]")
    value = await user.sealed("stamp")
    assert read_signature(value).imprint == digest(await user.document())
    said = await user.page.locator("#result").inner_text()
    assert said.startswith("✓ 有效") and "签章是为这次请求作的" in said
    asked = {"kind": "seal", "signature": b64(value), "digest": f"sm3:{digest(b'x').hex()}"}
    assert (await user.world.judged(asked))["result"] == "invalid"
    await user.page.select_option("#provider", "N05")
    assert "✗" in await user.does("stamp"), "N05 seals nothing"


async def test_what_is_no_document_is_not_sealed(user: Using, tmp_path: Path) -> None:
    await user.by_phone()
    for name, raw in (("a.txt", b"text"), ("b.ofd", b"PK\x03\x04rest"), ("c.pdf", b"%PDF-1.7 nothing")):
        (tmp_path / name).write_bytes(raw)
        await user.page.set_input_files("#file", tmp_path / name)
        said = await user.does("stamp")
        assert "文件不能盖章" in said, said
        assert await user.page.locator("#qr").is_hidden()


async def test_what_the_telephone_refuses_or_leaves_too_long(user: Using) -> None:
    await user.by_phone()
    await user.begin("login")
    await user.code()
    user.world.act("C04", "refuse")
    assert "已在手机上拒绝" in await user.ended()
    await user.begin("login")
    await user.code()
    user.world.clock.ahead = timedelta(seconds=150)
    assert "已过期" in await user.ended()
    user.world.clock.ahead = timedelta(0)
    await user.begin("login")
    await user.code()
    await user.page.click("#give-up")
    assert "已停止等待" in await user.ended()
    assert await user.page.locator("#who").is_hidden()


async def test_a_text_changed_after_it_was_shown_is_not_signed(user: Using) -> None:
    await user.by_phone()
    await user.begin("sign")
    await user.code()
    await user.page.fill("#text", "我方承诺遵守本次投标的部分条款。")
    user.world.act("C04", "confirm")
    said = await user.ended()
    assert "摘要与发起时不一致" in said
    assert "重新发起" in said


async def test_token_and_telephone_give_the_same_object(user: Using) -> None:
    found: list[dict[str, Any]] = []

    async def keep(reply: Any) -> None:
        if reply.url.endswith(("/logins", "/use")):
            found.append(json.loads(await reply.text()))

    user.page.on("response", keep)
    await user.connect()
    await user.take("C01-builder")
    await user.does("login")
    await user.by_phone()
    await user.begin("login")
    await user.code()
    user.world.act("C04", "confirm")
    await user.ended()
    token, phone = found
    assert set(token) == set(phone)
    assert set(token["result"]) == set(phone["result"])
    assert (token["medium"], phone["medium"]) == ("token", "tokenless")
    steps = [names(said["result"]["checks"]) for said in found]
    assert steps[0] & steps[1] >= {"path", "revocation", "admission", "medium", "subject", "signature"}


def names(checks: list[dict[str, Any]]) -> set[str]:
    """Of all steps, those within others too: a telephone's signature comes as a message."""
    return {one["check"] for one in checks}.union(*(names(one.get("checks", [])) for one in checks))


async def test_both_languages_fit_a_telephone_and_a_desk(world: World) -> None:
    for query, button, word in (("", "连接", "有效"), ("?lang=en", "Connect", "valid")):
        for width in (1280, 390):
            user = await world.opened(query, width)
            assert await user.page.locator("#connect").inner_text() == button
            await user.connect()
            await user.take("C02-agency")
            assert (await user.does("login")).startswith(f"✓ {word}")
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not await user.page.evaluate(wide), (query, width)
            await user.page.context.close()


async def test_a_component_that_is_away_is_told_with_advice(user: Using) -> None:
    assert "尚未连接" in await user.page.inner_text("#link")
    assert "连接" in await user.page.inner_text("#user option"), "an empty list says why"
    await user.page.fill("#port", "9")
    await user.page.press("#port", "Enter")
    said = await user.page.locator("#result .verdict").inner_text()
    assert "本机组件没有应答" in said
    assert "hutong sim component" in said and "component.away" in said and "-1" not in said
    assert "没有应答" in await user.page.inner_text("#link")
    assert "没有应答" in str(await user.page.text_content("#said")), "whoever hears the page is told too"


async def test_each_state_is_said_once_and_with_what_to_do(user: Using) -> None:
    """Without eyes and without a mouse: names of fields, one live line, seconds for the eye alone."""
    page = user.page
    unnamed = "[...document.querySelectorAll('input, select, textarea')].filter((one) => !one.labels.length)"
    assert await page.evaluate(f"{unnamed}.map((one) => one.id)") == []
    assert await page.get_attribute("#said", "role") == "status"
    assert await page.get_attribute("#code-left", "aria-hidden") == "true"
    await user.connect()
    await user.take("C03-supplier")
    user.deeds += 1
    await page.press("#pin", "Enter")
    assert (await user.ended()).startswith("✓ 有效"), "no mouse is needed"
    assert await page.evaluate("document.activeElement.id") == "pin", "nor is the place lost"
    await user.by_phone()
    async with page.expect_response(lambda reply: reply.url.endswith("/tickets")) as told:
        await user.begin("stamp")
    content = (await (await told.value).json())["qrContent"]
    await user.code()
    assert "没有“已扫码”状态" in await page.inner_text("#code-todo"), "sealing waits without a step between"
    assert "等待扫码并确认" in await page.inner_text("#code-state")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.click("#copy")
    await page.locator("#code-todo", has_text="代码已复制").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == content, "on the very telephone"
    user.world.act("C04", "refuse")
    assert "已在手机上拒绝" in await user.ended()
    assert "已在手机上拒绝" in str(await page.text_content("#said"))
    assert await page.locator("#give-up").is_hidden()


async def test_documents_are_put_together_for_the_page_alone(world: World) -> None:
    url = world.url + "/console/auth/documents"
    file, jar = b64(make_ofd("一")), aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        async with http.post(url, json={"file": file}) as reply:
            assert (reply.status, (await reply.json())["code"]) == (404, "session.unknown")
        async with http.post(world.url + "/console/auth/challenges", json={"action": "login"}) as reply:
            assert reply.status == 200
        good = {"file": file}
        for path, body, status in (
            ("", good, 200),
            ("", {}, 422),
            ("", {"file": file, "pages": "1"}, 422),
            ("", {"file": {"digest": "sm3:00"}}, 422),
            ("", [good], 422),
            ("/seal", {"prepared": file, "signature": "MAA="}, 422),
            ("/seal", {"prepared": file, "signature": "MAA=", "medium": "air"}, 422),
            ("", {"file": "A" * (12 << 20)}, 413),
        ):
            world.running.site.ctx.visitors.limiter = Limiter(0)  # asked as slowly as a person would
            async with http.post(url + path, json=body) as reply:
                said = await reply.json()
                assert reply.status == status, (path, said)
            if status == 200:
                xml = open_signature(base64.b64decode(said["prepared"])).xml
                assert (said["kind"], said["digest"]) == ("ofd", f"sm3:{digest(xml).hex()}")
        async with http.post(url, data=json.dumps(good), headers={"Content-Type": "text/plain"}) as reply:
            assert reply.status == 415
        world.running.site.ctx.visitors.limiter = Limiter(4.0)
        statuses = []
        for _ in range(8):
            async with http.post(url, json=good) as reply:
                statuses.append(reply.status)
        assert 429 in statuses


async def test_the_pages_judge_answers_the_page_alone(world: World) -> None:
    url, good = world.url + "/console/auth/verify", {"kind": "attached", "signature": "MAA="}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.post(url, json=good) as reply:
            assert (reply.status, (await reply.json())["code"]) == (404, "session.unknown")
        async with http.post(world.url + "/console/auth/challenges", json={"action": "login"}) as reply:
            assert reply.status == 200
        async with http.post(url, json=good) as reply:
            assert (reply.status, (await reply.json())["result"]) == (200, "invalid")
        for asked in ({"items": [good]}, [good], {**good, "kind": "pdf"}, {**good, "data": {"digest": "x"}}):
            async with http.post(url, json=asked) as reply:
                assert reply.status == 422, asked
        async with http.post(url, data=json.dumps(good), headers={"Content-Type": "text/plain"}) as reply:
            assert reply.status == 415
        statuses = []
        for _ in range(40):
            async with http.post(url, json=good) as reply:
                statuses.append(reply.status)
        assert 429 in statuses
