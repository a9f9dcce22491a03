"""What becomes of our judgement when a CA's gateway has been heard: never a yes out of a difference.

| the hub | the gateway | result |
|---|---|---|
| valid | yes | valid, agreed |
| valid | no | not valid: the two disagree; revoked and frozen are the CA's to say and count at once |
| open, about its signer's revocation alone | yes | valid, by the CA's own word, if that is of this moment |
| open, also about another's (a second signer, a maker) | yes | as before: a CA speaks for its own |
| open | revoked, frozen | invalid |
| invalid, by what a gateway also judges | yes | invalid, and the two disagree |
| anything | nothing, or what cannot be read | as before |

Admission, sectors, subjects and realms are ours alone: a gateway's yes contradicts none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from certs.verdict import FAILED, OPEN, PASSED, SKIPPED, Check, Reason, Verdict
from hub.ca.alone import NOT_TAKEN, TAKEN, warning
from hub.ca.told import certificate_of
from hub.ca.verifying import Judged
from hub.message import wall
from hub.ports import GatewayWord

STEP, DIFFER, UNKNOWN_STATUS = "second-engine", "engines", "revocation-unknown"
# What a gateway looks at as well.
_SHARED = frozenset(
    ("revoked", "frozen", "expired", "not-yet-valid", "signature", "digest", "no-signature", "no-signer",
     "stamp-imprint", "key-usage")
)  # fmt: skip
_STATUS = {-3: "revoked", -4: "frozen"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A gateway's word: `system` whose it is, `fresh` whether a yes is one of this moment."""

    system: str
    operation: str
    word: GatewayWord
    at: datetime
    millis: int = 0
    fresh: bool = True

    @property
    def says(self) -> int | None:
        """1, or -1 to -6; None where it said nothing."""
        return self.word.sof if self.word.kind == "answered" else None


@dataclass(slots=True)
class _Outcome:
    reasons: list[Reason]
    forgiven: list[Reason] = field(default_factory=list)
    step: str = PASSED
    agrees: bool | None = True
    against: tuple[Reason, ...] = ()
    alone: str | None = None


def open_only(verdict: Verdict) -> bool:
    """Is nothing open but whether it was revoked?"""
    return not verdict.ok and {one.code for one in verdict.reasons} == {UNKNOWN_STATUS}


def _own(found: Judged) -> bool:
    """Is what is open, open of the signer himself (or above him), whose CA has been asked?"""
    verdict = found.verdict
    path = [certificate_of(raw) for raw in (verdict.signer or b"", *verdict.chain)]
    return {one.at for one in verdict.reasons} <= {str(one) for one in path if one is not None}


def agreed(found: Judged, heard: Heard, *, enough: bool) -> Judged:
    """The judgement with the gateway's word in it, and the word beside it as evidence. `enough`: a yes of
    its alone will do for what was asked, and is marked."""
    before, says = found.verdict, heard.says
    made = _silent(before) if says is None else _said(before, heard, says, own=_own(found), enough=enough)
    evidence = f"{heard.system}: {'' if says is None else says} {heard.word.code}".replace("  ", " ")
    check = Check(STEP, made.step, f"{heard.system} {heard.operation}", evidence, None, made.against)
    verdict = replace(
        before,
        ok=not made.reasons and (before.ok or bool(made.forgiven)),
        reasons=made.reasons,
        forgiven=[*before.forgiven, *made.forgiven],
        checks=(*before.checks, check),
    )
    who = None if found.who is None else replace(found.who, verdict=verdict)
    evidence_of = _evidence(before, heard, made.agrees) | {"alone": made.alone}
    remarks = (*found.remarks, *([warning(heard.system, made.alone)] if made.alone else []))
    return replace(found, verdict=verdict, who=who, remarks=remarks, gateway=evidence_of)


def _silent(before: Verdict) -> _Outcome:
    return _Outcome(list(before.reasons), step=SKIPPED, agrees=None)


def _said(before: Verdict, heard: Heard, says: int, *, own: bool, enough: bool) -> _Outcome:
    reasons = list(before.reasons)
    if says == 1:
        if before.ok:
            return _Outcome(reasons)
        if open_only(before):
            if heard.fresh and own and enough:
                return _Outcome([], forgiven=reasons, alone=TAKEN)
            if heard.fresh and own:
                return _Outcome(reasons, step=OPEN, agrees=None, alone=NOT_TAKEN)
            return _Outcome(reasons, step=OPEN, agrees=None)
        if {one.code for one in reasons} & _SHARED:
            return _differ(before, heard, says)
        return _Outcome(reasons, agrees=None)
    if before.ok or (open_only(before) and says not in _STATUS):
        return _differ(before, heard, says)
    if open_only(before):
        against = (_status(heard, says),)
        return _Outcome([*reasons, *against], step=FAILED, agrees=None, against=against)
    return _Outcome(reasons)


def _differ(before: Verdict, heard: Heard, says: int) -> _Outcome:
    about = f"枢纽 / hub {before.sof_code}, {heard.system} {says}"
    against = [Reason(DIFFER, f"{heard.system} {heard.operation}", about)]
    if says in _STATUS:
        against.insert(0, _status(heard, says))
    return _Outcome([*before.reasons, *against], step=FAILED, agrees=False, against=tuple(against))


def _status(heard: Heard, says: int) -> Reason:
    return Reason(_STATUS[says], heard.system, f"{heard.system} 网关所答 / says its gateway")


def _evidence(before: Verdict, heard: Heard, agrees: bool | None) -> dict[str, Any]:
    word = heard.word
    return {
        "system": heard.system,
        "operation": heard.operation,
        "functions": list(word.functions),
        "outcome": word.kind,
        "code": word.code,
        "sofCode": heard.says,
        "error": None if word.error is None else f"0x{word.error:08X}",
        "reasons": list(word.reasons),
        "time": wall(heard.at),
        "millis": heard.millis,
        "agrees": agrees,
        "hub": {
            "result": before.state,
            "sofCode": before.sof_code,
            "reasons": [one.code for one in before.reasons],
        },
    }
