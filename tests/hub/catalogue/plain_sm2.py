"""SM2 by the textbook (GB/T 32918), affine and slow: the second route by which golden bytes are checked."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int] | None


def sm3(*parts: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    for part in parts:
        state.update(part)
    return state.finalize()


def add(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    rise, run = (3 * x1 * x1 + A, 2 * y1) if one == two else (y2 - y1, x2 - x1)
    slope = rise * pow(run, -1, P) % P
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def times(k: int, point: Point) -> Point:
    total: Point = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def point_of(public: bytes) -> tuple[int, int]:
    assert public[0] == 4 and len(public) == 65
    return int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")


def wide(number: int) -> bytes:
    return number.to_bytes(32, "big")


def holds(message: bytes, der: bytes, public: bytes, ident: bytes = b"1234567812345678") -> bool:
    """Verification, GB/T 32918.2 7.1."""
    r, s = decode_dss_signature(der)
    curve = b"".join(wide(part) for part in (A, B, *G))
    z = sm3((8 * len(ident)).to_bytes(2, "big"), ident, curve, public[1:])
    e = int.from_bytes(sm3(z, message), "big")
    t = (r + s) % N
    found = add(times(s, G), times(t, point_of(public)))
    return t != 0 and found is not None and (e + found[0]) % N == r


def opened(ciphertext: bytes, private: int, order: str = "C1C3C2") -> bytes | None:
    """Deciphering, GB/T 32918.4 7.1, of `04 x y` and C3, C2 in this order; None when C3 does not fit."""
    found = times(private, point_of(ciphertext[:65]))
    assert found is not None
    x2, y2 = wide(found[0]), wide(found[1])
    rest = ciphertext[65:]
    c3, c2 = (rest[:32], rest[32:]) if order == "C1C3C2" else (rest[-32:], rest[:-32])
    blocks = (sm3(x2, y2, n.to_bytes(4, "big")) for n in range(1, len(c2) // 32 + 2))
    text = bytes(a ^ b for a, b in zip(c2, b"".join(blocks), strict=False))
    return text if sm3(x2, text, y2) == c3 else None
