"""The page that explains: anybody asks, nobody's name does harm, and nothing of a question stays behind."""

import hashlib
import io
import json
import logging
import re
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

import certs
from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.envelope import seal_envelope
from certs.ofd.make import make_ofd, sign_ofd
from certs.ofd.signing import finish_ofd, prepare_ofd
from certs.pdf import finish_pdf, prepare_pdf
from certs.pdf.appearance import Place
from certs.testpki.issue import Authority, name
from certs.timestamp import request, respond
from hub.ca.resembling import resembling
from hub.server.certificates import MOST_MIB
from tests.certs.pdf.writer import plain, with_value
from tests.hub.server.ca_kit import b64, ca, folder, pki, provided
from tests.hub.server.test_pages import chromium

__all__ = ["ca", "folder"]
TEXT = "开标一览表".encode()
# Judges' English that has a Chinese row; names and what a file itself says may be in any language.
_ENGLISH = re.compile(
    r"signer\(s\)|revision\(s\)|reference\(s\)|\d OCSP, \d|not asked|to the end|trust list\b|"
    r"parts listed|"
    r"\bgranted\b|\buscc\b|\bsubject 2\.5|the file is|(?<!:)digitalSignature"
)
NUMBER = "62010219850312011X"
HOSTILE = (
    "<script>document.title='hit'</script>",
    "<img src=x onerror=\"document.title='hit'\">",
    "\"><svg onload=document.title='hit'>",
    "</p></article><iframe src=javascript:alert(1)>",
    "{{ 7*7 }}{% include 'base.html' %}",
    f"张 \u202e{NUMBER}\u0000\r\nx",
)


def _flipped(raw: bytes, at: int = -9) -> bytes:
    return raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]


def _hostile() -> bytes:
    now = datetime.now(UTC)
    subject = name(("C", "CN"), *(("O" if at % 2 else "CN", text) for at, text in enumerate(HOSTILE)))
    return Authority.root("x", now=now, subject=subject).issue(subject).certificate


@cache
def samples() -> dict[str, tuple[bytes, bytes | None, str]]:
    """Name -> file, what stands beside it, and the state that comes of it."""
    now, vendors = datetime.now(UTC), pki().vendors
    first, third = vendors["C01"], vendors["C03"]
    key, rsa = first.signer("builder"), vendors["C02"].signer("builder")
    seal_id = next(one.id for one in pki().seals.values() if one.vendor == "C01")
    seal = pki().seal(seal_id)
    sealed = certs.sign_with_seal(seal, first.signer(pki().seals[seal_id].holder), digest(TEXT), now)
    inside = certs.sign_cms(TEXT, key, time=now)
    apart = certs.sign_cms(TEXT, third.signer("builder"), detached=True, time=now)
    xml = certs.sign_xml(b"<bid><price>1</price></bid>", key)
    ofd = sign_ofd(make_ofd("第一页"), key, time=now)
    pdf = with_value(plain(), lambda data: certs.sign_cms(data, rsa, arc="rsa", detached=True, time=now))
    stamp = respond(request(TEXT), first.tsa(), at=now, serial=1, policy="1.2.3")
    good, gone = key.certificate, third.signer("revoked").certificate
    bundle = b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + b64(raw).encode() + b"\n-----END CERTIFICATE-----\n"
        for raw in (good, *first.intermediates, *first.anchors)
    )
    envelope = seal_envelope(
        TEXT, [first.encrypter("builder").certificate], key, trust=None, at=now, arc="sm2"
    )
    listed = (provided() / "trustlist.json").read_bytes()
    return {
        "certificate": (good, None, "valid"),
        "certificate of another province": (vendors["P01"].signer("neighbour").certificate, None, "valid"),
        "certificate, revoked": (gone, None, "invalid"),
        "certificate, altered": (_flipped(good), None, "invalid"),
        "bundle": (bundle, None, "valid"),
        "signature": (inside, None, "valid"),
        "signature, altered": (_flipped(inside), None, "invalid"),
        "detached": (apart, TEXT, "valid"),
        "detached, other data": (apart, b"other", "invalid"),
        "detached, no data": (apart, None, "indeterminate"),
        "xml": (xml, None, "valid"),
        "xml, altered": (xml.replace(b">1<", b">2<"), None, "invalid"),
        "seal": (seal, None, "valid"),
        "seal, altered": (_flipped(seal), None, "invalid"),
        "seal signature": (sealed, TEXT, "valid"),
        "seal signature, other data": (sealed, b"other", "invalid"),
        "ofd": (ofd, None, "valid"),
        "ofd, cut": (ofd[:-400], None, "invalid"),
        "pdf": (pdf, None, "valid"),
        "pdf, altered": (pdf.replace(b"Award", b"Bward"), None, "invalid"),
        "stamp": (stamp, TEXT, "valid"),
        "stamp, other data": (stamp, b"other", "invalid"),
        "crl": (first.crls()[0], None, "valid"),
        "crl, altered": (_flipped(first.crls()[0]), None, "invalid"),
        "ocsp": (first.answer(good), good, "valid"),
        "ocsp, of one revoked": (third.answer(gone), gone, "invalid"),
        "ocsp alone": (first.answer(good), None, "none"),
        "envelope": (envelope, None, "valid"),
        "envelope, unsigned": (read_signed(envelope).content, None, "invalid"),
        "list": (listed, None, "valid"),
        "list, altered": (listed.replace(b'"basic"', b'"basjc"', 1), None, "invalid"),
        "hostile": (_hostile(), None, "invalid"),
        "text": ("只是一段文字".encode(), None, "unknown"),
        "private key": ((provided() / "signer.key").read_bytes(), None, "unknown"),
        "office": (b"PK\x03\x04" + bytes(60), None, "unknown"),
    }


