"""A seal that is seen: on its page, where it was asked for, and under the signature like the page."""

from __future__ import annotations

import random
import zlib
from io import BytesIO
from typing import Any, cast

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from certs.model.der import MalformedError
from certs.pdf import finish_pdf, prepare_pdf
from certs.pdf.appearance import Place, Sheet, box_of, rectangle
from certs.pdf.pixels import samples
from certs.seal import Picture, sign_with_seal
from certs.testpki.seals import picture
from tests.certs.pdf import writer
from tests.certs.pdf.test_signing import TIME, judge
from tests.certs.seal import world as w

RING = Picture("png", picture(), 40, 40)
SEAL = w.seal(5, picture=RING)
HERE = Place(0, 150, 230, 40, 40, RING)


def sealed(pdf: bytes, place: Place | None, seal: bytes = SEAL) -> bytes:
    made = prepare_pdf(pdf, time=TIME, place=place)
    return finish_pdf(made.data, sign_with_seal(seal, w.signer(), made.imprint, TIME))


def turned(turn: int) -> bytes:
    changing = IncrementalPdfFileWriter(BytesIO(writer.plain()))
    page, _ = changing.find_page_for_modification(0)
    page.get_object()[generic.pdf_name("/Rotate")] = generic.NumberObject(turn)
    changing.update_container(page.get_object())
    out = BytesIO()
    changing.write(out)
    return out.getvalue()


def test_it_is_shown_where_it_was_asked_for_and_changed_by_nobody() -> None:
    once = sealed(writer.plain(), HERE)
    twice = sealed(sealed(once, Place(0, 20, 30, 50, 50)), None)
    facts = judge(twice).facts
    assert judge(once).ok and judge(twice).ok, judge(twice).reasons
    assert (facts["stamp-pages"], facts["stamp-box"]) == ("1", "150 230 40 40 mm")
    assert (facts["stamp-pages.2"], facts["stamp-box.2"]) == ("1", "20 30 50 50 mm")
    assert (facts["stamp-pages.3"], facts["stamp-box.3"]) == ("", ""), "shown nowhere"
    image = _shown(once)["/Resources"]["/XObject"]["/Seal"]
    colour = bytes(image.data)
    assert len(colour) == 3 * 96 * 96 and colour.count(b"\xc8\0\0") > 500, "its own picture"
    assert set(bytes(image["/SMask"].data)) == {0, 255}, "paper is seen through it"
    moved = once.replace(b"/Matrix [ 1 0", b"/Matrix [ 9 0")
    assert moved != once and not judge(moved).ok, "the picture is under the signature"


def _shown(pdf: bytes) -> generic.DictionaryObject:
    root = PdfFileReader(BytesIO(pdf)).root
    return root["/AcroForm"]["/Fields"][0]["/AP"]["/N"]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_on_turned_pages_as_somebody_sees_them(turn: int) -> None:
    where = Place(0, 10, 20, 40, 30, RING)
    verdict = judge(sealed(turned(turn), where))
    assert verdict.ok and verdict.facts["stamp-box"] == "10 20 40 30 mm"
    on = Sheet(-7, 5, 595, 842, turn)
    assert box_of(on, rectangle(on, where)) == "10 20 40 30"


def test_places_that_are_not_there_are_refused() -> None:
    for wrong in (
        Place(1),
        Place(-1),
        Place(0, 200, 10),
        Place(0, 10, 290),
        Place(0, -1, 10),
        Place(0, 1, 1, 0),
    ):
        with pytest.raises(MalformedError):
            prepare_pdf(writer.plain(), time=TIME, place=wrong)
    on = Sheet(0, 0, 842, 595, 0)  # A4 across: what nobody chose moves onto it
    assert box_of(on, rectangle(on, Place(fit=True))) == "150 170 40 40"


def test_pictures_are_read_by_every_filter_and_bombs_are_none() -> None:
    dice = random.Random(7)
    for colour, wide in ((0, 1), (2, 3), (4, 2), (6, 4)):
        pixels = [dice.randbytes(9 * wide) for _ in range(10)]
        found = samples(Picture("png", _png(9, 10, colour, wide, pixels), 40, 40))
        assert found is not None
        rgb, plain = zlib.decompress(found.colour), b"".join(pixels)
        assert rgb[0::3] == plain[0::wide]
        assert rgb[2::3] == plain[(2 if wide > 2 else 0) :: wide]
        assert (found.mask is None) == (wide % 2 == 1)
        assert found.mask is None or zlib.decompress(found.mask) == plain[wide - 1 :: wide]
    good = _png(9, 10, 2, 3, [bytes(27)] * 10)
    for bad in (
        b"", b"GIF89a", good[:40], _png(9000, 4000, 2, 3, []), _png(9, 10, 3, 1, [b"\x09" * 9] * 10),
        good.replace(b"IDAT", b"IDAX"), _png(9, 10, 2, 3, [bytes(27)] * 9), b"\xff\xd8\xff\xe0\0\x10JFIF",
    ):  # fmt: skip
        assert samples(Picture("png", bad, 40, 40)) is None, bad[:40]
        assert judge(sealed(writer.plain(), Place(picture=Picture("png", bad, 40, 40)))).ok, "a ring instead"


