"""Files that are weapons, members that send too much, full disks: refused, and nothing else is hurt."""

from __future__ import annotations

import asyncio
import errno
import io
import random
import struct
import zipfile
import zlib
from datetime import timedelta

import pytest

from certs.algorithms.digest import digest
from hub.files import upload
from hub.message import sign_request

RNG = random.Random(21)
MIB = 2**20


def named(body: bytes) -> str:
    return f"sm3:{digest(body).hex()}"


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def lying(content: bytes, says: int) -> bytes:
    """An archive of one entry that declares another size, in both of its headers."""
    raw = bytearray(packed(("a", content)))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = raw[22:26] = struct.pack("<I", says)
    return bytes(raw)


def overlapping(times: int) -> bytes:
    """Many entries of the directory that all mean the same bytes."""
    raw = packed(("a", b"\0" * 8 * MIB))
    at, end = raw.index(b"PK\x01\x02"), raw.index(b"PK\x05\x06")
    directory = raw[at:end] * times
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, times, times, len(directory), at, 0)
    return raw[:at] + directory + tail


def nested(depth: int) -> bytes:
    body = packed(("a", b"x"))
    for _ in range(depth - 1):
        body = packed(("inner.zip", body))
    return body


def png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0" * 40
    )


def jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\0" * 9
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 10 + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame
    )


def tiff(width: int, height: int, *, ring: bool = False) -> bytes:
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in ((256, width), (257, height)))
    return b"II*\0" + struct.pack("<IH", 8, 2) + tags + struct.pack("<I", 8 if ring else 0)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + b"\0" * 12 + struct.pack("<Iii", 40, width, -height) + b"\0" * 30


