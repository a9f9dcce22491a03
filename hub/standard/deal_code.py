"""统一交易标识码: the one identity of a deal, `class(3)-credit code(18)-date(8)-sequence(6)-check(1)`.

Its check character is ISO 7064 MOD 37-2 over the code without hyphens, the only rule a province was
seen to compute; real codes were met that fail it, so a wrong one is worth a word and never a refusal.
"""

from __future__ import annotations

from datetime import date

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}


def mod_37_2(text: str) -> str:
    """The check character of `text` (0-9 A-Z); ValueError on anything else."""
    total = 0
    for symbol in text:
        value = _VALUE.get(symbol, 36)
        if value == 36:
            raise ValueError(f"{symbol!r} is not of 0-9 A-Z")
        total = (total + value) * 2
    return ALPHABET[(1 - total) % 37]


def check_character(code: str) -> str:
    """What the last character of a whole deal code should be."""
    return mod_37_2(code.rpartition("-")[0].replace("-", ""))


def make(trade_class: str, credit_code: str, day: date, sequence: int) -> str:
    """A deal code of 40 characters."""
    body = f"{trade_class}-{credit_code}-{day:%Y%m%d}-{sequence:06d}"
    return f"{body}-{mod_37_2(body.replace('-', ''))}"