def _png(width: int, height: int, colour: int, wide: int, pixels: list[bytes]) -> bytes:
    """Rows with filters 0 to 4 in turn."""
    rows, before = b"", bytes(width * wide)
    for at, row in enumerate(pixels):
        rows += bytes((at % 5,)) + bytes(
            (one - _guess(at % 5, row, before, place, wide)) & 255 for place, one in enumerate(row)
        )
        before = row
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, colour, 0, 0, 0))
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in parts
    )


def _guess(how: int, row: bytes, before: bytes, at: int, wide: int) -> int:
    left, corner = (row[at - wide], before[at - wide]) if at >= wide else (0, 0)
    up = before[at]
    nearest = min((left, up, corner), key=lambda one: abs(left + up - corner - one))
    return (0, left, up, (left + up) // 2, nearest)[how]


def _seen(pdf: bytes) -> tuple[bool, str, list[str]]:
    verdict = judge(pdf)
    (step,) = [one for check in verdict.checks for one in (check, *check.inner) if one.name == "seal-shown"]
    return verdict.ok, step.evidence, [one.code for one in verdict.forgiven]


def test_a_picture_that_is_not_the_seals_own_is_said_to_be_another() -> None:
    """No verdict rests on it, and nobody who reads the judgement takes the drawing for the seal."""
    assert _seen(sealed(writer.plain(), HERE)) == (True, "the seal's own picture", [])
    assert _seen(sealed(writer.plain(), Place())) == (True, "a plain ring", [])
    own = samples(RING)
    assert own is not None
    pixels = bytearray(zlib.decompress(own.colour))
    pixels[0] ^= 1
    rows = [bytes(pixels[at : at + 3 * own.width]) for at in range(0, len(pixels), 3 * own.width)]
    one_off = Picture("png", _png(own.width, own.height, 2, 3, rows), 40, 40)
    assert _seen(sealed(writer.plain(), Place(picture=one_off)))[1:] == (OTHERS, ["seal-shown"])

    name = generic.pdf_name
    spoilt: dict[str, Any]
    for spoilt in (
        {"content": b"q 100 0 0 100 0 0 cm /Seal Do Q /Seal Do"},
        {"content": b"q 100 0 0 100 0 0 cm /Seal Do Q 0 0 9 9 re f"},
        {"content": b""},
        {"content": b"/Itself Do " * 300, "inner": True},  # 300 forms in each of 300
        {"image": {name("/Decode"): generic.ArrayObject(map(generic.NumberObject, (1, 0) * 3))}},
        {"image": {name("/SMask"): None}},
        {"image": {name("/Width"): generic.NumberObject(95)}},
    ):
        assert _seen(sealed_with(**spoilt)) == (True, OTHERS, ["seal-shown"]), spoilt
    jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\0\x60\0\x60\x03" + bytes(9) + b"\xff\xd9"
    photo = Picture("jpg", jpeg, 40, 40)
    with_photo = sealed(writer.plain(), Place(picture=photo), w.seal(5, picture=photo))
    assert _seen(with_photo) == (True, "the seal's own picture", [])
    assert _seen(sealed(writer.plain(), Place(picture=photo)))[1:] == (OTHERS, ["seal-shown"])
    nested: dict[str, Any] = {"content": b"% DSBlank\nq 1 0 0 1 0 0 cm /Inner Do Q", "inner": True}
    assert _seen(sealed_with(**nested)) == (True, "the seal's own picture", []), "drawn as others do"


OTHERS = "another picture, or none that can be compared"


def sealed_with(
    content: bytes = b"q 100 0 0 100 0 0 cm /Seal Do Q", image: Any = None, inner: bool = False
) -> bytes:
    """As ours, but for what is drawn."""
    from certs.pdf import appearance, signing

    name, dictionary = generic.pdf_name, cast("Any", generic.DictionaryObject)

    def other(into: Any, on: Any, place: Any) -> Any:
        made = appearance.drawn(into, on, place)
        form = made.get_object()
        picture = form["/Resources"]["/XObject"]["/Seal"]
        for key, entry in (image or {}).items():
            if entry is None:
                del picture[key]
            else:
                picture[key] = entry
        entries = {key: form.raw_get(key) for key in form if key not in ("/Filter", "/Length")}
        if inner:
            above = dictionary({name("/Inner"): made})
            entries[name("/Resources")] = dictionary({name("/XObject"): above})
        whole = into.add_object(generic.StreamObject(entries, stream_data=content))
        whole.get_object()["/Resources"]["/XObject"][name("/Itself")] = whole
        return whole

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing, "drawn", other)
        return sealed(writer.plain(), HERE)
