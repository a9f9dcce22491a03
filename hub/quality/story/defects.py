"""Ways to spoil the fields of a sound record; each answers new fields, or None where it does not apply.

They know the tables of the standard, not the rules that will find them.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hub.standard.deal_code import check_character
from hub.standard.model import Fields, Stage

CONTRADICTED = frozenset(
    {"eng-bid-opening", "eng-candidate-publicity", "eng-result-notice", "eng-award-letter", "contract-sign",
     "gp-opening", "gp-deal-notice", "gp-contract"}
)  # fmt: skip


def blank(stage: Stage, fields: Fields, rng: Random) -> Fields | None:
    """One or two mandatory fields left empty, as an export from a form that did not insist."""
    names = [field.name for field in stage.fields if field.required and field.format is None]
    if not names:
        return None
    return {**fields, **dict.fromkeys(rng.sample(names, min(len(names), rng.randint(1, 2))), "")}


def miscode(stage: Stage, fields: Fields, rng: Random) -> Fields | None:
    """A code from the platform's own tables, a mistyped credit code, or a date in its own form."""
    ways: list[tuple[str, Any]] = []
    for field in stage.fields:
        value = fields.get(field.name)
        if not isinstance(value, str) or not value:
            continue
        if field.code_list == "region":
            ways.append((field.name, "629999"))
        elif field.code_list and not field.multi:
            ways.append((field.name, "Z" * len(value)))
        elif field.format in ("uscc", "party-code"):
            ways.append((field.name, _mistyped(value)))
        elif field.type == "datetime":
            ways.append((field.name, value[:19].replace("T", " ")))
    if not ways:
        return None
    name, value = rng.choice(ways)
    return {**fields, name: value}


def _mistyped(code: str) -> str:
    """The last but one character typed wrong."""
    return f"{code[:-2]}{'1' if code[-2] != '1' else '2'}{code[-1]}"


def contradict(stage: Stage, fields: Fields, rng: Random) -> Fields | None:
    """Sound in itself, but not with the other records of the deal."""
    if stage.id not in CONTRADICTED:
        return None
    found = [spoiled for way in (_other_deal, _other_unit) if (spoiled := way(stage, fields)) is not None]
    return rng.choice(found) if found else None


def _other_deal(stage: Stage, fields: Fields) -> Fields | None:
    """A deal code drawn anew instead of kept; its check character is right."""
    for name in ("UNIFIED_DEAL_CODE", "UNIFIED_DEAL_CODES"):
        code = fields.get(name)
        if isinstance(code, str) and len(code) == 40:
            parts = code.split("-")
            parts[3] = f"{(int(parts[3]) + 500_000) % 10**6:06d}"
            renewed = "-".join(parts)
            return {**fields, name: renewed[:-1] + check_character(renewed)}
    return None


def _other_unit(stage: Stage, fields: Fields) -> Fields | None:
    """Yuan declared as ten thousand yuan, or the other way round."""
    if not stage.id.endswith(("result-notice", "award-letter", "contract-sign", "gp-contract")):
        return None
    unit = fields.get("PRICE_UNIT")
    return None if unit not in ("0", "1") else {**fields, "PRICE_UNIT": "1" if unit == "0" else "0"}


def leave(stage: Stage, fields: Fields, rng: Random, chance: float) -> Fields:
    """Optional fields left out, each with that chance; those a condition asks for stay."""
    kept = {"PRICE_UNIT", "PRICE_UINT", "UNIT_BUDGET", "INVEST_PROJECT_CODE", "MARGIN_AMOUNT_UNIT"}
    optional = {
        field.name
        for field in stage.fields
        if not field.required and field.name not in kept and field.type != "decimal"
        and not field.name.startswith(("TENDER_AGENCY", "POST_"))
    }  # fmt: skip
    return {name: value for name, value in fields.items() if name not in optional or rng.random() >= chance}
