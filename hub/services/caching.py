"""Which answers may be told again, to whom, for how long: rules as data (`data/caching.csv`).

An answer about a bidder, told to somebody else from memory, would tell that its asker had been there
before. So whatever names a market entity, a person or a section is remembered for its own asker alone:
the loader refuses a table that says otherwise. What holds a personal value is not remembered at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from certs.algorithms.digest import digest
from hub.message import canonical
from hub.services.tables import Rows, parts
from hub.services.terms import WITHIN
from hub.standard import Service, ServiceField, Standard

SHARED, CALLER = "shared", "caller"
DAY: Final = ":day"
# Types and forms of values that tell whom a question is about.
_SOMEBODY: Final = frozenset({"party", "person", "sectionRef", "certificateRef"})
_CODES: Final = ("party-code", "uscc", "bid-section-code", "id-card")


@dataclass(frozen=True, slots=True)
class Rule:
    """`key`: request fields that decide the answer; times in seconds; `until`: a reply field that ends it;
    `unless`: a request that wants no memory; `leaves`: stages and messages whose arrival ends it."""

    service: str
    key: tuple[str, ...]
    unless: tuple[str, str] | None
    until: str
    fresh: float
    stale: float
    shared: bool
    personal: frozenset[str]
    leaves: tuple[str, ...]

    def of(self, envelope: Mapping[str, Any], *, opened: bool) -> bytes | None:
        """The key under which an answer to this question is remembered; None where it may not be."""
        head, body = envelope["head"], envelope["body"]
        fields: Mapping[str, Any] = body["fields"]
        if body.get("files") or any(fields.get(name) for name in self.personal) or self._unwanted(fields):
            return None
        said = {name: self._value(fields, name) for name in self.key}
        whose = "" if self.shared else head["from"]
        ext = {name: value for name, value in (body.get("ext") or {}).items() if name != WITHIN}
        return digest(
            canonical([self.service, whose, head.get("to", "hub"), said, ext, body.get("op", ""), opened])
        )

    def _unwanted(self, fields: Mapping[str, Any]) -> bool:
        return self.unless is not None and str(fields.get(self.unless[0], "")).lower() == self.unless[1]

    def _value(self, fields: Mapping[str, Any], name: str) -> Any:
        plain = name.removesuffix(DAY)
        value = fields.get(plain)
        return str(value)[:10] if plain != name and value else value


def load(standard: Standard, tables: Mapping[str, Rows]) -> dict[str, Rule]:
    """Rules by service; raises ValueError for a row that would tell too much or forget a field."""
    leaves: dict[str, list[str]] = {}
    for row in tables["invalidation.csv"]:
        if row["arrives"] not in standard.by_id and row["arrives"] not in standard.services:
            raise ValueError(f"invalidation.csv: nothing is called {row['arrives']}")
        for service in parts(row["services"]):
            leaves.setdefault(service, []).append(row["arrives"])
    rules = {row["service"]: _rule(standard, row, leaves) for row in tables["caching.csv"]}
    if unknown := leaves.keys() - rules.keys():
        raise ValueError(f"invalidation.csv: nothing is remembered of {sorted(unknown)}")
    return rules


def _rule(standard: Standard, row: Mapping[str, str], leaves: Mapping[str, list[str]]) -> Rule:
    service = standard.services.get(row["service"])
    if service is None or service.idempotency != ("read-only",):
        raise ValueError(f"caching.csv: {row['service']} is not a service that only reads")
    key, aside = parts(row["key"]), parts(row["aside"])
    if sorted([*(name.removesuffix(DAY) for name in key), *aside]) != sorted(
        one.name for one in service.request
    ):
        raise ValueError(f"caching.csv: {service.name} has other request fields than those named")
    if row["view"] not in (SHARED, CALLER) or (
        row["view"] == SHARED and (whom := somebody(standard, service))
    ):
        raise ValueError(f"caching.csv: {service.name} tells of {whom}: for its own caller only")
    if row["until"] and row["until"] not in {one.name for one in service.reply}:
        raise ValueError(f"caching.csv: {service.name} replies with no {row['until']}")
    name, _, value = row["unless"].partition("=")
    return Rule(
        service.name,
        key,
        (name, value) if name else None,
        row["until"],
        float(row["fresh"]),
        float(row["stale"]),
        row["view"] == SHARED,
        frozenset(one.name for one in service.request if _personal(standard, one)),
        tuple(leaves.get(service.name, ())),
    )


def somebody(standard: Standard, service: Service) -> str:
    """The first field that tells whom a question or its answer is about; empty where none does."""
    for one in _deep(standard, (*service.request, *service.reply), 4):
        whom = {one.ref, one.item} & _SOMEBODY or one.personal or one.sealed
        if whom or (one.format or "").startswith(_CODES) or one.name in {"LEGAL_CODE", "LEGAL_NAME"}:
            return one.name
    return service.name if service.sealed else ""


def _personal(standard: Standard, field: ServiceField) -> bool:
    return any(one.personal for one in _deep(standard, (field,), 4))


def _deep(standard: Standard, rows: tuple[ServiceField, ...], depth: int) -> Iterator[ServiceField]:
    for row in rows:
        yield row
        inner = standard.types.get((row.ref if row.type == "object" else row.item) or "", ())
        if depth:
            yield from _deep(standard, inner, depth - 1)
