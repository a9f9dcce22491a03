"""Companies without number, each with a valid code of its own and a pair of certificates of some CA.

For loads and openings: making a thousand RSA keys would cost more than all that is done with them, so those
of one CA share their keys. The certificates are each their own, in the style of the CA.
"""

from __future__ import annotations

from dataclasses import dataclass

from certs.identity import make_uscc
from certs.keys.held import HeldKey
from certs.testpki.declared import Holder
from certs.testpki.issue import ENCIPHER, SIGN
from certs.testpki.style import RawKey
from certs.testpki.vendor import VendorCa


@dataclass(frozen=True, slots=True)
class Company:
    """`message` signs as the CA's own kit does (raw r‖s where it has that habit)."""

    code: str
    name: str
    signing: HeldKey
    encryption: HeldKey
    message: HeldKey


def company(vendor: VendorCa, number: int, algorithm: str | None = None) -> Company:
    """The same number is the same company at every CA; a certificate is a new one each time."""
    code = make_uscc("91", "620000", f"MA7{number:05d}")
    who = Holder(f"company-{number}", "organisation", f"沙箱众商第{number}有限公司", code)
    algorithm = algorithm or vendor.algorithms[0]
    pair = vendor.declared.pair
    both = SIGN if pair else (*SIGN, *ENCIPHER)
    signing = vendor.certify(who, both, algorithm, f"{algorithm}/crowd/sign")
    enciphering = vendor.certify(who, ENCIPHER, algorithm, f"{algorithm}/crowd/encipher") if pair else signing
    raw = "raw-signature" in vendor.declared.quirks and algorithm == "sm2-sm3"
    return Company(code, who.name, signing, enciphering, RawKey.like(signing) if raw else signing)
