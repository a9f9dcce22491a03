"""What may be told to whom, and when: pure answers over the two policy tables.

The law forbids to tell anyone, before bids are opened, who signed up or how many did; a record of
such a stage is one bidder, so it goes to nobody new before its gate. This file knows no records, no
clock and no subscriptions: it says which gate stands, who may pass it early, and how each field may
look afterwards. Whether a gate is open is the caller's to know (from `lifted_by`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final

from certs.identity import uscc_ok
from hub.standard.book import Book
from hub.standard.model import Field, Stage


class Gate(StrEnum):
    """What a record waits for before it may go beyond its early holders."""

    NONE = "none"
    OPENING = "opening"
    AWARD = "award"
    RELEASE = "release"
    PUBLICATION = "publication"
    NEVER = "never"


class Audience(StrEnum):
    """Who looks, once the gate is open; each also sees what the ones before it see, but for INTERNAL."""

    PUBLIC = "public"
    PARTY = "party"
    REGULATOR = "regulator"
    INTERNAL = "internal"


_SEES: Final[Mapping[Audience, frozenset[str]]] = {
    Audience.PUBLIC: frozenset({"public"}),
    Audience.PARTY: frozenset({"public", "party"}),
    Audience.REGULATOR: frozenset({"public", "party", "regulator"}),
    Audience.INTERNAL: frozenset({"public", "party", "regulator", "internal"}),
}
ANY: Final = "*"
_WIDER: Final[Mapping[Audience, frozenset[Audience]]] = {
    audience: frozenset(Audience(name) for name in names) for audience, names in _SEES.items()
}
_SCOPE: Final = {"1": Audience.PUBLIC, "2": Audience.REGULATOR, "3": Audience.INTERNAL}
_INVITABLE: Final = frozenset({"eng-tender-project", "eng-section", "eng-tender-document"})


def gate(standard: Book, stage_id: str) -> Gate:
    """The gate that a stage's records wait at."""
    return Gate(standard.stage(stage_id).policy.gate)


def existence_sealed(standard: Book, stage_id: str) -> bool:
    """Must even the number of such records stay unknown before the gate (classes P and E)?"""
    return bool(standard.stage(stage_id).policy.classes & {"P", "E"})


def lifted_by(standard: Book, stage_id: str) -> tuple[str, ...]:
    """What opens the gate: a stage id (its accepted record), `field:NAME` (that time), `event:...`."""
    return standard.stage(stage_id).policy.lifted_by


def may_hold(standard: Book, stage_id: str, kind: str, relation: str = "none") -> bool:
    """May a receiver of this kind hold a record of this stage before its gate?

    `relation` is the receiver's part in this very deal: `running` (the system that runs it, as a
    rule the sender), `carrier`, `own`, `addressee`, `handler`, `media`, `sector` ... ; a subscription
    alone is `none`. A stage whose gate is `none` has nothing to wait for. Kind `ca` never holds one.
    """
    if kind == "ca":
        return False
    policy = standard.stage(stage_id).policy
    return any(
        allowed_kind in (ANY, kind) and allowed in (ANY, relation) for allowed_kind, allowed in policy.before
    )


def kept_closed(stage: Stage) -> bool:
    """Must a record be enciphered where it is kept: has it a sealed, personal or secret field?"""
    policies = (field.policy for field in stage.fields)
    return any({one.sealed_until, one.personal, one.secret} != {"none"} for one in policies)


def opens_at(standard: Book, stage_id: str, fields: Mapping[str, Any]) -> str | None:
    """The time written in the record itself that opens its gate, when it is of that sort.

    Always `YYYY-MM-DDTHH:MM:SS+08:00`; a date alone means its first second.
    """
    for rule in lifted_by(standard, stage_id):
        if rule.startswith("field:"):
            value = fields.get(rule.removeprefix("field:"))
            if not isinstance(value, str):
                return None
            return f"{value}T00:00:00+08:00" if len(value) == len("YYYY-MM-DD") else value
    return None


def fields_for(stage: Stage, audience: Audience) -> tuple[Field, ...]:
    """The fields of a stage that an audience may see once their seals are lifted."""
    return tuple(field for field in stage.fields if field.policy.openness in _SEES[audience])


