"""The terms of each service: how long, who answers in which order, what stays here, what is said instead.

Data, not code (`data/terms.csv`, `providers.csv`, `degraded.csv`); judged against the standard when
loaded, so that a row about a field or a service that does not exist stops the start and not a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any, Final

from hub.services.tables import Rows, parts
from hub.standard import Service, Standard

REQUEST_REPLY: Final = "request-reply"
# In `body.ext` of a question: answer within so many seconds, fewer than the service's own. Told to the hub
# only, and goes no further.
WITHIN: Final = "REPLY_WITHIN"
NOW: Final = "@now"


@dataclass(frozen=True, slots=True)
class Provider:
    """One who may be asked: `tries` times, each for at most `seconds`; `when` only if a field says so, or a
    member of one (`certificate.caId`)."""

    system: str
    tries: int
    seconds: float
    when: tuple[str, str] | None = None

    def fits(self, fields: Mapping[str, Any]) -> bool:
        if self.when is None:
            return True
        value: Any = fields
        for name in self.when[0].split("."):
            value = value.get(name, "") if isinstance(value, Mapping) else ""
        return str(value) == self.when[1]


@dataclass(frozen=True, slots=True)
class Terms:
    """`seconds` for the whole way; `keeps`: fields no provider is told before the opening; `degraded`: what
    is answered when nobody can, empty where nothing honest can be said; `again`: refusals that may pass;
    `harmless`: asking twice, or somebody else too, does no harm; `unfinished`: reply fields and the values
    with which a provider says that it is still at it."""

    service: str
    seconds: float
    keeps: tuple[str, ...]
    providers: tuple[Provider, ...]
    degraded: Mapping[str, str]
    again: frozenset[str]
    harmless: bool
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def open(self, told: Mapping[str, Any]) -> bool:
        """Does this reply only say that the matter is taken and not finished?"""
        return any(str(told.get(name, "")) in values for name, values in self.unfinished.items())

    def ways(self, named: str, fields: Mapping[str, Any]) -> tuple[Provider, ...]:
        """Whom to ask, in this order: the one the caller names and nobody else, or those of the table.

        Rows with a condition come before, and instead of, those without one in the same place.
        """
        if named != "hub":
            known = (one for one in self.providers if one.system == named)
            return (next(known, Provider(named, 1, self.seconds)),)
        chosen = [one for one in self.providers if one.when is not None and one.fits(fields)]
        return tuple(chosen) or tuple(one for one in self.providers if one.when is None)


def load(standard: Standard, tables: Mapping[str, Rows]) -> dict[str, Terms]:
    """Terms of every question the hub answers in the same exchange; raises ValueError naming the row."""
    stated = {row["service"]: row for row in tables["terms.csv"]}
    default = stated.pop("*")
    questions = {name: one for name, one in standard.services.items() if one.pattern == REQUEST_REPLY}
    for name in {
        *stated,
        *(
            row["service"]
            for file in ("providers.csv", "degraded.csv", "unfinished.csv")
            for row in tables[file]
        ),
    }:
        if name not in questions:
            raise ValueError(f"{name} is no service that is asked and answered")
    return {name: _terms(service, stated.get(name, default), tables) for name, service in questions.items()}


def _terms(service: Service, row: Mapping[str, str], tables: Mapping[str, Rows]) -> Terms:
    asked, keeps = {one.name for one in service.request}, parts(row["keeps"])
    told = {one.name for one in service.reply}
    degraded = {
        one["field"]: one["value"] for one in tables["degraded.csv"] if one["service"] == service.name
    }
    if not {*keeps} <= asked or not {*degraded} <= told or float(row["seconds"]) <= 0:
        raise ValueError(f"terms of {service.name}: a field it does not have, or no time")
    if degraded and not {one.name for one in service.reply if one.required} <= {*degraded}:
        raise ValueError(f"degraded.csv: a reply of {service.name} needs more fields")
    rows = [one for one in tables["providers.csv"] if one["service"] == service.name]
    return Terms(
        service.name,
        float(row["seconds"]),
        keeps,
        tuple(_provider(service, asked, one) for one in sorted(rows, key=lambda one: int(one["place"]))),
        degraded,
        frozenset(error.code for error in service.errors if error.retriable),
        service.idempotency == ("read-only",),
        _unfinished(service, tables),
    )


def _unfinished(service: Service, tables: Mapping[str, Rows]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for row in tables["unfinished.csv"]:
        if row["service"] != service.name:
            continue
        field = next((one for one in service.reply if one.name == row["field"]), None)
        if field is None or not {*parts(row["values"])} <= {*field.enum}:
            raise ValueError(f"unfinished.csv: {service.name} replies with no such {row['field']}")
        found[field.name] = frozenset(parts(row["values"]))
    return found


def _provider(service: Service, asked: set[str], row: Mapping[str, str]) -> Provider:
    field, _, value = row["when"].partition("=")
    answering = any(fnmatchcase(row["provider"], one) for one in service.receivers)
    if not answering or (field and (field.partition(".")[0] not in asked or not value)):
        raise ValueError(f"providers.csv: {service.name} is not answered by {row['provider']} {row['when']}")
    return Provider(
        row["provider"], int(row["tries"]), float(row["seconds"]), (field, value) if field else None
    )


def stated_limit(body: Mapping[str, Any]) -> float | None:
    """The caller's own limit in seconds; None where there is none. Raises ValueError for what is no limit."""
    text = (body.get("ext") or {}).get(WITHIN)
    if text is None:
        return None
    try:
        seconds = Decimal(str(text))
    except InvalidOperation:
        raise ValueError(str(text)) from None
    if isinstance(text, bool) or not seconds.is_finite() or not 0 < seconds <= 3600:
        raise ValueError(str(text))
    return float(seconds)
