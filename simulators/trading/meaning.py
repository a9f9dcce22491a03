"""What the hub must understand of a record in a foreign form: what is carried, units as the form has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.nested import service


def meant(dialect: str, standard: Standard, stage: str, foreign: Mapping[str, Any]) -> dict[str, Any]:
    """The unified fields of a foreign record; the unit that a form leaves out is told where it is wanted.

    The unit stands also where the amount is absent but the standard requires it (FORMS.md).
    """
    found: dict[str, Any] = service(dialect, stage, "in").home(foreign)
    fields = {field.name: field for field in standard.stage(stage).fields}
    for row in Papers.load(dialect).rows(stage, "in"):
        kind, _, rest = row.form.partition(":")
        form, _, unit = rest.partition(":")
        if kind == "amount" and unit in fields and (row.standard in found or fields[unit].required):
            found[unit] = "1" if form == "wan" else "0"
    whole = {name for name, field in fields.items() if field.type == "integer"}
    return {n: int(v) if n in whole and str(v).isdigit() else v for n, v in found.items()}
