"""The refusal matrix: each fault its code, on JSON and on SOAP alike, and nothing held in memory."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from hub.message import Key, sign, wall
from hub.server.soap.names import SOAP11, SOAP12, Version
from tests.hub.server.soap_client import media, read_fault, wrapped

BINDINGS = ("json", "soap11", "soap12")


async def submit(world: Any, binding: str, envelope: dict[str, Any]) -> tuple[str, list[str]]:
    """(code, findings' codes), code "0000" when accepted."""
    if binding == "json":
        _, body, _ = await world.post(envelope)
        return body["code"], [finding["code"] for finding in body.get("findings", ())]
    version = SOAP11 if binding == "soap11" else SOAP12
    return await soap(world, wrapped(envelope, version), version)


async def soap(world: Any, raw: bytes, version: Version = SOAP11, **headers: str) -> tuple[str, list[str]]:
    dressed = {"Content-Type": media(version), **{k.replace("_", "-"): v for k, v in headers.items()}}
    async with world.http.post(world.url + "/soap", data=raw, headers=dressed) as reply:
        body = await reply.read()
        if reply.status < 400:
            return "0000", []
        code, codes, _ = read_fault(body)
        return code, codes


@pytest.mark.parametrize("binding", BINDINGS)
class TestAuthentication:
    async def test_good(self, world: Any, binding: str) -> None:
        assert (await submit(world, binding, world.signed()))[0] == "0000"

    async def test_changed_byte(self, world: Any, binding: str) -> None:
        sent = world.signed()
        sent["body"]["fields"]["LEGAL_NAME"] += "改"
        assert (await submit(world, binding, sent))[0] == "auth.signature"

    async def test_reused_nonce(self, world: Any, binding: str) -> None:
        sent = world.signed()
        assert (await submit(world, binding, sent))[0] == "0000"
        other = world.signed(nonce=sent["head"]["nonce"])
        assert (await submit(world, binding, other))[0] == "auth.nonce-reused"

    @pytest.mark.parametrize("minutes", [-6, 6])
    async def test_stale_or_early_time(self, world: Any, binding: str, minutes: int) -> None:
        then = wall(world.clock() + timedelta(minutes=minutes))
        assert (await submit(world, binding, world.signed(time=then)))[0] == "auth.time-window"

    async def test_another_members_key(self, world: Any, binding: str) -> None:
        sent = world.signed(key=world.keys["D01"])
        assert (await submit(world, binding, sent))[0] == "auth.key"

    async def test_unknown_sender(self, world: Any, binding: str) -> None:
        sent = world.signed("Z99", key=Key("Z99-1", "Z99", "hmac-sm3", b"x" * 32))
        assert (await submit(world, binding, sent))[0] == "auth.key"

    async def test_doubled_member(self, world: Any, binding: str) -> None:
        envelope = world.signed()
        if binding == "json":
            raw = json.dumps(envelope).replace('"msgId":', '"msgId": "x", "msgId":', 1).encode()
            _, body, _ = await world.post(raw)
            code = body["code"]
        else:
            version = SOAP11 if binding == "soap11" else SOAP12
            raw = wrapped(envelope, version).replace(b"<msgId>", b"<msgId>x</msgId><msgId>", 1)
            code, _ = await soap(world, raw, version)
        assert code == "json.duplicate-key"

    async def test_float(self, world: Any, binding: str) -> None:
        envelope = world.signed()
        if binding == "json":
            envelope["body"]["fields"]["REG_CAPITAL"] = 1.5
            _, body, _ = await world.post(envelope)
            code = body["code"]
        else:
            version = SOAP11 if binding == "soap11" else SOAP12
            envelope["body"]["fields"]["REG_CAPITAL"] = "1.5"
            raw = wrapped(envelope, version).replace(b"<value>1.5<", b'<value type="integer">1.5<')
            code, _ = await soap(world, raw, version)
        assert code == "json.float"

    async def test_other_realm(self, world: Any, binding: str) -> None:
        sent = sign(world.envelope(realm="production"), world.keys["P01"])
        assert (await submit(world, binding, sent))[0] == "realm.mismatch"

    async def test_nothing_refused_leaves_a_trace(self, world: Any, binding: str) -> None:
        sent = world.signed()
        sent["body"]["key"] = "other"
        await submit(world, binding, sent)
        target = f"/v1/messages?from=P01&msgId={sent['head']['msgId']}"
        assert (await world.asked("P01", "GET", target))[0] == 404


class TestJsonBytes:
    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            (b'{"head": ', "json.malformed"),
            (b"", "json.malformed"),
            (b"\xef\xbb\xbf{}", "json.encoding"),
            ('{"名": 1}'.encode("gbk"), "json.encoding"),
            (b"[" * 100_000, "json.depth"),
            (b'{"head":1,"body":"a\\u0000b"}', "json.nul"),
            (b'{"head":1,"body":"\\ud800"}', "json.surrogate"),
            (b'{"head":1,"body":123456789012345678901234567890}', "json.integer"),
            (b'{"a":[' + b"[]," * 200_000 + b"[]]}", "json.size"),
        ],
    )
    async def test_each_its_code(self, world: Any, raw: bytes, code: str) -> None:
        status, body, headers = await world.post(raw)
        assert status in {400, 422}
        assert headers["Content-Type"].startswith("application/problem+json")
        assert code in [finding["code"] for finding in body["findings"]]

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"Content_Type": "application/json; charset=gbk"}, "body.charset"),
            ({"Content_Type": "text/plain"}, "body.media-type"),
            ({"Content_Encoding": "gzip"}, "body.coding"),
        ],
    )
    async def test_clothes(self, world: Any, headers: dict[str, str], code: str) -> None:
        status, body, _ = await world.post(b"{}", **headers)
        assert (status, body["code"]) == (415, code)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]><x>&j;</x>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)


