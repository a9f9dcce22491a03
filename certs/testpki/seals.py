"""Seals of a sandbox: who may use them and who made them stands in the declaration, the picture is drawn."""

from __future__ import annotations

import zlib

from certs.seal import Picture, listed, make_seal
from certs.testpki.declared import Seal
from certs.testpki.issue import DAY
from certs.testpki.vendor import VendorCa

_SIDE = 96
_MILLIMETRES = 40


def sealed_by(seal: Seal, vendor: VendorCa, certificate: bytes = b"") -> bytes:
    """The SESeal, signed by its maker's key in the vendor's way (raw, where that is its quirk). It is used
    with the holder's declared certificate, or with the one given."""
    holder = vendor.holders[seal.holder]
    return make_seal(
        seal.version,
        vendor.message_signer(seal.maker),
        (),
        Picture("png", picture(), _MILLIMETRES, _MILLIMETRES),
        made=vendor.now - DAY,
        begin=vendor.now - DAY,
        end=vendor.now + 365 * DAY,
        number=holder.seal or seal.id,
        name=seal.name,
        vendor="SANDBOX",
        signer_list=listed(seal.version, [certificate or vendor.signer(seal.holder).certificate]),
    )


def picture() -> bytes:
    """A red ring on nothing, as PNG with a palette: enough to see that a seal is there."""
    rows = bytearray()
    for y in range(_SIDE):
        rows.append(0)
        rows += bytes(_inked(x, y) for x in range(_SIDE))
    head = _SIDE.to_bytes(4, "big") * 2 + bytes((8, 3, 0, 0, 0))
    parts = ((b"IHDR", head), (b"PLTE", bytes((255, 255, 255, 200, 0, 0))), (b"tRNS", b"\x00"),
             (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _inked(x: int, y: int) -> int:
    distance = (2 * x - _SIDE + 1) ** 2 + (2 * y - _SIDE + 1) ** 2
    return int((0.84 * _SIDE) ** 2 < distance < (0.94 * _SIDE) ** 2 or distance < (0.2 * _SIDE) ** 2)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
