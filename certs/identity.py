"""Check characters of the codes that name a body or a person.

They stand here and not in the standard, because certificates carry the same codes in their subjects.
Three schemes: GB 32100 (unified social credit code, modulus 31), GB 11714 (organisation code inside
it, modulus 11) and GB 11643 (resident identity number, ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import re
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# The weights of GB 32100 are the powers of 3 modulo 31, and 34 is 3 modulo 31: read backwards as a number
# in base 34 a code has the very sum, and `int` works it out in C. What is no symbol becomes no digit.
_USCC_DIGITS = bytes(
    b"0123456789ABCDEFGHIJKLMNOPQRSTU"[USCC_ALPHABET.index(chr(code))] if chr(code) in USCC_ALPHABET else 36
    for code in range(256)
)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_VALUE = {symbol: value for value, symbol in enumerate(ORGANISATION_ALPHABET)}
_RESIDENT_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_RESIDENT_CHECK = "10X98765432"
_DIGITS = frozenset("0123456789")


def organisation_check(body: str) -> str:
    """The ninth character of an organisation code for its first eight (GB 11714)."""
    if len(body) != 8 or any(symbol not in _ORGANISATION_VALUE for symbol in body):
        raise ValueError("an organisation code body is 8 characters 0-9 A-Z")
    total = sum(_ORGANISATION_VALUE[s] * w for s, w in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def organisation_ok(code: str) -> bool:
    """Is this an organisation code (9 characters, hyphen before the last allowed)?"""
    code = code.replace("-", "", 1) if len(code) == 10 and code[8] == "-" else code
    try:
        return len(code) == 9 and organisation_check(code[:8]) == code[8]
    except ValueError:
        return False


def uscc_check(body: str) -> str:
    """The eighteenth character of a credit code for its first seventeen (GB 32100)."""
    try:
        if len(body) == 17:
            return USCC_ALPHABET[-int(body.encode("ascii").translate(_USCC_DIGITS)[::-1], 34) % 31]
    except ValueError:
        pass
    raise ValueError("a credit code body is 17 characters 0-9 A-Z without I O S V Z")


def uscc_ok(code: str) -> bool:
    """Has this credit code the right check character?

    The organisation code inside (characters 9 to 17) is not asked for its own digit: real codes of
    the merged register are known whose inner digit does not compute.
    """
    try:
        digits = code.encode("ascii").translate(_USCC_DIGITS)[16::-1]
        return len(code) == 18 and USCC_ALPHABET[-int(digits, 34) % 31] == code[17]
    except ValueError:
        return False


def make_uscc(kind: str, region: str, organisation: str) -> str:
    """A credit code from its parts: registrar and class (2), region (6), organisation body (8)."""
    body = f"{kind}{region}{organisation}{organisation_check(organisation)}"
    return body + uscc_check(body)


def resident_check(body: str) -> str:
    """The eighteenth character of a resident identity number (GB 11643) for its first seventeen."""
    if len(body) != 17 or not _DIGITS.issuperset(body):
        raise ValueError("a resident identity body is 17 digits")
    return _RESIDENT_CHECK[sum(int(s) * w for s, w in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11]


def resident_ok(number: str) -> bool:
    """Right check character, and a birthday that the calendar has."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        return len(number) == 18 and resident_check(number[:17]) == number[17]
    except ValueError:
        return False


def looks_resident(value: str) -> bool:
    """The shape of a resident identity number, true check character or not: enough to mask it."""
    return len(value) == 18 and _DIGITS.issuperset(value[:17]) and (value[17] in _DIGITS or value[17] in "Xx")


# Region, birthday, sequence, check; written as text, or as the hexadecimal digits of a bit string's octets.
_PERSON = re.compile(
    r"\d{6}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
    r"|(?:3\d){17}(?:3\d|[57]8)",
    re.ASCII,
)


def masked(text: str) -> str:
    """The text with every resident number in it cut to the first digits of its region and its last four."""
    return _PERSON.sub(_cut, text)


def _cut(found: re.Match[str]) -> str:
    return f"{found[0][:3]}{'*' * 11}{found[0][-4:]}" if len(found[0]) == 18 else "***"


def make_resident(region: str, birthday: date, sequence: int) -> str:
    """A resident identity number; an odd `sequence` is a man's, an even one a woman's."""
    body = f"{region}{birthday:%Y%m%d}{sequence:03d}"
    return body + resident_check(body)


def party_ok(code: str) -> bool:
    """A credit code or a resident identity number whose check character is right.

    A wrong resident number computes as a credit code once in 31 times. So what has the shape of one
    counts as a credit code only if a region could begin where a credit code has its region.
    """
    if code[8:17].isdigit() and looks_resident(code) and not _region_may_begin(code[2:4]):
        return resident_ok(code)
    return uscc_ok(code) or resident_ok(code)


def _region_may_begin(start: str) -> bool:
    """10 is the national register; provinces begin 11 to 15, 21 to 23 ... 81 and 82 (GB/T 2260)."""
    last = {"1": 5, "2": 3, "3": 7, "4": 6, "5": 4, "6": 5, "7": 1, "8": 2}
    return start in ("10", "50") or 1 <= int(start[1]) <= last.get(start[0], 0)
