"""The tokens of a sandbox: one for each CA, and some that must be refused, all of the test PKI.

Certificates are the ones a sandbox hub and `hutong sim up` know: the same world, out of the same seed. An RSA
hierarchy out of a seed takes seconds, so this is for a thread.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from certs.keys.held import HeldKey
from certs.testpki import declared as d
from certs.testpki.issue import DAY, SIGN, Blank
from certs.testpki.seals import sealed_by
from certs.testpki.vendor import VendorCa
from certs.testpki.world import World
from simulators.component.tokens import Token

_MAKER = "centre"


class _Row(NamedTuple):
    ca: str
    holder: str
    version: int = 0  # of its seal; 0 for none
    note: str = ""


_ROWS = (
    _Row("C01", "builder", 4),
    _Row("C02", "agency", 4, "RSA"),
    _Row("C03", "supplier", 5),
    _Row("C04", "builder", 4, "软介质"),
    _Row("C05", "supplier", 1, "签名值为 r‖s"),
    _Row("C03", "zhang", 0, "个人"),
    _Row("C01", "frozen", 4, "已冻结"),
    _Row("C03", "revoked", 4, "已吊销"),
)


def stock(world: World) -> dict[str, Token]:
    """By id."""
    made = [_token(world.vendors[row.ca], row) for row in _ROWS]
    made.append(_expired(world.vendors["C01"]))
    return {token.id: token for token in made}


def _token(vendor: VendorCa, row: _Row) -> Token:
    ident = f"{row.ca}-{row.holder}"
    signing = vendor.message_signer(row.holder)
    return Token(
        ident,
        _name(vendor, row.holder, row.note),
        row.ca,
        row.note,
        signing,
        vendor.encrypter(row.holder),
        _seals(vendor, ident, row) if row.version else {},
    )


def _expired(vendor: VendorCa) -> Token:
    """A certificate whose time ran out the day before the world's moment."""

    def late(blank: Blank) -> Blank:
        return replace(blank, not_before=vendor.now - 366 * DAY, not_after=vendor.now - DAY)

    key: HeldKey = vendor.issue("agency", SIGN, alter=late, label="sm2-sm3/agency/expired")
    return Token("C01-expired", _name(vendor, "agency", "已过期"), "C01", "已过期", key, key)


def _name(vendor: VendorCa, holder: str, note: str) -> str:
    return " · ".join(part for part in (vendor.holders[holder].name, vendor.declared.zh, note) if part)


def _seals(vendor: VendorCa, ident: str, row: _Row) -> dict[str, tuple[str, bytes]]:
    name = f"{vendor.holders[row.holder].name}(沙箱章)"
    seal = d.Seal(f"{ident}-seal", row.ca, row.holder, _MAKER, name, row.version)
    return {seal.id: (name, sealed_by(seal, vendor))}