class TestXmlBytes:
    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            (b"<a>", "xml.malformed"),
            (b"", "xml.malformed"),
            (BOMB, "xml.doctype"),
            (b"<!-- x --> <!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "xml.doctype"),
            (b"<a>" * 1000 + b"</a>" * 1000, "xml.depth"),
            (b"<a>" * 40 + b"</a>" * 40, "xml.depth"),
            (b"<r>" + b"<a/>" * 30_000 + b"</r>", "xml.size"),
            (b"<r " + b" ".join(b"a%d=''" % n for n in range(30_000)) + b"/>", "xml.size"),
            ('<?xml version="1.0" encoding="GBK"?><甲/>'.encode("gbk"), "xml.encoding"),
            (b'<?xml version="1.0" encoding="GBK"?><a/>', "xml.encoding"),
            ("<甲/>".encode("utf-16"), "xml.encoding"),
            (b"<a>&undefined;</a>", "xml.malformed"),
        ],
    )
    async def test_each_its_code(self, world: Any, raw: bytes, code: str) -> None:
        for version in (SOAP11, SOAP12):
            found, codes = await soap(world, raw, version)
            assert found == code
            assert codes == [code]

    async def test_clothes(self, world: Any) -> None:
        assert (await soap(world, b"<a/>", Content_Type="text/xml; charset=gbk"))[0] == "body.charset"
        assert (await soap(world, b"<a/>", Content_Type="application/json"))[0] == "body.media-type"


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body of unstated length (chunked on the wire)."""
    piece = b" " * 65536
    for _ in range(size // len(piece)):
        yield piece


class TestTooLarge:
    SIZE = 20 * 2**20

    @pytest.mark.parametrize("path", ["/v1/messages", "/soap"])
    @pytest.mark.parametrize("chunked", [True, False])
    async def test_twenty_megabytes_are_refused_and_not_held(
        self, world: Any, path: str, chunked: bool
    ) -> None:
        media_type = "application/json" if path == "/v1/messages" else "text/xml; charset=utf-8"
        tracemalloc.start()
        try:
            headers = {"Content-Type": media_type}
            if not chunked:
                headers["Content-Length"] = str(self.SIZE)
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            async with world.http.post(world.url + path, data=pieces(self.SIZE), headers=headers) as reply:
                text = await reply.text()
                assert reply.status == 413
                assert "message.too-large" in text
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        # With a stated length nothing is read at all; without one, no more than the limit.
        limit = world.running.ctx.settings.max_body if chunked else 0
        assert peak < limit + 3 * 2**20
        assert (await world.post(world.signed()))[0] == 202

    async def test_a_lying_length_is_found_out_while_reading(self, make_world: Any) -> None:
        world = await make_world(max_body=1000, body_timeout=0.5)
        host, port = world.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 900\r\n\r\n{"
        )
        await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert b" 408 " in head
        writer.close()


async def test_a_slow_body_ends(make_world: Any) -> None:
    world = await make_world(body_timeout=0.3)

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.1)

    async with world.http.post(
        world.url + "/v1/messages", data=drip(), headers={"Content-Type": "application/json"}
    ) as reply:
        assert (reply.status, (await reply.json(content_type=None))["code"]) == (408, "body.timeout")


async def test_a_stranger_is_refused_before_its_body_is_read(world: Any) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(8 * 2**20)}
    target = world.url + "/v1/onboarding/applications"
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        async with world.http.post(target, data=pieces(8 * 2**20), headers=headers) as reply:
            assert (reply.status, (await reply.json(content_type=None))["code"]) == (401, "auth.missing")
        assert tracemalloc.get_traced_memory()[1] - before < 3 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", [b'"a":1,', b'"a%d":1,', b'"a%d":1.5,', b'"\\ud800%d":[],'])
async def test_many_faults_in_one_text_take_no_time_and_fill_no_answer(world: Any, part: bytes) -> None:
    text = b"{" + b"".join(part % n if b"%d" in part else part for n in range(45_000)) + b'"z":1}'
    async with asyncio.timeout(60):  # were it quadratic, it would be minutes
        status, body, _ = await world.post(text)
    assert status == 422
    assert len(body["findings"]) <= 1000
    assert len(body["findings"]) + body.get("findingsOmitted", 0) >= 2
    assert (await world.post(world.signed()))[0] == 202
