"""PDFs made to hurt a reader: loops, depth, bombs. Each is answered, none is believed."""

from __future__ import annotations

import zlib

import pytest

from certs.pdf import file, verify_pdf
from certs.verdict import Verdict
from tests.certs.seal import world as w
from tests.rows import each


def pdf(*objects: bytes, trailer: bytes = b"", prev: int | None = None) -> bytes:
    """Numbered objects with a table of their offsets."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % at for at in offsets)
    back = b"/Prev %d" % (start if prev == -1 else prev) if prev is not None else b""
    out += b"trailer\n<< /Size %d /Root 1 0 R %b %b >>\n" % (len(objects) + 1, back, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def judge(data: bytes) -> Verdict:
    return verify_pdf(data, trust=w.trust(), at=w.NOW)


PAGES = b"<< /Type /Pages /Kids [] /Count 0 >>"
CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields %b >> >>"
SIGNED = b"<< /Type /Sig /ByteRange %b /Contents <3000> /SubFilter /adbe.pkcs7.detached >>"


def form(fields: bytes, *more: bytes) -> bytes:
    return pdf(CATALOGUE % fields, PAGES, *more)


def stream(content: bytes, entries: bytes) -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), entries, content)


@each(
    "data",
    [
        pdf(CATALOGUE % b"[]", PAGES, prev=-1),
        form(b"[3 0 R]", b"<< /T (a) /Kids [3 0 R 3 0 R] >>"),
        form(b"[3 0 R]", b"<< /T (a) /Kids [4 0 R 4 0 R] >>", b"<< /Kids [3 0 R 3 0 R] >>"),
        form(b"[3 0 R 3 0 R]", b"3 0 R"),
        form(b"[%b]" % (b"<< /T (a) >> " * 6_000)),
        form(b"[" * 50_000 + b"]" * 50_000),
        form(b"<< /a 1 >>"),
        form(b"[(text) 1 null /Name]"),
        form(b"[<< /FT /Sig /V null >>]"),
        form(b"[<< /FT /Sig /V << >> >>]"),
    ],
)
def test_forms_that_go_nowhere(data: bytes) -> None:
    verdict = judge(data)
    assert not verdict.ok
    assert {one.code for one in verdict.reasons} <= {"malformed", "no-signature"}


@each(
    "ranges",
    [b"[]", b"[0 1 2]", b"[0 10 5 1]", b"[-1 1 2 3]", b"[0 9 9 99999999999999999999]", b"[1 2 3 4]",
     b"[(a) (b) (c) (d)]", b"null", b"[0 0 0 0]", b"[0 9 0 9 0 9 0 9]"],
)  # fmt: skip
def test_ranges_that_are_none(ranges: bytes) -> None:
    verdict = judge(form(b"[3 0 R]", b"<< /FT /Sig /T (s) /V 4 0 R >>", SIGNED % ranges))
    assert not verdict.ok
    assert {one.code for one in verdict.reasons} & {"malformed", "not-covered"}


def in_an_object_stream(filler: int) -> bytes:
    """The catalogue inside a packed stream, with so many spaces behind it."""
    packed = zlib.compress(b"1 0 << /Type /Catalog /AcroForm << /Fields [] >> >>" + b" " * filler, 9)
    head = b"%PDF-1.7\n"
    box = stream(packed, b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    first = b"2 0 obj\n" + box + b"\nendobj\n"
    start = len(head) + len(first)
    rows = [(0, 0, 0), (2, 2, 0), (1, len(head), 0), (1, start, 0)]
    table = b"".join(bytes((kind,)) + at.to_bytes(4, "big") + bytes((index,)) for kind, at, index in rows)
    xref = stream(table, b"/Type /XRef /Size 4 /W [1 4 1] /Root 1 0 R")
    return head + first + b"3 0 obj\n" + xref + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def test_a_bomb_in_an_object_stream() -> None:
    assert {one.code for one in judge(in_an_object_stream(9)).reasons} == {"no-signature"}
    verdict = judge(in_an_object_stream(1 << 27))
    assert {one.code for one in verdict.reasons} == {"malformed"}
    assert "Limit" in str(verdict.reasons[0])


def test_an_encrypted_file() -> None:
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%b) /U (%b) /P -4 >> /ID [(a) (a)]" % (
        b"o" * 32,
        b"u" * 32,
    )
    verdict = judge(pdf(CATALOGUE % b"[]", PAGES, trailer=lock))
    assert "container" in {one.code for one in verdict.reasons}


def test_more_signatures_than_will_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    data = form(b"[3 0 R 4 0 R]", *[b"<< /FT /Sig /V 5 0 R >>"] * 2, SIGNED % b"[0 0 0 0]")
    assert {one.code for one in judge(data).reasons} & {"not-covered", "malformed"}
    monkeypatch.setattr(file, "MOST_SIGNATURES", 1)
    verdict = judge(data)
    assert ({one.code for one in verdict.reasons}, verdict.state) == ({"limit"}, "indeterminate")