async def _asked(ca, value, **headers):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    dressed = {"Content-Type": "application/json", **headers}
    async with ca.http.post(ca.url + "/console/certificates", data=raw, headers=dressed) as reply:
        return reply.status, await reply.json(content_type=None)


class _Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(key for key, _ in attrs)

    def handle_data(self, data):
        self.text += data


async def test_names_are_text_and_numbers_of_people_are_never_whole(ca):
    status, said = await _asked(ca, {"file": b64(_hostile()), "name": HOSTILE[1]})
    assert status == 200
    for lang in ("zh", "en"):
        page = _Tags(said["html"][lang])
        assert not page.tags & {"script", "img", "iframe", "object", "style", "link", "a", "form"}
        assert not {one for one in page.attributes if one.startswith("on") or one in ("style", "href", "src")}
        assert all(text in page.text for text in HOSTILE[:4]) and "{{ 7*7 }}" in page.text
        assert "\u202e" not in page.text and "620***********011X" in page.text
    assert NUMBER not in json.dumps(said) and "620***********011X" in json.dumps(said["report"])
    person = pki().vendors["C04"].signer("zhang").certificate
    _, said = await _asked(ca, {"file": b64(person)})
    code = pki().holders["zhang"].code
    assert code not in json.dumps(said) and code.encode().hex() not in json.dumps(said)
    assert "校验位正确" in said["html"]["zh"] and said["report"]["state"] == "valid"