def widest(
    stage: Stage, fields: Mapping[str, Any], *, invited: bool = False, lifted: Collection[str] = ()
) -> Audience:
    """The widest audience that a record as a whole may reach; its own values can narrow it.

    Scope of a violation, security level of an archive (rule 11); an invited tender is for its parties
    until the result notice (rule 12): told by the record itself, or by `invited` where it is silent.
    """
    scope = _SCOPE.get(str(fields.get("SCOPE"))) if stage.id == "credit-violation" else None
    if scope is not None:
        return scope
    if stage.id == "archive-record" and fields.get("SECURITY_LEVEL", "0") != "0":
        return Audience.INTERNAL
    if stage.id in _INVITABLE and "award" not in lifted:
        mode = fields.get("TENDER_MODE", fields.get("BID_TENDER_MODE"))
        if invited or mode == "2":
            return Audience.PARTY
    return Audience.PUBLIC


def view(
    stage: Stage,
    fields: Mapping[str, Any],
    audience: Audience,
    *,
    lifted: Collection[str] = (),
    invited: bool = False,
) -> dict[str, Any]:
    """The record as this audience may see it: sealed fields absent, personal ones masked.

    `lifted` names the gates already open for this section (`opening`, `release`, `award`).
    """
    limit = widest(stage, fields, invited=invited, lifted=lifted)
    if limit not in _WIDER[audience]:
        return {}
    seen: dict[str, Any] = {}
    for field in fields_for(stage, audience):
        value = fields.get(field.name)
        sealed = field.policy.sealed_until
        if value is None or (sealed != "none" and sealed not in lifted):
            continue
        if natural_person_code(stage, fields, field) and audience is not Audience.INTERNAL:
            continue
        natural = field.policy.natural_person and natural_person(stage, fields, field)
        if natural:
            seen[field.name] = mask(value, "tail4" if field.policy.mask == "tail4" else "surname")
        elif field.policy.natural_person and field.policy.personal == "none":
            seen[field.name] = value  # the mask beside `personal: none` is for natural persons only
        else:
            seen[field.name] = mask(value, field.policy.mask)
    return seen


def natural_person(stage: Stage, fields: Mapping[str, Any], field: Field) -> bool:
    """Rule NP: is this value a natural person's? What is not known to be a body's is taken for one.

    A code speaks for itself; a name is judged by the code that stands beside it in the record.
    """
    beside = code_beside(stage, field)
    return beside is None or not names_bodies(fields.get(beside.name))


def code_beside(stage: Stage, field: Field) -> Field | None:
    """The code that tells whether a field under rule NP means a body or a person; a code tells itself."""
    if _party_code(field):
        return field
    codes = [one for one in stage.fields if one.policy.natural_person and _party_code(one)]
    return max(codes, key=lambda one: _alike(one.name, field.name), default=None)


def natural_person_code(stage: Stage, fields: Mapping[str, Any], field: Field) -> bool:
    """Does this field hold a person's identity number? Those are internal, whatever the column says."""
    return field.policy.natural_person and _party_code(field) and natural_person(stage, fields, field)


def _alike(one: str, other: str) -> int:
    """How many characters two field names begin with in common: SELLER_NAME belongs to SELLER_CODE."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def names_bodies(codes: Any) -> bool:
    """Is this a credit code, or several of them?"""
    return isinstance(codes, str) and all(uscc_ok(code) for code in codes.removesuffix(";").split(";"))


def _party_code(field: Field) -> bool:
    return field.format is not None and field.format.startswith("party-code")


def mask(value: Any, how: str) -> Any:
    """`tail4` keeps the last four characters, `surname` the first, `full` none, `none` everything."""
    if how == "none" or value is None:
        return value
    text = value if isinstance(value, str) else str(value)
    if how == "tail4":
        return "*" * (len(text) - 4) + text[-4:] if len(text) > 4 else "*" * len(text)
    if how == "surname":
        return text[:1] + "*" * max(1, len(text) - 1) if text else text
    return "***"


def log_mask(field: Field, value: Any) -> Any:
    """For logs and load reports: every personal value hidden, whatever its mask column says."""
    return "***" if field.policy.personal != "none" else value
