"""The SM2 curve (GB/T 32918.5) in plain Python: what is left where no library has it.

Correct, slow (milliseconds), and variable in time: its running time tells something of a private key
to whoever can measure it closely. Checking uses public values only, so that is safe anywhere; signing
here is for examples and sandboxes. Points are (x, y), None is the point at infinity.
"""

from __future__ import annotations

from functools import cache

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]
_ZERO: _Jacobian = (1, 1, 0)
_WINDOW = 4


def on_curve(point: Point) -> bool:
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def multiply(k: int, point: Point) -> Point | None:
    """k times a point."""
    return combine(0, k, point)


def combine(s: int, t: int, point: Point) -> Point | None:
    """sG + tQ in one pass: the one operation of checking a signature."""
    rows = _multiples(point)
    total = _ZERO
    for shift in range(256 - _WINDOW, -1, -_WINDOW):
        if total is not _ZERO:
            for _ in range(_WINDOW):
                total = _double(total)
        for scalar, table in ((s, _base()), (t, rows)):
            digit = scalar >> shift & 15
            if digit:
                total = _add(total, table[digit])
    return _affine(total)


def verify(e: bytes, r: int, s: int, public: Point) -> bool:
    """GB/T 32918.2, 7.1, from step B5 on; the range of r and s is looked at here too."""
    if not (0 < r < N and 0 < s < N):
        return False
    expected = signed_digest(r, s, public)
    return expected is not None and expected == int.from_bytes(e, "big") % N


def signed_digest(r: int, s: int, public: Point) -> int | None:
    """The one e (mod n) for which (r, s) holds under this key.

    SM2 lets the digest be found from the signature: e = r - x(sG + (r+s)Q). So the clinic can show what
    a sender really signed instead of trying every mistake on the curve.
    """
    t = (r + s) % N
    point = combine(s, t, public) if t else None
    return None if point is None else (r - point[0]) % N


def sign(e: bytes, private: int, k: int) -> Point | None:
    """(r, s) with this nonce (GB/T 32918.2, 6.1); None when the nonce must be drawn anew."""
    point = multiply(k, G)
    if point is None:
        return None
    r = (int.from_bytes(e, "big") + point[0]) % N
    if r in (0, N - k):
        return None
    s = pow(1 + private, -1, N) * (k - r * private) % N
    return (r, s) if s else None


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not y or not z:
        return _ZERO
    zz, yy = z * z % P, y * y % P
    m = 3 * (x - zz) * (x + zz) % P  # a is -3
    u = 4 * x * yy % P
    x3 = (m * m - 2 * u) % P
    return x3, (m * (u - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: _Jacobian, two: _Jacobian) -> _Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = two
    if not z1:
        return two
    if not z2:
        return one
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * zz2 * z2 % P, y2 * zz1 * z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return _ZERO if r else _double(one)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _affine(point: _Jacobian) -> Point | None:
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _multiples(point: Point) -> list[_Jacobian]:
    """0 to 15 times the point."""
    rows: list[_Jacobian] = [_ZERO, (*point, 1)]
    for _ in range(2, 16):
        rows.append(_add(rows[-1], rows[1]))
    return rows


@cache
def _base() -> list[_Jacobian]:
    return _multiples(G)