async def test_what_the_page_says_besides_the_judgement(ca):
    """By what the file is known again, what is inside, who signed a list, where a seal lies; in Chinese."""

    async def said(raw, data=None):
        ca.running.ctx.visitors.limiter.renew(0.0)
        asked = {"file": b64(raw), "name": "x"} | ({"data": b64(data)} if data else {})
        status, told = await _asked(ca, asked)
        assert status == 200
        return told["report"], _Tags(told["html"]["zh"]).text, _Tags(told["html"]["en"]).text

    for what, (raw, data, _) in samples().items():
        report, zh, _ = await said(raw, data)
        assert report["octets"] == {
            "size": len(raw), "sm3": digest(raw).hex(), "sha256": hashlib.sha256(raw).hexdigest()
        }  # fmt: skip
        assert f"sm3:{digest(raw).hex()}" in zh, what
        found = _ENGLISH.search(zh)
        assert found is None, (what, found)
    _, zh, en = await said(samples()["envelope"][0])
    assert "签名之内是数字信封" in zh and "digital envelope" in en
    assert "★ 在信任列表" in (await said(samples()["list"][0]))[1], "who signed it is drawn"
    locked = copy_into_new_writer(PdfFileReader(io.BytesIO(plain())))
    locked.encrypt("owner", "user")
    out = io.BytesIO()
    locked.write(out)
    report, zh, _ = await said(out.getvalue())
    assert report["state"] == "invalid" and "加密的 PDF" in zh and "未加密的原件" in zh
    seal_id = next(one.id for one in pki().seals.values() if one.vendor == "C01")
    seal, holder = pki().seal(seal_id), pki().vendors["C01"].signer(pki().seals[seal_id].holder)
    now = datetime.now(UTC)
    for kind, made, finish in (
        ("ofd", prepare_ofd(make_ofd("一", "二"), time=now, pages=(1,), box="10 20 30 30"), finish_ofd),
        ("pdf", prepare_pdf(plain(), time=now, place=Place(0, 10, 20, 30, 30)), finish_pdf),
    ):
        report, zh, en = await said(finish(made.data, certs.sign_with_seal(seal, holder, made.imprint, now)))
        assert report["state"] == "valid", report["reasons"]
        assert "距左 10 毫米,距上 20 毫米,大小 30 × 30 毫米" in zh, kind
        assert "10 mm from the left, 20 from the top" in en
    page = (await ca.get("/certificates"))[1]
    assert "判定依据" in page and "家 CA" in page


async def test_lists_are_named_from_the_first_look_and_their_absence_too(make_world, folder, tmp_path):
    (tmp_path / "nothing").mkdir()
    for place, words, absent in (
        (folder, "期信任列表", "没有可用"),
        (tmp_path / "nothing", "没有可用", "判定依据"),
    ):
        world = await make_world(ca_dir=place)
        status, page = await world.get("/certificates")
        assert status == 200 and words in page and absent not in page


async def test_the_page_and_the_signed_question_judge_alike(ca):
    at = datetime.now(UTC).isoformat()
    for what in ("certificate, revoked", "detached", "seal signature, other data", "xml"):
        raw, data, state = samples()[what]
        body = {"file": b64(raw), "at": at} | ({"data": b64(data)} if data is not None else {})
        _, said = await _asked(ca, body)
        _, signed = await ca.asked("T01", "POST", "/v1/ca/explain", body)
        assert said["report"]["state"] == signed["state"] == state
        assert said["report"]["checks"] == signed["checks"] and said["report"]["ca"] == signed["ca"]
        question = {"signature": body["file"], "at": at} | {k: v for k, v in body.items() if k == "data"}
        if not what.startswith("certificate"):
            _, verified = await ca.asked("T01", "POST", "/v1/ca/verify", question)
            assert verified["checks"] == signed["checks"] and verified["result"] == state


async def test_strangers_have_bounds_and_leave_nothing(ca, caplog):
    caplog.set_level(logging.DEBUG)
    metrics = (await ca.get("/metrics"))[1]
    good = {"file": b64(pki().vendors["C01"].signer("builder").certificate)}
    assert (await _asked(ca, good))[0] == 200
    digested = {"name": "a", "digest": "sm3:" + "0" * 64, "size": 1, "media": "x"}
    for wrong in ({**good, "crls": []}, {"file": digested}, [], {"file": "!!"}, {**good, "at": "then"}):
        while (answer := await _asked(ca, wrong))[0] == 429:
            pass
        assert (answer[0], answer[1]["code"]) == (422, "ca.request"), wrong
    visitors = ca.running.ctx.visitors
    visitors.limiter.renew(0.0)
    assert (await _asked(ca, good, **{"Content-Type": "text/plain"}))[0] == 415
    assert (await _asked(ca, b'{"file":"' + b"A" * (MOST_MIB * 1_400_000) + b'"}'))[0] == 413
    visitors.inside = 8
    assert (await _asked(ca, good))[0] == 503
    visitors.inside = 0
    visitors.limiter.renew(1.0)
    assert 429 in {(await _asked(ca, good))[0] for _ in range(3)}
    assert _counts((await ca.get("/metrics"))[1]) == _counts(metrics)
    assert not [one for one in caplog.records if one.name.startswith("hub")], (
        "a question is nobody's business"
    )


