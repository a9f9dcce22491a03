"""Defects that a path shows: of the certificate, of a CA above it, or of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.testpki.defects.bench import Bench, instead, plus
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.issue import (
    DAY,
    ENCIPHER,
    SIGN,
    Authority,
    Blank,
    extension,
    name,
)
from certs.trust import STAMPING

Both = tuple[Exhibit, Exhibit]
_BASIC = "2.5.29.19"
_UNKNOWN = "2.25.1"
_SHA1 = w.algorithm("1.2.840.113549.1.1.5", w.NULL)


class Sha1Key(HeldKey):
    """Signs with RSA and SHA-1, as nobody should any more."""

    def sign(self, message: bytes) -> bytes:
        key = load_der_private_key(self.private, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("an RSA key")
        return key.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303  the defect itself


def _times(bench: Bench, begin: int, end: int) -> Both:
    at = bench.now
    return bench.both(lambda b: replace(b, not_before=at + begin * DAY, not_after=at + end * DAY))


def _unknown_algorithm(bench: Bench) -> Both:
    return bench.both(lambda b: replace(b, algorithm=w.algorithm("1.2.156.10197.1.599")))


def _as_sha1(blank: Blank) -> Blank:
    return replace(blank, algorithm=_SHA1)


def _weak(bench: Bench) -> Both:
    held = bench.source.key(f"defect/{bench.id}/root", "rsa-sha256")
    root = Authority.root("沙箱缺陷根", "rsa-sha256", now=bench.now, key=held, alter=bench.numbered("root"))
    key = bench.source.key(f"defect/{bench.id}/leaf", "sm2-sm3")
    weak = replace(root, key=Sha1Key("rsa-sha256", held.private, root.key.certificate))
    anchors = (root.key.certificate,)
    good = root.issue(bench.subject(), key=key, alter=bench.numbered("leaf"))
    bad = weak.issue(bench.subject(), key=key, alter=bench.numbered("leaf", _as_sha1))
    return (
        Exhibit(good.certificate, (), anchors, bench.now),
        Exhibit(bad.certificate, (), anchors, bench.now),
    )


def _differs(bench: Bench) -> Both:
    other = w.algorithm("1.2.156.10197.1.501", w.NULL)
    return bench.both(lambda b: replace(b, outer_algorithm=other))


def flipped(data: bytes) -> bytes:
    """The last bit turned over."""
    return data[:-1] + bytes((data[-1] ^ 1,))


def _signature(bench: Bench) -> Both:
    key = bench.key()
    return bench.shown(key), bench.shown(flipped(key.certificate))


def _malformed(bench: Bench) -> Both:
    key = bench.key()
    return bench.shown(key), bench.shown(key.certificate + b"\x00")


def _key(bench: Bench) -> Both:
    return bench.both(lambda b: replace(b, key=flipped(b.key)))


def _no_path(bench: Bench) -> Both:
    return bench.both(lambda b: replace(b, issuer=name(("C", "CN"), ("CN", "沙箱无此CA"))))


def _critical(bench: Bench) -> Both:
    return bench.both(lambda b: plus(b, extension(_UNKNOWN, w.NULL, critical=True)))


def _broken(bench: Bench) -> Both:
    return bench.both(lambda b: instead(b, _BASIC, extension(_BASIC, b"\x30\x03\x02\x01", critical=True)))


def _usage(bench: Bench) -> Both:
    return bench.shown(bench.key()), bench.shown(bench.key(usage=ENCIPHER))


def _extended(bench: Bench) -> Both:
    good, bad = bench.shown(bench.vendor.tsa()), bench.shown(bench.key(usage=SIGN))
    return replace(good, purpose=STAMPING), replace(bad, purpose=STAMPING)


BUILD: dict[str, Callable[[Bench], Both]] = {
    "expired": lambda bench: _times(bench, -400, -1),
    "not-yet-valid": lambda bench: _times(bench, 1, 400),
    "signature": _signature,
    "algorithm-unknown": _unknown_algorithm,
    "algorithm-weak": _weak,
    "algorithm-differs": _differs,
    "key": _key,
    "malformed": _malformed,
    "no-path": _no_path,
    "critical-extension": _critical,
    "extension": _broken,
    "key-usage": _usage,
    "extended-key-usage": _extended,
}
