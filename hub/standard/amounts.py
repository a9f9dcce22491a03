"""R04: an amount beyond three thousand million yuan waits for a person to release it.

Only the arithmetic is here; who releases, and where the record waits, is the hub's.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

LIMIT = Decimal(3_000_000_000)
HELD = (("CONTRACT_RECKON_PRICE", "PRICE_UNIT"), ("BID_AMOUNT", "PRICE_UNIT"))
IN_YUAN = {"0": Decimal(1), "1": Decimal(10_000)}


def yuan(amount: Any, unit: Any) -> Decimal | None:
    """The amount in yuan; None when it is not an amount in a unit we know."""
    factor = IN_YUAN.get(unit) if isinstance(unit, str) else None
    if factor is None or not isinstance(amount, str):
        return None
    try:
        return Decimal(amount) * factor
    except InvalidOperation:
        return None


def held(fields: Mapping[str, Any]) -> str | None:
    """The name of the field whose amount asks for a manual release, None when none does.

    A rate or unit price (PRICE_FORM_CODE other than 1) is no amount.
    """
    if fields.get("PRICE_FORM_CODE", "1") != "1":
        return None
    for name, unit in HELD:
        amount = yuan(fields.get(name), fields.get(unit))
        if amount is not None and amount > LIMIT:
            return name
    return None
