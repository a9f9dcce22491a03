"""A small world with a seal's maker, signers and a time-stamp authority, and seals made in it."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache

from certs.algorithms.digest import digest
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.seal import Picture, make_seal, sign_with_seal
from certs.testpki.issue import DAY, Authority
from certs.timestamp import read_response, request, respond
from certs.trust import Revocation, Trust

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DOCUMENT = "甘肃省公共资源交易 中标通知书".encode()


def png(width: int = 20, height: int = 20) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff\0\0" * width) * height) if width * height < 10_000 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURE = Picture("png", png(), 40, 40)


@cache
def root() -> Authority:
    return Authority.root("印章测试根", now=NOW - 100 * DAY)


@cache
def makers() -> Authority:
    return root().sub("印章制作 CA")


@cache
def signers() -> Authority:
    return root().sub("签章者 CA")


@cache
def maker() -> HeldKey:
    return makers().issue("甘肃测试制章机构", days=400)


@cache
def signer() -> HeldKey:
    return signers().issue("甘肃测试单位", days=400)


@cache
def stranger() -> HeldKey:
    return signers().issue("另一单位", days=400)


@cache
def authority() -> HeldKey:
    stamping = ["1.3.6.1.5.5.7.3.8"]
    return root().issue("测试时间戳", days=400, extended=stamping, usage=["digitalSignature"])


def stamp(value: bytes, at: datetime) -> bytes:
    """A time-stamp token over these bytes."""
    answer = respond(request(value, "sm3"), authority(), at=at, serial=7, policy="1.2.3.4")
    token = read_response(answer).token
    assert token is not None
    return token


def crls(at: datetime = NOW, revoked: dict[bytes, tuple[datetime, int]] | None = None) -> tuple[bytes, ...]:
    """Lists of all CAs; `revoked` is certificate -> (since, reason)."""
    rows = [(read_certificate(raw).serial, *why) for raw, why in (revoked or {}).items()]
    return tuple(ca.crl(rows, this_update=at - HOUR) for ca in (root(), makers(), signers()))


def trust(at: datetime = NOW, revoked: dict[bytes, tuple[datetime, int]] | None = None) -> Trust:
    between = (makers().key.certificate, signers().key.certificate)
    return Trust((root().key.certificate,), Revocation.REQUIRED, between, crls(at, revoked))


def seal(version: int = 4, **different: object) -> bytes:
    fields: dict[str, object] = {"made": NOW - 30 * DAY, "begin": NOW - 30 * DAY, "end": NOW + 100 * DAY}
    by = different.pop("maker", maker())
    who = different.pop("signers", [signer().certificate])
    what = different.pop("picture", PICTURE)
    return make_seal(version, by, who, what, **{**fields, **different})  # type: ignore[arg-type]


def sealed(made: bytes | None = None, key: HeldKey | None = None, **different: object) -> bytes:
    time = different.pop("time", NOW - HOUR)
    content = different.pop("digest", digest(DOCUMENT))
    return sign_with_seal(made or seal(), key or signer(), content, time, **different)  # type: ignore[arg-type]


def stamped(made: bytes, at: datetime, **different: object) -> bytes:
    """Sealed, and a stamp over the value at that time; the claimed time is the stamp's unless given."""
    different.setdefault("time", at)
    return sealed(made, **different, stamp=lambda value: stamp(value, at))
