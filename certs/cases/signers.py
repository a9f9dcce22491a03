"""Keys that are wrong in one way each: expired, frozen, of another CA, with another identity, and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.keys.held import HeldKey
from certs.testpki.issue import DAY, SIGN, Alter, Blank
from certs.testpki.randomness import SeededKey, sm2_value
from certs.testpki.vendor import VendorCa

OTHER_ID = b"ALICE123@YAHOO.COM"


@dataclass(frozen=True, slots=True)
class Crooked(SeededKey):
    """Signs wrongly, the same way each time: `how` is one of `WAYS`."""

    how: str = ""

    def sign(self, message: bytes) -> bytes:
        return WAYS[self.how](self, message)


def _raw(key: Crooked, message: bytes) -> bytes:
    made = sm2_value(key.private, sm2.e_value(message, key.public))
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(made))


WAYS: dict[str, Callable[[Crooked, bytes], bytes]] = {
    "bad": lambda key, message: SeededKey.sign(key, b"else" + message),
    "wrong-id": lambda key, message: sm2_value(key.private, sm2.e_value(message, key.public, OTHER_ID)),
    "empty-id": lambda key, message: sm2_value(key.private, sm2.e_value(message, key.public, b"")),
    "without-z": lambda key, message: sm2_value(key.private, digest(message)),
    "raw": _raw,
}


def crooked(key: HeldKey, how: str) -> Crooked:
    stated = {one.name: getattr(key, one.name) for one in fields(HeldKey)}
    return Crooked(**stated, how=how)


def lived(begin: int, end: int) -> Alter:
    """Valid from that many days after the issuer's own beginning to that many."""

    def alter(blank: Blank) -> Blank:
        now = blank.not_before + DAY
        return replace(blank, not_before=now + begin * DAY, not_after=now + end * DAY)

    return alter


PERIODS = {"expired": lived(-400, -1), "not-yet-valid": lived(10, 400)}


def signer(vendor: VendorCa, stranger: VendorCa, defect: str, holder: str = "builder") -> HeldKey:
    """A holder's key with this defect; one without it if the defect is not one of keys."""
    if defect == "unknown-ca":
        return stranger.signer("neighbour")
    if defect in ("frozen", "revoked"):
        return vendor.signer(defect)
    if defect in PERIODS:
        label = f"case/{defect}/{holder}"
        return vendor.issue(holder, SIGN, alter=PERIODS[defect], label=label)
    if defect == "wrong-usage":
        return vendor.encrypter(holder)
    key = vendor.signer(holder)
    return crooked(key, defect) if defect in WAYS else key


def reissued(vendor: VendorCa, label: str, alter: Alter, *, by: str = "", holder: str = "builder") -> HeldKey:
    """A holder's certificate, altered; `by` is a crooked way in which the CA signs it."""
    blanks: list[Blank] = []

    def kept(blank: Blank) -> Blank:
        blanks.append(alter(blank))
        return blanks[-1]

    key = vendor.issue(holder, SIGN, alter=kept, label=f"case/{label}")
    issuer = vendor.issuing().key
    return replace(key, certificate=blanks[-1].signed(crooked(issuer, by))) if by else key
