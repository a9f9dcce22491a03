"""What a text found in a certificate is: its check character decides, not the place where it stood.

Credit code (GB 32100), resident identity number (GB 11643), organisation code (GB 11714), the fifteen digits
of the old business registration (ISO 7064 MOD 11,10), the old tax number (region and organisation code).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from certs import identity
from certs.subject.rules import ORGANISATION, REGISTRATION, RESIDENT, TAX, USCC, VENDOR

# GB/T 2260 by its tens: 10 is the national register, then provinces from the given digit to the other.
_REGIONS = frozenset(
    f"{ten}{one}"
    for ten, ones in {"1": "012345", "2": "123", "3": "1234567", "4": "123456", "5": "01234", "6": "12345",
                      "7": "1", "8": "12"}.items()
    for one in ones
)  # fmt: skip
_SHAPES = {
    USCC: re.compile(r"[0-9A-Z]{18}", re.ASCII),
    RESIDENT: re.compile(r"\d{17}[0-9X]", re.ASCII),
    ORGANISATION: re.compile(r"[0-9A-Z]{8}[0-9X]"),
    REGISTRATION: re.compile(r"\d{15}", re.ASCII),
    TAX: re.compile(r"\d{6}[0-9A-Z]{8}[0-9X]", re.ASCII),
}


def normal(text: str) -> str:
    """The form in which codes are compared: half-width, upper case, without blanks and hyphens."""
    return re.sub(r"[\s\x00-]", "", unicodedata.normalize("NFKC", text)).upper()


def shaped(code: str, kinds: Iterable[str]) -> list[str]:
    """Those of these kinds whose shape the code has, sound or not."""
    return [kind for kind in kinds if kind in _SHAPES and _SHAPES[kind].fullmatch(code)]


def sound(code: str, kind: str) -> bool:
    """Can this code of this kind exist?"""
    if not shaped(code, (kind,)):
        return False
    if kind == USCC:
        return identity.uscc_ok(code) and code[2:4] in _REGIONS
    if kind == RESIDENT:
        return identity.resident_ok(code) and code[:2] in _REGIONS
    if kind == ORGANISATION:
        return identity.organisation_ok(code)
    if kind == REGISTRATION:
        return registration_ok(code)
    return identity.organisation_ok(code[6:]) and code[:2] in _REGIONS


def kinds_of(code: str, kinds: Iterable[str]) -> list[str]:
    """What it can be among these kinds; a vendor's own number can be anything."""
    chosen = tuple(kinds)
    found = [kind for kind in shaped(code, chosen) if sound(code, kind)]
    return found or ([VENDOR] if VENDOR in chosen and code else [])


def registration_ok(code: str) -> bool:
    """Fifteen digits whose last is the check digit of ISO 7064 MOD 11,10."""
    if len(code) != 15 or not code.isascii() or not code.isdigit():
        return False
    product = 10
    for digit in code[:14]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return (product + int(code[14])) % 10 == 1


def shown(code: str, kind: str) -> str:
    """A code as it may be printed: a person's number masked, whatever it was taken for."""
    if kind == RESIDENT and len(code) > 7:
        return f"{code[:3]}{'*' * (len(code) - 7)}{code[-4:]}"
    return identity.masked(code)
