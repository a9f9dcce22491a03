"""How values are written, as patterns that Python, ECMAScript, Rust and XML Schema read alike.

Only what all four understand: groups are plain, classes name their characters, nothing is anchored
(the binding that uses a pattern anchors it), no look-around. What the checker works out with a
calendar or a table of provinces is spelt out here, so that a schema alone can refuse 2026-02-30.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.standard.check.codes import HOME, PROVINCES
from hub.standard.model import CodeList

MAX_INTEGER = 2**53

# The white space of `str.strip`, which the checker uses to tell a blank value: code points in pairs.
BLANK_RANGES = (
    (0x09, 0x0D), (0x1C, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
    (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
)  # fmt: skip

_YEAR = "([0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][48]|[2468]0|[13579][26])00)"
_DAYS = (
    "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])",
    "(0[469]|11)-(0[1-9]|[12][0-9]|30)",
    "02-(0[1-9]|1[0-9]|2[0-8])",
)
DATE = f"({_YEAR}-({'|'.join(_DAYS)})|{_LEAP}-02-29)"
DATETIME = f"{DATE}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\+08:00"


_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\]")  # re.escape knows more, which ECMAScript would refuse


def _escape(found: re.Match[str]) -> str:
    return f"\\{found.group()}"


def decimal(precision: tuple[int, int] | None) -> str:
    """Plain notation, no superfluous zero in front; `precision` is digits in all and behind the point."""
    if precision is None:
        return "-?(0|[1-9][0-9]*)(\\.[0-9]+)?"
    digits, behind = precision
    more = digits - behind - 1
    whole = "0" if more < 0 else f"(0|[1-9][0-9]{{0,{more}}})"
    return f"-?{whole}" + (f"(\\.[0-9]{{1,{behind}}})?" if behind else "")


def big_integer(length: int | None) -> str | None:
    """Integers beyond 2^53, which travel as strings; None when so many digits are not allowed."""
    least = str(MAX_INTEGER + 1)
    if length is not None and length < len(least):
        return None
    above = [
        least[:place]
        + (f"[{int(digit) + 1}-9]" if digit != "8" else "9")
        + f"[0-9]{{{len(least) - place - 1}}}"
        for place, digit in enumerate(least)
        if digit != "9"
    ]
    forms = [least, *(form.removesuffix("[0-9]{0}") for form in above)]
    if length is None:
        forms.append(f"[1-9][0-9]{{{len(least)},}}")
    elif length > len(least):
        forms.append(f"[1-9][0-9]{{{len(least)},{length - 1}}}")
    return f"-?({'|'.join(forms)})"


def one_of(codes: Iterable[str]) -> str:
    """Any one of these codes."""
    return f"({'|'.join(_SPECIAL.sub(_escape, code) for code in codes)})"


def several(codes: CodeList) -> str:
    """R10: codes of the list with semicolons between, one more at the end allowed."""
    one = one_of(codes.codes)
    return f"{one}(;{one})*;?"


def region(codes: CodeList) -> str:
    """R09: a region of the table, or six digits that begin with another province."""
    others = sorted(PROVINCES - {HOME})
    return f"({'|'.join(codes.codes)}|{one_of(others)}[0-9]{{4}})"
