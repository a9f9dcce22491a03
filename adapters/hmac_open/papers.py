"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.bodies import Bodies
from adapters.mapping import FieldMap, table

FIELDS = FieldMap.beside(__package__)
BODIES = Bodies(FIELDS, None)
ANSWERS = AnswerTable.beside(__package__)
WORDS = {row["foreign"]: row["words"] for row in table(__package__, "answers.csv")}
KEY_SHAPE = "hex32"
LIMIT = 1024 * 1024
JSON = "application/json;charset=UTF-8"
BASE = "/openapi/v1/"
X_CLIENT, X_CA = "x-client", "x-ca"
_RESOURCES = {
    X_CA: {
        "witness-record": "witness/items",
        "supervise-alert": "supervise/alerts",
        "witness.video": "witness/videos",
        "witness.exception": "witness/exceptions",
        "supervise.event": "supervise/events",
    },
    X_CLIENT: {
        "gp-project": "procurement/projects",
        "gp-deal-notice": "procurement/awards",
        "gp-contract": "procurement/contracts",
        "eng-expert-draw": "procurement/experts",
        "supervise-complaint": "procurement/complaints",
        "project.query": "procurement/plan-query",
        "plan.notice": "procurement/plans",
        "venue.reserve": "procurement/venue-reservations",
        "ca.verify": "ca/verify",
        "ca.status": "ca/status",
        "ca.sync": "ca/sync",
    },
}
RESOURCES = {carried: resource for each in _RESOURCES.values() for carried, resource in each.items()}
CARRIED = {resource: carried for carried, resource in RESOURCES.items()}
# what only the hub asks, and what is kept for later: nobody is granted it here
_NEVER = frozenset({"project.query", "witness.video"})
RESERVED = frozenset({"ca/lists", "ca/mappings"})
# what the caller itself numbers, so that telling it twice is telling it once
NUMBERS = {
    "ca.sync": ("syncKind", "listVersion"),
    "supervise.event": ("eventId",),
    "witness.exception": ("exceptionNo",),
    "plan.notice": ("planNo",),
    "venue.reserve": ("requestNo",),
}
# file objects that have a member for their bytes; elsewhere it is not written and not looked at
WITH_BYTES = ("certificate", "signature", "original", "content")
# lists between provinces come whole, and so does what is to be verified: objects by what carries them
ENCLOSED = {"ca.sync": ("content",), "ca.verify": ("certificate", "signature", "original")}
BYTES = "content"
_ROWS = table(__package__, "mapping.csv")


def granted(carried: str, variant: str) -> bool:
    """May a caller of this variant say this to the hub?"""
    return carried in _RESOURCES.get(variant, {}) and carried not in _NEVER


def zoned(carried: str) -> tuple[str, ...]:
    """Foreign names of the moments that must bear an offset, the envelope's first."""
    return _ZONED.get(carried, ())


def _zoned(carried: str) -> tuple[str, ...]:
    record = carried in FIELDS.messages and bool(FIELDS.of(carried, "in"))
    stages = ("*", carried) if record else (carried,)
    return tuple(
        row["foreign"]
        for row in _ROWS
        if row["stage"] in stages and row["direction"] != "reply" and row["form"] == "datetime:with-zone"
    )


_ZONED = {carried: _zoned(carried) for carried in _RESOURCES[X_CA]}
