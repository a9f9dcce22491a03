"""What one record means for the hub: whose it is, what it belongs to, what seals it, what it opens.

Pure derivation from the envelope and the policy tables; nothing is looked up. Codes leave this file
only as tokens (field-policy.md, rule 8): an `Outline` says of what names they are to be made, so that all
tokens of a message are made at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from hub.catalogue import sections as told
from hub.catalogue.gates import carried
from hub.index.tokens import Tokens
from hub.message import Written, record_digest
from hub.pipeline.plan import EVENT, NEVER, OWN, UNSEALED, Plan, plan_of
from hub.standard import Standard

TENDER = ("TENDER_PROJECT_CODE", "PURCHASE_PROJECT_CODE")
SECTION = ("BID_SECTION_CODE", "BID_SECTION_CODES", "PURCHASE_SECTION_CODE")
PLACED = ("PROJECT_CODE", "TENDER_PROJECT_CODE", "BID_SECTION_CODE")
DEAL_LENGTH = 20  # a section's code is that of its tender project and three digits
OPENED = "BID_OPENING_TIME"
TIMES = 4096  # kept: the records of a deal say the same times, and reading one takes a microsecond

Name = tuple[str, ...]


class Facts(NamedTuple):
    """Tokens and times of one record. `seals` and `opens` are gates, `own_time` when it publishes itself.
    `scopes` are the sections it speaks of, `runs` under what their owners stand (none in engineering: that is
    who registered the `parent`), `announces` says until when bids are delivered, `claims` whose owner its
    sender becomes."""

    sender: str
    stage: str
    op: str
    version: int
    record_key: int
    natural_key: int | None
    natural_is_code: bool
    digest: bytes
    parent: int | None
    registers: int | None
    seals: tuple[int, ...]
    opens: tuple[int, ...]
    own_time: int | None
    secret: bool
    is_opening: bool
    opened_at: int | None
    scopes: tuple[int, ...]
    runs: tuple[int, ...]
    announces: tuple[tuple[int, int], ...]
    claims: tuple[int, ...]
    region: str


class Outline(NamedTuple):
    """`names`: what tokens are to be made of, the record's own first, then as many as is said of each."""

    plan: Plan
    body: Mapping[str, Any]
    sender: str
    names: list[Name]
    natural: int
    parent: int
    registers: int
    seals: int
    opens: int
    scopes: int

    def facts(self, made: Sequence[int], digest: bytes) -> Facts:
        """With the tokens of its names, in their order."""
        plan, fields = self.plan, self.body["fields"]
        parent = 1 + self.natural
        registers = parent + self.parent
        seals = registers + self.registers
        opens = seals + self.seals
        scopes = opens + self.opens
        runs = scopes + self.scopes
        until = _until(plan, fields, self.body.get("ext"))
        return Facts(
            self.sender,
            plan.stage,
            self.body["op"],
            self.body["version"],
            made[0],
            made[1] if self.natural else None,
            plan.natural_is_code,
            digest,
            made[parent] if self.parent else None,
            made[registers] if self.registers else None,
            tuple(made[seals:opens]),
            tuple(made[opens:scopes]),
            _time(fields.get(plan.lifter)) if plan.sealed == OWN else None,
            plan.secret,
            plan.opening,
            _time(fields.get(OPENED)) if plan.opening else None,
            tuple(made[scopes:runs]),
            tuple(made[runs : len(self.names)]),
            () if until is None else tuple((scope, until) for scope in made[scopes:runs]),
            (),
            _region(fields),
        )


def micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def derive(
    envelope: Mapping[str, Any],
    hub_id: str,
    standard: Standard,
    tokens: Tokens,
    written: Written | None = None,
) -> Facts:
    """Facts of a record that passed the stateless checks; `written` saves writing its body anew."""
    sketch = outline(envelope, hub_id, standard)
    digest = written.record_digest() if written is not None else record_digest(envelope["body"])
    return sketch.facts(tokens.many(sketch.names), digest)


def outline(envelope: Mapping[str, Any], hub_id: str, standard: Standard) -> Outline:
    """What there is to say of such a record, before its tokens are made."""
    head, body = envelope["head"], envelope["body"]
    sender, fields = head["from"], body["fields"]
    plan = plan_of(standard.stage(head["stage"]), standard)
    tender, sections = _first(fields, TENDER), _sections(fields)
    natural = _natural(plan, sender, fields)
    parent = [("tender", tender)] if tender and plan.child else []
    registers = [("tender", str(fields[plan.registers]))] if plan.registers else []
    seals = _seals(plan, sender, body["key"], hub_id, tender, sections)
    opens = _gates(plan.stage, tender, sections, wide=plan.opens_wide) if plan.opens else []
    spoken = _spoken(plan, fields, tender)
    scopes: list[Name] = [("scope", one) for one in spoken]
    registered = plan.speaks is not None and plan.speaks.registered
    runs: list[Name] = [] if registered else [runner(one) for one in spoken]
    names: list[Name] = [
        ("record", sender, plan.stage, body["key"]), *natural, *parent, *registers, *seals, *opens,
        *scopes, *runs,
    ]  # fmt: skip
    return Outline(
        plan, body, sender, names, len(natural), len(parent), len(registers), len(seals), len(opens),
        len(scopes),
    )  # fmt: skip


