"""What one record means for the hub: whose it is, what it belongs to, what seals it, what it opens.

Pure derivation from the envelope and the policy tables; nothing is looked up. Codes leave this file
only as tokens (field-policy.md, rule 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.catalogue.gates import SECTION as BY_SECTION
from hub.catalogue.gates import carried, events
from hub.index.tokens import Tokens
from hub.message import Written, record_digest
from hub.standard import Stage, Standard

TENDER = ("TENDER_PROJECT_CODE", "PURCHASE_PROJECT_CODE")
SECTION = ("BID_SECTION_CODE", "BID_SECTION_CODES", "PURCHASE_SECTION_CODE")
REGISTERS = {"eng-tender-project": "TENDER_PROJECT_CODE"}
# A notice speaks for the whole tender, whichever sections it lists.
TENDER_WIDE = frozenset({"eng-tender-notice"})
OPENING = frozenset({"eng-bid-opening", "gp-opening"})
ANNOUNCES = ("BID_OPEN_TIME", "POST_OPEN_TIME", "BID_DOC_REFER_END_TIME")
OPENED = "BID_OPENING_TIME"
# Classes whose very existence is told to nobody before the gate; an unpublished O record is only early.
EXISTENCE = frozenset("PERISK")


@dataclass(frozen=True, slots=True)
class Facts:
    """Tokens and times of one record. `seals` and `opens` are gates, `own_time` when it publishes itself."""

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
    announces: int | None
    region: str


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
    head, body = envelope["head"], envelope["body"]
    stage, fields = standard.stage(head["stage"]), body["fields"]
    secret = bool(stage.policy.classes & EXISTENCE)
    tender, sections = _first(fields, TENDER), _sections(fields)
    own_time, seals = _seals(stage, envelope, hub_id, tokens, tender, sections)
    values = [str(fields[name]) for name in stage.natural_key if fields.get(name)]
    whose = (head["from"],) if secret else ()
    whole = len(values) == len(stage.natural_key)
    registers = REGISTERS.get(stage.id)
    return Facts(
        sender=head["from"],
        stage=stage.id,
        op=body["op"],
        version=body["version"],
        record_key=tokens.of("record", head["from"], stage.id, body["key"]),
        # Inside a seal, keys are compared among the sender's own records only: an answer that
        # depended on somebody else's record would tell that it exists.
        natural_key=tokens.of("natural", stage.id, *whose, *values) if whole else None,
        natural_is_code=len(stage.natural_key) == 1 and stage.natural_key[0].endswith("_CODE"),
        digest=written.record_digest() if written is not None else record_digest(body),
        parent=tokens.of("tender", tender) if _has_parent(stage, tender) else None,
        registers=tokens.of("tender", str(fields[registers])) if registers else None,
        seals=seals,
        opens=_opens(stage, standard, tokens, tender, sections),
        own_time=own_time,
        secret=secret,
        is_opening=stage.id in OPENING,
        opened_at=_time(fields.get(OPENED)) if stage.id in OPENING else None,
        scopes=tuple(tokens.of("scope", code) for code in (sections or [tender] if tender else sections)),
        announces=max((t for t in (_time(fields.get(name)) for name in ANNOUNCES) if t), default=None),
        region=_region(fields),
    )


def _has_parent(stage: Stage, tender: str) -> bool:
    return bool(tender) and "TENDER_PROJECT_CODE" in stage.by_name and stage.id not in REGISTERS


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(fields[name]) for name in names if fields.get(name)), "")


def _sections(fields: Mapping[str, Any]) -> list[str]:
    return [code for code in _first(fields, SECTION).split(";") if code]


def _time(text: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return micros(moment) if moment.tzinfo else None


def _region(fields: Mapping[str, Any]) -> str:
    """The region the record says, else that inside the project code (E + region + ...)."""
    if fields.get("REGION_CODE"):
        return str(fields["REGION_CODE"])
    code = _first(fields, ("PROJECT_CODE", "TENDER_PROJECT_CODE", "BID_SECTION_CODE"))
    return code[1:7] if len(code) >= 7 and code[1:7].isdigit() else ""


def _seals(
    stage: Stage,
    envelope: Mapping[str, Any],
    hub_id: str,
    tokens: Tokens,
    tender: str,
    sections: list[str],
) -> tuple[int | None, tuple[int, ...]]:
    """(own publication time, gates that must lift). What no event can lift stays sealed."""
    policy, fields = stage.policy, envelope["body"]["fields"]
    if policy.gate == "none" or stage.id in policy.lifted_by:
        return None, ()
    if not policy.lifted_by:
        return None, (tokens.of("never", hub_id),)
    kind, _, name = policy.lifted_by[0].partition(":")
    if kind == "field":
        return _time(fields.get(name)), (tokens.of("own", hub_id),)
    if kind == "event":
        row, sender = events()[name], envelope["head"]["from"]
        about = (
            (sections or [tender or hub_id]) if row.scope == BY_SECTION else [str(envelope["body"]["key"])]
        )
        return None, tuple(event_gate(tokens, name, sender, one) for one in about)
    return None, _gates(kind, tokens, tender, sections) or (tokens.of("never", hub_id),)


def event_gate(tokens: Tokens, event: str, sender: str, value: str) -> int:
    """The gate of an event for what one sender sealed: nobody else's event ever opens it."""
    return tokens.of("event", event, sender, value)


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


def _gates(lifter: str, tokens: Tokens, tender: str, sections: list[str]) -> tuple[int, ...]:
    scopes = [tender] if lifter in TENDER_WIDE else sections or [tender]
    return tuple(tokens.of("gate", lifter, code) for code in scopes if code)


def _opens(
    stage: Stage, standard: Standard, tokens: Tokens, tender: str, sections: list[str]
) -> tuple[int, ...]:
    if stage.id not in standard.lifters:
        return ()
    return _gates(stage.id, tokens, tender, sections)
