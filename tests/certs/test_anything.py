"""Every judge, given anything at all: a verdict, never an exception, and never valid. Sizes and depths are
bounded by what is read, so the largest of these cost next to nothing; how long is measured elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

import certs
from certs.keys.held import HeldKey
from certs.proof import verify_record
from certs.testpki.issue import Authority
from certs.trust import SIGNING

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SIZE = 4_000_000


class Odd:
    def __bytes__(self) -> bytes:
        raise RuntimeError


def long(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content


def nested(depth: int) -> bytes:
    out = b"\x05\x00"
    for _ in range(depth):
        size = len(out)
        count = (size.bit_length() + 7) // 8
        out = (
            b"\x30"
            + (bytes((size,)) if size < 128 else bytes((128 | count,)) + size.to_bytes(count, "big"))
            + out
        )
    return out


ANYTHING: dict[str, Any] = {
    "None": None, "text": "abc", "number": 5, "negative": -1, "list": [1, 2], "dict": {}, "float": 1.5,
    "object": object(), "odd": Odd(), "empty": b"", "zeros": bytes(100), "nested": nested(3000),
    "indefinite": b"\x30\x80" * 100_000, "closed": b"\x30\x80" * 50_000 + bytes(100_000),
    "many": long(0x30, b"\x05\x00" * SIZE), "rows": long(0x30, long(0x30, b"\x30\x00" * SIZE)),
    "bytes": long(0x30, long(0x04, bytes(SIZE))), "name": long(0x30, long(0x06, b"\xff" * SIZE)),
    "digits": long(0x30, long(0x02, b"\x7f" * SIZE)), "blank": b" " * SIZE, "base64": b"MIIB" * SIZE,
    "zip": b"PK\x03\x04" + bytes(SIZE), "pdf": b"%PDF-1.7\n1 0 obj" + b"<<" * 100_000,
    "xml": b"<a>" * 200_000,
}  # fmt: skip


@cache
def people() -> tuple[bytes, HeldKey, bytes]:
    root = Authority.root("根", now=NOW)
    key = root.issue("签名者")
    return root.key.certificate, key, certs.sign_cms(b"x", key)


def trust() -> certs.Trust:
    return certs.Trust((people()[0],), certs.Revocation.IGNORED)


def _path(at: int, given: Any) -> certs.Verdict:
    root, key, _ = people()
    words: list[Any] = [key.certificate, [], [root], NOW]
    words[at] = given
    return certs.validate_path(*words[:3], at=words[3])


def _recognised(cert: Any, at: Any = NOW) -> certs.Verdict:
    return certs.recognise(
        cert, trust=trust(), at=at, revocation=certs.Revocation.IGNORED, purpose=SIGNING
    ).verdict


JUDGES: dict[str, Callable[[Any], certs.Verdict]] = {
    "cms": lambda it: certs.verify_cms(it, trust=trust(), at=NOW),
    "cms-at": lambda it: certs.verify_cms(people()[2], trust=trust(), at=it),
    "cms-trust": lambda it: certs.verify_cms(people()[2], trust=it, at=NOW),
    "seal": lambda it: certs.verify_seal(it, b"x", trust=trust(), at=NOW),
    "seal-at": lambda it: certs.verify_seal(b"\x30\x00", b"x", trust=trust(), at=it),
    "seal-itself": lambda it: certs.verify_seal_itself(it, trust=trust(), at=NOW),
    "timestamp": lambda it: certs.verify_timestamp(it, b"x", trust=trust(), at=NOW),
    "timestamp-data": lambda it: certs.verify_timestamp(people()[2], it, trust=trust(), at=NOW),
    "ofd": lambda it: certs.verify_ofd(it, trust=trust(), at=NOW),
    "pdf": lambda it: certs.verify_pdf(it, trust=trust(), at=NOW),
    "xml": lambda it: certs.verify_xml(it, trust=trust(), at=NOW),
    "xml-at": lambda it: certs.verify_xml(b"<a/>", trust=trust(), at=it),
    "proof": lambda it: certs.verify_proof(it, it, trust=trust(), at=NOW),
    "record": lambda it: verify_record(it, b"x", trust=trust(), at=NOW),
    "ocsp": lambda it: certs.check_ocsp(it, people()[1].certificate, people()[0], at=NOW),
    "ocsp-cert": lambda it: certs.check_ocsp(people()[2], it, people()[0], at=NOW),
    "path": lambda it: _path(0, it),
    "path-anchor": lambda it: _path(2, [it]),
    "path-anchors": lambda it: _path(2, it),
    "path-at": lambda it: _path(3, it),
    "recognise": _recognised,
    "recognise-at": lambda it: _recognised(people()[1].certificate, it),
    "judge": lambda it: trust().judge(it, moment=certs.Moment(NOW)),
    "envelope": lambda it: certs.open_envelope(it, [people()[1]], trust=trust(), at=NOW).verdict,
}


@pytest.mark.parametrize("judge", JUDGES)
def test_anything_is_answered(judge: str) -> None:
    for what, given in ANYTHING.items():
        found = JUDGES[judge](given)
        assert not found.ok and found.reasons, what
        if isinstance(given, bytes) and not judge.endswith(("-at", "-trust", "-anchors")):
            assert "internal" not in {reason.code for reason in found.reasons}, (what, found.reasons)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_taken(kind: Callable[[bytes], bytes]) -> None:
    root, key, message = people()
    assert certs.verify_cms(kind(message), trust=trust(), at=NOW, extra=[kind(root)]).ok
    assert certs.validate_path(kind(key.certificate), [kind(root)], [kind(root)], at=NOW).ok
    assert _recognised(kind(key.certificate)).ok
    signed = certs.sign_xml(b"<a/>", key)
    assert certs.verify_xml(kind(signed), trust=trust(), at=NOW).ok