def _natural(plan: Plan, sender: str, fields: Mapping[str, Any]) -> list[Name]:
    """Its natural key, if it says all of it.

    Inside a seal, keys are compared among the sender's own records only: an answer that depended on
    somebody else's record would tell that it exists.
    """
    values = [str(fields[name]) for name in plan.natural if fields.get(name)]
    if len(values) != len(plan.natural):
        return []
    return [("natural", plan.stage, sender, *values) if plan.secret else ("natural", plan.stage, *values)]


def _first(fields: Mapping[str, Any], names: Name) -> str:
    for name in names:
        value = fields.get(name)
        if value:
            return str(value)
    return ""


def _sections(fields: Mapping[str, Any]) -> list[str]:
    return _listed(_first(fields, SECTION))


def _listed(codes: str) -> list[str]:
    return [code for code in codes.split(";") if code] if codes else []


def _spoken(plan: Plan, fields: Mapping[str, Any], tender: str) -> list[str]:
    """Names of the sections whose deadline it heeds or sets; of the tender, where an opening lists none."""
    speaks = plan.speaks
    if speaks is None:
        return []
    own = speaks.sections(fields)
    if speaks.registered:
        return own or ([tender] if tender else [])
    whole = bool(tender) and not (plan.opening and own)
    return [*own, told.whole(tender)] if whole else own


def _until(plan: Plan, fields: Mapping[str, Any], ext: Any) -> int | None:
    if plan.speaks is None:
        return None
    beside = ext if isinstance(ext, Mapping) else {}
    times = (_time(text) for text in plan.speaks.announces(fields, beside))
    return max((at for at in times if at is not None), default=None)


def runner(section: str) -> Name:
    """Under what the owner of a section stands that no registered tender holds."""
    return ("runs", section)


def _time(text: Any) -> int | None:
    return _read(str(text))


@lru_cache(TIMES)
def _read(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return micros(moment) if moment.tzinfo else None


def _region(fields: Mapping[str, Any]) -> str:
    """The region the record says, else that inside the project code (E + region + ...)."""
    if fields.get("REGION_CODE"):
        return str(fields["REGION_CODE"])
    code = _first(fields, PLACED)
    return code[1:7] if len(code) >= 7 and code[1:7].isdigit() else ""


def _seals(plan: Plan, sender: str, key: object, hub_id: str, tender: str, sections: list[str]) -> list[Name]:
    """The gates that must lift."""
    kind, lifter = plan.sealed, plan.lifter
    if kind == UNSEALED:
        return []
    if kind in (OWN, NEVER):
        return [(kind, hub_id)]
    if kind == EVENT:
        about = (sections or [tender or hub_id]) if plan.wide else [str(key)]
        return [_event(lifter, sender, one) for one in about]
    return _gates(lifter, tender, sections, wide=plan.wide) or [(NEVER, hub_id)]


def _gates(lifter: str, tender: str, sections: list[str], *, wide: bool) -> list[Name]:
    scopes = [tender] if wide else sections or [tender]
    return [("gate", lifter, code) for code in scopes if code]


def _event(event: str, sender: str, value: str) -> Name:
    return ("event", event, sender, value)


def deal_of(fields: Mapping[str, Any]) -> str:
    """The tender project that a message without a stage names, itself or by its section; "" for none."""
    said = _first(fields, TENDER)
    section = fields.get("section")
    code = section.get("BID_SECTION_CODE") if isinstance(section, Mapping) else None
    return said or (str(code)[:DEAL_LENGTH] if code else "")


def event_gate(tokens: Tokens, event: str, sender: str, value: str) -> int:
    """The gate of an event for what one sender sealed: nobody else's event ever opens it."""
    return tokens.of(*_event(event, sender, value))


def event_times(envelope: Mapping[str, Any], tokens: Tokens) -> tuple[tuple[int, int], ...]:
    """Gates that a message without a stage lifts as the event it is, each with its time."""
    head, fields = envelope["head"], envelope["body"]["fields"]
    section = fields.get("section")
    code = section.get("BID_SECTION_CODE") if isinstance(section, Mapping) else None
    return tuple(
        (event_gate(tokens, row.name, head["from"], str(code)), at)
        for row in carried(head["msgType"])
        if code and (at := _time(fields.get(row.time))) is not None
    )