BOMBS = {
    "one that grows": (lambda: packed(("a", b"\0" * 64 * MIB)), "file.archive-size"),
    "one inside another": (lambda: packed(("b.zip", packed(("a", b"\0" * 64 * MIB)))), "file.archive-size"),
    "one that says it is small": (lambda: lying(b"\0" * 64 * MIB, 10), "file.archive-size"),
    "one that lies a little": (lambda: lying(b"\0" * MIB, 10), "file.archive-broken"),
    "entries that share their bytes": (lambda: overlapping(60), "file.archive-size"),
    "behind a harmless beginning": (
        lambda: b"%PDF-1.7\n" + packed(("a", b"\0" * 64 * MIB)),
        "file.archive-size",
    ),
    "very many entries": (lambda: packed(*((str(n), b"") for n in range(20_001))), "file.archive-entries"),
    "deep": (lambda: nested(4), "file.archive-depth"),
    "out of its folder": (lambda: packed(("../../etc/x", b"x")), "file.archive-path"),
    "out of its folder, as Windows writes": (lambda: packed(("a\\..\\..\\x", b"x")), "file.archive-path"),
    "absolute": (lambda: packed(("/etc/x", b"x")), "file.archive-path"),
    "on a drive": (lambda: packed(("C:x", b"x")), "file.archive-path"),
    "packed as few can unpack": (
        lambda: packed(("a", b"x" * 999), method=zipfile.ZIP_LZMA),
        "file.archive-method",
    ),
    "broken off": (lambda: packed(("a", RNG.randbytes(9000)))[:-200], "file.archive-broken"),
    "png": (lambda: png(60_000, 60_000), "file.image-size"),
    "one side only": (lambda: png(200_000, 1), "file.image-size"),
    "jpeg": (lambda: jpeg(65_535, 65_535), "file.image-size"),
    "gif": (lambda: b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0" * 20, "file.image-size"),
    "bmp": (lambda: bmp(50_000, 50_000), "file.image-size"),
    "tiff": (lambda: tiff(50_000, 50_000), "file.image-size"),
    "tiff in a ring": (lambda: tiff(10, 10, ring=True), "file.image-size"),
    "image in an archive": (lambda: packed(("word/media/a.png", png(60_000, 60_000))), "file.image-size"),
}
GOOD = {
    "document": packed(("[Content_Types].xml", b"<a/>" * 9000), ("word/document.xml", b"<w/>" * 90_000)),
    "package in package": nested(3),
    "names of a Chinese system": packed(("招标\\文件.txt", "招标".encode() * 500)),
    "stored": packed(("a", RNG.randbytes(300_000)), method=zipfile.ZIP_STORED),
    "png": png(5000, 7000),
    "jpeg": jpeg(5000, 7000),
    "tiff": tiff(20_000, 20_000),
    "a beginning like a bitmap": b"BM" + b"\xff" * 10,
    "pdf": b"%PDF-1.7\n" + RNG.randbytes(4000),
}


async def _send(world, body):
    return await world.part("P01", named(body), body, 0, len(body))


async def test_a_bomb_is_refused_and_nothing_is_kept(world):
    wrong = {}
    for what, (make, code) in BOMBS.items():
        body = make()
        sent = await _send(world, body)
        found = sent.findings[0] if sent.findings else {}
        named_so = found.get("code") == code and bool(found.get("advice"))
        kept = world.lying(), await world.call("P01", "file_status", named(body))
        if (sent.status, sent.code, named_so, kept) != (422, code, True, ([], None)):
            wrong[what] = sent, kept
    assert wrong == {}


async def test_what_is_no_bomb_is_taken(world):
    for what, body in GOOD.items():
        assert (await _send(world, body)).status == 201, what
    assert len(world.lying()) == len(GOOD)


async def test_a_member_may_have_so_much_on_its_way_and_no_more(make_world):
    world = await make_world(file_pending=50_000, file_uploads=3)
    world.clock.stands = world.clock()  # no midnight comes in between
    bodies = [RNG.randbytes(20_000) for _ in range(4)]
    for body in bodies[:2]:
        assert (await world.part("P01", named(body), body[:10], 0, 20_000)).status == 202
    sent = await world.part("P01", named(bodies[2]), bodies[2][:10], 0, 20_000)
    assert (sent.status, sent.code, sent.findings[0]["at"]) == (429, "file.quota", "/quota/pending")
    assert sent.retry_after
    assert (await world.part("D01", named(bodies[2]), bodies[2][:10], 0, 20_000)).status == 202, "others may"
    small = [bytes([65 + n]) * 10 for n in range(2)]
    assert (await world.part("P01", named(small[0]), small[0][:5], 0, 10)).status == 202
    sent = await world.part("P01", named(small[1]), small[1][:5], 0, 10)
    assert sent.findings[0]["at"] == "/quota/uploads"
    assert (await world.part("P01", named(bodies[0]), bodies[0][10:], 10, 20_000)).status == 201
    assert (await world.part("P01", named(small[1]), small[1][:5], 0, 10)).status == 202, (
        "there is room again"
    )


async def test_a_day_has_its_limit_and_ends(make_world):
    world = await make_world(file_daily=50_000, window_seconds=10**9)
    world.clock.stands = world.clock()  # no midnight comes in between
    bodies = [RNG.randbytes(20_000) for _ in range(4)]
    for body in bodies[:2]:
        assert (await _send(world, body)).status == 201
    await world.restart()
    sent = await _send(world, bodies[2])
    assert (sent.status, sent.findings[0]["at"]) == (429, "/quota/daily"), "also after a restart"
    wrong = RNG.randbytes(9000)
    assert (await world.part("D01", named(b"else"), wrong, 0, 9000)).code == "file.digest"
    world.clock.ahead = timedelta(days=1)
    assert (await _send(world, bodies[2])).status == 201


async def test_what_was_begun_and_left_expires_and_nothing_else_does(make_world):
    world = await make_world(file_expiry=3600.0, window_seconds=10**9)
    whole, begun, going = (RNG.randbytes(9000) for _ in range(3))
    await _send(world, whole)
    for body in (begun, going):
        await world.part("P01", named(body), body[:1000], 0, 9000)
    world.clock.ahead = timedelta(minutes=50)
    await world.part("P01", named(going), body[1000:2000], 1000, 9000)
    world.clock.ahead = timedelta(minutes=70)
    await world.hub.files.expire()
    assert await world.call("P01", "file_status", named(begun)) is None
    assert (await world.call("P01", "file_status", named(going)))["ranges"] == [[0, 1999]]
    world.clock.ahead = timedelta(days=400)
    await world.hub.files.expire()
    assert (await world.fetch("P01", named(whole)))[1] == whole
    assert len(world.lying()) == 1


@pytest.mark.parametrize("where", ["data", "fsync", "note"])
async def test_a_full_disk_loses_nothing_that_had_come(world, monkeypatch, where):
    body = RNG.randbytes(900_000)
    name = named(body)
    assert (await world.part("P01", name, body[:300_000], 0, 900_000)).status == 202

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        if where == "data":
            patched.setattr(upload, "_write", full)
        elif where == "fsync":
            patched.setattr(upload.os, "fdatasync", full)
        else:
            patched.setattr(upload.note, "append", full)
        sent = await world.part("P01", name, body[300_000:600_000], 300_000, 900_000)
        assert (sent.status, sent.code) == (507, "file.disk-full")
        assert sent.retry_after and sent.findings[0]["advice"]
    assert (await world.call("P01", "file_status", name))["ranges"] == [[0, 299_999]]
    assert (await world.call("P01", "put_part", name, body[300_000:], 300_000, 900_000)).status == 201
    assert (await world.fetch("P01", name))[1] == body


@pytest.mark.parametrize("alone", [True, False])
async def test_a_disk_that_is_full_at_the_last_step_keeps_the_file(world, monkeypatch, alone):
    body = RNG.randbytes(90_000)
    name = named(body)
    assert (await world.part("P01", name, body[:50_000], 0, 90_000)).status == 202
    with monkeypatch.context() as patched:
        patched.setattr(upload.os, "fsync", _no_space)
        assert (await world.part("P01", name, body[50_000:], 50_000, 90_000)).status == 507
    found = await world.call("P01", "file_status", name)
    assert (found["state"], found["missing"]) == ("incoming", [])
    if alone:
        await world.hub.files.tend()
    again = await world.part("P01", name, body[50_000:], 50_000, 90_000)
    assert again.status == (200 if alone else 201)
    assert (await world.fetch("P01", name))[1] == body


async def test_a_disk_that_is_full_at_the_last_part_takes_that_part_again(world, monkeypatch):
    body = RNG.randbytes(90_000)
    name = named(body)
    assert (await world.part("P01", name, body[:50_000], 0, 90_000)).status == 202
    with monkeypatch.context() as patched:
        patched.setattr(upload.os, "fdatasync", _no_space)
        assert (await world.part("P01", name, body[50_000:], 50_000, 90_000)).status == 507
    assert (await world.call("P01", "file_status", name))["missing"] == [[50_000, 89_999]]
    await world.hub.files.tend()
    assert (await world.part("P01", name, body[50_000:], 50_000, 90_000)).status == 201
    assert (await world.fetch("P01", name))[1] == body


async def test_a_disk_that_is_full_from_the_start_leaves_nothing(world, monkeypatch):
    body = RNG.randbytes(9000)
    with monkeypatch.context() as patched:
        patched.setattr(upload.note, "append", _no_space)
        assert (await _send(world, body)).status == 507
    assert world.lying() == []
    assert (await _send(world, body)).status == 201


def _no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_messages_have_the_disk_before_files(make_world):
    world = await make_world(file_reserve=2**60)
    sent = await _send(world, b"x" * 100)
    assert (sent.status, sent.code) == (507, "file.disk-full")
    assert (await world.record("eng-project")).status == 202


async def test_a_body_that_drips_is_not_waited_for(make_world):
    world = await make_world(body_timeout=0.3)
    host, port = world.running.url.removeprefix("http://").split(":")
    name = named(b"x" * 500_000)
    proof = sign_request(
        "PUT", f"/v1/files/{name}", world.keys["P01"], now=world.clock(), nonce="n" * 12, body_digest=name
    )
    lines = "".join(f"{key}: {value}\r\n" for key, value in {**proof, "X-Hutong-Body": name}.items())
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"PUT /v1/files/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n{lines}\r\n"
    writer.write(head.encode() + b"x" * 10)
    async with asyncio.timeout(60):
        assert b" 408 " in await reader.readline()
    writer.close()
    assert (await world.call("P01", "file_status", name))["ranges"] == []
