"""Where a seal is shown in a PDF, and as what: its own picture, or a red ring where none is known before.

The picture is drawn before the value is there, so it lies under the signature like all of the page. That
somebody sees a seal proves nothing: any file may hold such a picture, and only the value counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from certs.model.der import MalformedError
from certs.pdf.pixels import Samples, samples
from certs.seal.structure import Picture

_POINT = 72 / 25.4  # of a millimetre
_SIDE = 40
_DEEPEST = 40
_RED = "0.78 0 0"
# A circle out of four curves.
_ROUND = (
    "{a} 50 m {a} {u} {v} {b} 50 {b} c {w} {b} {c} {u} {c} 50 c "
    "{c} {x} {w} {d} 50 {d} c {v} {d} {a} {x} {a} 50 c"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A page, from 0, and a box in millimetres from the upper left corner of the page as it is shown.
    `picture` is the seal's, where it is known before. `fit`: nobody chose it, so a smaller page moves it."""

    page: int = 0
    left: float = 150
    top: float = 230
    width: float = _SIDE
    height: float = _SIDE
    picture: Picture | None = None
    fit: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it lies in the file: lower left corner, width and height in points, turned by so much."""

    left: float
    bottom: float
    width: float
    height: float
    turn: int


def sheet(page: Any) -> Sheet:
    """Raises MalformedError where the page has no size."""
    box = [float(one) for one in _inherited(page, "/CropBox") or _inherited(page, "/MediaBox") or ()]
    if len(box) != 4:
        raise MalformedError("a page without size")
    turn = int(_inherited(page, "/Rotate") or 0) % 360
    left, bottom = min(box[0], box[2]), min(box[1], box[3])
    return Sheet(left, bottom, abs(box[2] - box[0]), abs(box[3] - box[1]), turn if turn % 90 == 0 else 0)


def _inherited(page: Any, name: str) -> Any:
    node = page
    for _ in range(_DEEPEST):
        if name in node:
            return node[name]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return None


def rectangle(on: Sheet, place: Place) -> tuple[float, float, float, float]:
    """The box in the file's own coordinates; MalformedError where it is not wholly on the page."""
    x, y, w, h = (one * _POINT for one in (place.left, place.top, place.width, place.height))
    shown = (on.height, on.width) if on.turn in (90, 270) else (on.width, on.height)
    if place.fit:
        w, h = min(w, shown[0]), min(h, shown[1])
        x, y = min(x, shown[0] - w), min(y, shown[1] - h)
    if not (w > 1 and h > 1 and x >= 0 and y >= 0 and x + w <= shown[0] + 0.5 and y + h <= shown[1] + 0.5):
        raise MalformedError("a place that is not on the page")
    far, deep = {
        0: (x, on.height - y - h), 90: (y, x),
        180: (on.width - x - w, y), 270: (on.width - y - h, on.height - x - w),
    }[on.turn]  # fmt: skip
    wide, high = (h, w) if on.turn in (90, 270) else (w, h)
    return on.left + far, on.bottom + deep, on.left + far + wide, on.bottom + deep + high


def box_of(on: Sheet, found: tuple[float, float, float, float]) -> str:
    """The other way round: "left top width height" in whole millimetres, as somebody sees the page."""
    a, b = found[0] - on.left, found[1] - on.bottom
    w, h = found[2] - found[0], found[3] - found[1]
    x, y = {
        0: (a, on.height - b - h), 90: (b, a), 180: (on.width - a - w, b),
        270: (on.height - b - h, on.width - a - w),
    }[on.turn]  # fmt: skip
    size = (h, w) if on.turn in (90, 270) else (w, h)
    return " ".join(f"{one / _POINT:.0f}" for one in (x, y, *size))


def drawn(writer: Any, on: Sheet, place: Place) -> Any:
    """The appearance as an object of the file."""
    from pyhanko.pdf_utils import generic

    name: Any = generic.pdf_name
    found = samples(place.picture) if place.picture is not None else None
    content, resources = _ring(), _dictionary()
    if found is not None:
        content = b"q 100 0 0 100 0 0 cm /Seal Do Q"
        resources[name("/XObject")] = _dictionary({name("/Seal"): _image(writer, found)})
    turned = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[on.turn]
    return writer.add_object(generic.StreamObject({
        name("/Type"): name("/XObject"), name("/Subtype"): name("/Form"),
        name("/BBox"): _numbers((0, 0, 100, 100)), name("/Matrix"): _numbers((*turned, 0, 0)),
        name("/Resources"): resources,
    }, stream_data=content))  # fmt: skip


def _dictionary(entries: dict[Any, Any] | None = None) -> Any:
    from pyhanko.pdf_utils import generic

    made: Any = generic.DictionaryObject
    return made(entries)


def dressed(field: Any, appearance: Any) -> None:
    """The field's widget shows this, on paper too."""
    from pyhanko.pdf_utils import generic

    name: Any = generic.pdf_name
    field[name("/AP")] = _dictionary({name("/N"): appearance})


def _numbers(values: tuple[float, ...]) -> Any:
    from pyhanko.pdf_utils import generic

    return generic.ArrayObject(map(generic.FloatObject, values))


def _image(writer: Any, found: Samples) -> Any:
    colour = _samples_of(found, "/DeviceRGB", found.colour, "/DCTDecode" if found.jpeg else "/FlateDecode")
    if found.mask is not None:
        from pyhanko.pdf_utils import generic

        mask = writer.add_object(_samples_of(found, "/DeviceGray", found.mask, "/FlateDecode"))
        name: Any = generic.pdf_name
        colour[name("/SMask")] = mask
    return writer.add_object(colour)


def _samples_of(found: Samples, space: str, data: bytes, packed: str) -> Any:
    from pyhanko.pdf_utils import generic

    name: Any = generic.pdf_name
    number: Any = generic.NumberObject
    return generic.StreamObject({
        name("/Type"): name("/XObject"), name("/Subtype"): name("/Image"),
        name("/Width"): number(found.width), name("/Height"): number(found.height),
        name("/ColorSpace"): name(space), name("/BitsPerComponent"): number(8), name("/Filter"): name(packed),
    }, encoded_data=data)  # fmt: skip


def is_ring(content: bytes) -> bool:
    """Is it what stands here for a picture that was not known before?"""
    return content == _ring()


def _ring() -> bytes:
    """Two circles and a star, as seals here look, and no words: what it says stands in the value."""
    lines = [_circle(47, 4), _circle(41, 1)]
    points = ((50, 78), (56.3, 58.7), (76.6, 58.7), (60.2, 46.7), (66.5, 27.3),
              (50, 39.3), (33.5, 27.3), (39.8, 46.7), (23.4, 58.7), (43.7, 58.7))  # fmt: skip
    star = " ".join(f"{x} {y} {'l' if at else 'm'}" for at, (x, y) in enumerate(points))
    return f"{_RED} RG {_RED} rg {' '.join(lines)} {star} f".encode()


def _circle(radius: float, line: float) -> str:
    k = radius * 0.5523
    spots = {"a": 50 + radius, "c": 50 - radius, "b": 50 + radius, "d": 50 - radius,
             "u": 50 + k, "x": 50 - k, "v": 50 + k, "w": 50 - k}  # fmt: skip
    return f"{line} w " + _ROUND.format(**{key: f"{value:.2f}" for key, value in spots.items()}) + " S"