def _counts(metrics: str) -> list[str]:
    found = [line for line in metrics.splitlines() if "_total" in line and not line.startswith("#")]
    assert found
    return found


def test_what_is_nothing_of_ours_is_told_by_its_looks():
    for raw, word in (
        (b"", "空文件"), (b"\x89PNG\r\n", "图片"), (b"%PDF-1.7 no", "PDF"), (b"<html>", "网页"),
        (b"-----BEGIN EC PRIVATE KEY-----\n", "私钥"), (b"\xd0\xcf\x11\xe0", "旧版"), (b"Rar!", "压缩包"),
        (bytes.fromhex("3082010002010330820100" "06092a864886f70d010701"), "PKCS#12"),
        (bytes.fromhex("3059020100301306072a8648ce3d0201"), "私钥"), (b"30820", "Base64"),
        (b"-----BEGIN CERTIFICATE REQUEST-----", "证书申请"), (b"0\x82\x01\x00\x02", "DER"),
        (b"PK\x03\x04....[Content_Types].xml", "Word"),
        ("你好,世界".encode(), "文本"), (b"\x00\xff\x13", "二进制"), (b"MZ\x90", "程序"),
    ):  # fmt: skip
        assert word in resembling(raw).what[0], raw


@pytest.mark.browser
async def test_every_kind_is_explained_in_a_browser(ca, tmp_path):
    from playwright.async_api import async_playwright

    executable, trouble = chromium(), []
    ca.running.ctx.visitors.limiter.renew(0.0)
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        for event in ("console", "pageerror", "dialog"):
            page.on(event, lambda one: trouble.append(str(one)))
        await page.goto(ca.url + "/certificates")
        await page.click("#more summary")
        for what, (raw, data, state) in samples().items():
            beside = [] if data is None else [_file("data", data)]
            await page.set_input_files("#data", files=beside)
            await page.set_input_files("#file", files=[_file(what, raw)])
            shown = page.locator("#result article.verdict")
            await shown.wait_for(timeout=20_000)
            classes = await shown.get_attribute("class")
            assert classes == f"verdict v-{state}", (what, await shown.inner_text())
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, (what, wide)
        await _chain_and_words(page, *samples()["certificate, altered"][:1])
        assert (
            "hit" not in await page.title() and await page.locator("#result img, #result script").count() == 0
        )
        await browser.close()
    assert not trouble


def _file(name, raw):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": raw}


async def _chain_and_words(page, raw):
    """The link that fails is marked; the moment moves; the other language asks nothing; JSON is saved."""
    await page.set_input_files("#data", files=[])
    await page.set_input_files("#file", files=[_file("altered", raw)])
    await page.locator("#result .wire.cut").wait_for()
    assert await page.locator("#result .box").count() == 3
    assert await page.locator("#result .box.bad").count() == 1
    await page.fill("#at", "2041-01-01T00:00:00")
    await page.click("#again")
    await page.locator("#result .life.l-late").first.wait_for()
    asked = []
    page.on("request", lambda one: asked.append(one.method))
    await page.click("header .lang")
    await page.wait_for_selector("html[lang=en]")
    assert "invalid" in await page.inner_text("#result .headline") and asked == ["GET"]
    assert (await page.input_value("#at")).startswith("2041-01-01T00:00")
    async with page.expect_download() as saving:
        await page.click("[data-do=save]")
    saved = Path(await (await saving.value).path()).read_text("utf-8")
    assert json.loads(saved)["state"] == "invalid"
    async with page.expect_file_chooser() as choosing:
        await page.focus("#file")
        await page.keyboard.press("Enter")
    await (await choosing.value).set_files([_file("text", b"words")])
    await page.locator("#result .v-unknown").wait_for()
    await page.evaluate(
        "raw => { const data = new DataTransfer(); data.items.add(new File([Uint8Array.from(raw)], 'x'));"
        " document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true})); }",
        list(samples()["certificate"][0]),
    )
    await page.fill("#at", "")
    await page.locator("#result .v-valid, #result .v-invalid").wait_for()
