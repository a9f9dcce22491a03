"""Which fields of a record a receiving system is told, once it may hold the record at all.

One answer for every delivery, so that no adapter can forget it: the public side gets what anyone may
see, in the form anyone may see it; those who watch over the deal or act on it get what their openness
column allows, in full, because a masked telephone number is no use to an authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.standard.model import Stage
from hub.standard.policy import Audience, fields_for, log_mask, natural_person_code, view, widest

PUBLIC_SIDE: Final = frozenset(
    {"e-service", "platform", "upward", "data", "service-hall", "mall", "e-trading", "chain"}
)
WATCHING: Final = frozenset(
    {"supervision", "approval", "credit", "expert", "remote-eval", "witness", "archive", "onboarding"}
)
CHAIN: Final = "chain"
# In `body.ext`, these speak to the hub: when to deliver at the earliest, and until when it is worth it.
AFTER, UNTIL = "DELIVER_AFTER", "VALID_UNTIL"
TO_THE_HUB: Final = frozenset({AFTER, UNTIL})
# Gates open one after another: a record past a later one is past the earlier ones too.
PASSED: Final[Mapping[str, frozenset[str]]] = {
    "none": frozenset(),
    "publication": frozenset(),
    "opening": frozenset({"opening"}),
    "release": frozenset({"opening", "release"}),
    "award": frozenset({"opening", "release", "award"}),
    "never": frozenset(),
}


def audience_of(kind: str) -> Audience:
    """As whom a system of this kind (`systems.csv`) receives: whatever is not known watches nothing."""
    if kind in WATCHING:
        return Audience.REGULATOR
    return Audience.PUBLIC if kind in PUBLIC_SIDE else Audience.PARTY


def told(stage: Stage, fields: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The fields that go to a system of this kind; empty where the record is not for it at all.

    The caller has already decided that the system may hold the record now. A field sealed for longer
    than its record stays behind.
    """
    audience, lifted = audience_of(kind), PASSED[stage.policy.gate]
    if audience is Audience.PUBLIC:
        seen = view(stage, fields, audience, lifted=lifted)
        # What is written to a chain cannot be taken back: only what the table lets stand there in clear.
        clear = {field.name for field in stage.fields if field.policy.on_chain == "value"}
        return {name: seen[name] for name in seen if kind != CHAIN or name in clear}
    if widest(stage, fields, lifted=lifted) is Audience.INTERNAL:
        return {}
    return {
        field.name: fields[field.name]
        for field in fields_for(stage, audience)
        if field.name in fields
        and (field.policy.sealed_until == "none" or field.policy.sealed_until in lifted)
        and not natural_person_code(stage, fields, field)
    }


def whole(stage: Stage, kind: str) -> bool:
    """May it have what escapes the columns too (free extras, attachments)? Only who may see every field."""
    audience, lifted = audience_of(kind), PASSED[stage.policy.gate]
    seen = {field.name for field in fields_for(stage, audience)}
    return all(
        field.name in seen and field.policy.sealed_until in {"none", *lifted} for field in stage.fields
    )


def filled(stage: Stage, fields: Mapping[str, Any], hidden: str) -> dict[str, Any]:
    """Every field that is there, for a score: its value only where it is nobody's own and past its seal."""
    passed = {"none", *PASSED[stage.policy.gate]}
    shown = {}
    for field in stage.fields:
        if field.name in fields:
            closed = field.policy.sealed_until not in passed or natural_person_code(stage, fields, field)
            shown[field.name] = hidden if closed else log_mask(field, fields[field.name])
    return shown
