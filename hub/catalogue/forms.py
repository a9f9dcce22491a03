"""How a value looks abroad: the `form` column of a dialect's `fields.csv`, one direction only.

This is the judge's reading of the papers. Adapters and simulators bring their own reading, so
that a delivery checked with this one cannot agree by sharing a mistake. The catalogue of forms
is `data/dialects/FORMS.md`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal

BEIJING = timezone(timedelta(hours=8))
_TOKENS = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|H|'[^']*'")
_WAN = Decimal(10000)
_UNIT_WAN = "1"

Codes = Mapping[str, Mapping[str, str]]


def plain(number: Decimal) -> str:
    """Plain notation without exponent or trailing zeros: `1234.5`, `0`, `1000`."""
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def stamp(moment: datetime, pattern: str) -> str:
    """A moment in Beijing local time, in one of the patterns of FORMS.md."""
    local = moment.astimezone(BEIJING) if moment.tzinfo else moment
    if pattern == "local-no-zone":
        pattern = "yyyy-MM-dd'T'HH:mm:ss"
    if pattern == "with-zone":
        pattern = "yyyy-MM-dd'T'HH:mm:ss'+08:00'"
    if pattern == "epoch-ms":
        return str(int(moment.timestamp() * 1000))
    parts = {
        "yyyy": f"{local.year:04d}",
        "MM": f"{local.month:02d}",
        "dd": f"{local.day:02d}",
        "HH": f"{local.hour:02d}",
        "mm": f"{local.minute:02d}",
        "ss": f"{local.second:02d}",
        "M": str(local.month),
        "d": str(local.day),
        "H": str(local.hour),
    }
    return _TOKENS.sub(lambda m: parts.get(m[0], m[0].strip("'")), pattern)


def _amount(value: str, unit: str | None, wanted: str) -> str:
    number, is_wan = Decimal(value), unit == _UNIT_WAN
    if wanted == "wan" and not is_wan:
        number = number / _WAN
    elif wanted != "wan" and is_wan:
        number = number * _WAN
    return two_decimals(plain(number)) if wanted == "yuan2" else plain(number)


def two_decimals(text: str) -> str:
    """At least two decimals, none lost: `5` is `5.00`, `5.125` stays."""
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def abroad(form: str, value: str, record: Mapping[str, str], codes: Codes) -> str:
    """The foreign text of one standard value.

    `record` is the whole unified record (an amount looks at its unit there), `codes` maps
    map id -> standard code -> foreign spelling. Raises KeyError for a code without a spelling
    and ValueError for a form FORMS.md does not know: both are faults of the papers.
    """
    kind, _, rest = form.partition(":")
    if kind in ("text", "int") or form == "amount:plain":
        return value
    if kind in ("datetime", "date"):
        return stamp(datetime.fromisoformat(value), rest)
    if kind == "amount":
        wanted, _, unit_field = rest.partition(":")
        return _amount(value, record.get(unit_field), wanted)
    if kind == "code":
        return ";".join(codes[rest][part] for part in value.split(";") if part)
    if kind == "list":
        return rest.join(part for part in value.split(";") if part)
    raise ValueError(f"form {form!r} is not in FORMS.md")


def row_key(sender: str, stage: str, key: str, shape: str) -> str:
    """The idempotency key a receiver sees: the same for every attempt and every version of one record.

    `shape` is `key_shape` of `dialect.toml`: uuid, hex32, HEX32 or hex64.
    """
    digest = hashlib.sha256(f"{sender}|{stage}|{key}".encode()).hexdigest()
    short = digest[:32]
    if shape == "uuid":
        return f"{short[:8]}-{short[8:12]}-{short[12:16]}-{short[16:20]}-{short[20:]}"
    if shape == "hex32":
        return short
    if shape == "HEX32":
        return short.upper()
    if shape == "hex64":
        return digest
    raise ValueError(f"key_shape {shape!r} is not in FORMS.md")
