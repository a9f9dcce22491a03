"""Names and limits of the papers that both faces need."""

from __future__ import annotations

from adapters.answers import AnswerTable
from adapters.bodies import OMITTED, Bodies
from adapters.mapping import FieldMap

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
BODIES = Bodies(FIELDS, OMITTED, hollow=False)
LIMIT = 16 * 1024 * 1024
JSON = "application/json;charset=UTF-8"
TOKEN = "/oauth/token"  # noqa: S105 - a path
API = "/oauth/api/"
CALLBACK = "/oauth/callback"
OPERATIONS = {
    "auth.ticket": "ticket",
    "auth.state": "state",
    "auth.identity": "identity",
    "real-person.verify": "face",
    "entity.verify": "verify",
    "ca.sign": "sign",
    "ca.seal": "seal",
    "ca.issue": "cert",
    "app.register": "app",
    "todo.push": "todo",
    "progress.push": "progress",
    "subscribe.push": "subscribe",
}
CARRIED = {operation: carried for carried, operation in OPERATIONS.items()}
# what a system may ask the hub, and what it may tell afterwards
_LOGIN = frozenset({"auth.ticket", "auth.state", "auth.identity"})
ADMITTED = {"P23": _LOGIN, "P24": _LOGIN, "L02": frozenset({"auth.ticket", "auth.identity"})}
TOLD = {"N05": frozenset({"state", "sign"}), "C04": frozenset({"sign", "seal", "cert"})}
# the caller's own number of a question; the others only read, or may be asked once and are never the same
NUMBERS = {"auth.ticket": ("requestNo",)}
