"""The catalogue's CSV tables become one `Catalogue`, or a refusal that names file and row.

A system whose dialect does not exist, a message outside the vocabulary or a subscription to nobody
would otherwise show itself as a delivery that silently never happens.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from hub.catalogue.model import (
    NOTICE,
    OWNER,
    Catalogue,
    CatalogueError,
    DialectInfo,
    Subscription,
    System,
)
from hub.catalogue.overlay import CODE, laid_over, place_of
from hub.message import Finding

DATA = Path(__file__).parent / "data"
TIERS = frozenset({"national", "province", "prefecture", "county", "market"})
DIRECTIONS = frozenset({"push", "pull", "both"})
PROVENANCE = frozenset({"seed", "class", "reconstructed"})

Row = tuple[str, Mapping[str, str]]


def load(root: Path = DATA, *, overlay: Path | None = None) -> Catalogue:
    """The catalogue under `root`, read once; with `overlay` read again, that folder's rows over it.

    Raises CatalogueError on any contradiction.
    """
    return _load(root) if overlay is None else _read(root, overlay)


def installed(data: Path) -> Catalogue:
    """The catalogue of the hub in this data directory: the shipped one under its own rows, if it has any."""
    overlay = data / "catalogue"
    return load(overlay=overlay) if overlay.is_dir() else load()


@cache
def _load(root: Path) -> Catalogue:
    return _read(root, None)


def _read(root: Path, overlay: Path | None) -> Catalogue:
    messages = _messages(root)
    dialects = _dialects(root)
    by_id = _systems(_laid(root, "systems.csv", overlay), dialects, messages)
    ordered = tuple(sorted(by_id.values(), key=lambda system: system.seq))
    by_dialect = {d: tuple(s for s in ordered if s.dialect == d) for d in dialects}
    rows = _subscriptions(_laid(root, "subscriptions.csv", overlay), by_id, messages)
    subscriptions = tuple(row for row in rows if row.stage != NOTICE)
    notices = tuple(row for row in rows if row.stage == NOTICE)
    return Catalogue(
        ordered, dialects, messages, subscriptions, by_id, by_dialect, root / "dialects", notices
    )


def _rows(root: Path, name: str) -> Iterator[Row]:
    with (root / name).open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for number, row in enumerate(reader, start=2):
            at = f"{name} row {number}"
            if None in row or None in row.values():
                raise CatalogueError(f"{at}: wrong number of columns")
            yield at, row


def _laid(root: Path, name: str, overlay: Path | None) -> Iterable[Row]:
    return _rows(root, name) if overlay is None else laid_over(_rows(root, name), overlay, name)


def _parts(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(separator) if part)


def _messages(root: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for at, row in _rows(root, "messages.csv"):
        _refuse(row["message"] in found, at, f"message {row['message']} twice")
        found[row["message"]] = row["family"]
    return found


def _dialects(root: Path) -> dict[str, DialectInfo]:
    found: dict[str, DialectInfo] = {}
    for at, row in _rows(root, "dialects.csv"):
        _refuse(row["id"] in found, at, f"dialect {row['id']} twice")
        plain = {name: row[name] for name in row if name not in {"native", "variants", "faults"}}
        found[row["id"]] = DialectInfo(
            **plain,
            native=row["native"] == "yes",
            variants=_parts(row["variants"], ";"),
            faults=_parts(row["faults"], ";"),
        )
    return found


def _systems(
    rows: Iterable[Row], dialects: Mapping[str, DialectInfo], messages: Mapping[str, str]
) -> dict[str, System]:
    found: dict[str, System] = {}
    for at, row in rows:
        system = _system(row)
        _refuse(system.id in found, at, f"system {system.id} twice")
        _refuse(system.seq != len(found) + 1, at, f"seq {system.seq} out of order")
        dialect = dialects.get(system.dialect)
        if dialect is None:
            raise _contradiction(at, f"unknown dialect {system.dialect}", " | ".join(dialects))
        strange = bool(system.variant) and system.variant not in dialect.variants
        _refuse(strange, at, f"unknown variant {system.variant}", " | ".join(dialect.variants))
        _each(system.messages, lambda name: name not in messages, at, "unknown message")
        _refuse(system.tier not in TIERS, at, f"unknown tier {system.tier}", " | ".join(sorted(TIERS)))
        _refuse(system.dir not in DIRECTIONS, at, f"unknown dir {system.dir}", " | ".join(sorted(DIRECTIONS)))
        known = " | ".join(sorted(PROVENANCE))
        _refuse(system.named not in PROVENANCE, at, f"unknown provenance {system.named}", known)
        found[system.id] = system
    return found


def _system(row: Mapping[str, str]) -> System:
    lists = {"messages": ";", "quirks": "|", "aliases": "|"}
    plain = {name: row[name] for name in row if name not in lists and name != "seq"}
    return System(
        seq=int(row["seq"]),
        messages=_parts(row["messages"], ";"),
        quirks=_parts(row["quirks"], "|"),
        aliases=_parts(row["aliases"], "|"),
        **plain,
    )


def _subscriptions(
    rows: Iterable[Row], systems: Mapping[str, System], messages: Mapping[str, str]
) -> tuple[Subscription, ...]:
    found: list[Subscription] = []
    seen: set[tuple[str, ...]] = set()
    for at, row in rows:
        subscription = Subscription(**row)
        place = place_of(row, "subscriptions.csv")
        _refuse(place in seen, at, f"{place} twice")
        owner = subscription.receiver == OWNER and subscription.stage == NOTICE
        unknown = subscription.receiver not in systems and not owner
        _refuse(unknown, at, f"unknown receiver {subscription.receiver}")
        _refuse(subscription.message not in messages, at, f"unknown message {subscription.message}")
        seen.add(place)
        found.append(subscription)
    return tuple(found)


def _refuse(wrong: bool, at: str, why: str, expected: str = "") -> None:
    if wrong:
        raise _contradiction(at, why, expected)


def _contradiction(at: str, why: str, expected: str = "") -> CatalogueError:
    finding = Finding(CODE, at, expected or "与目录其他表一致 / agreeing tables", why, "改正该行后重新载入")
    return CatalogueError(f"{at}: {why}", findings=(finding,))


def _each(names: tuple[str, ...], wrong: Callable[[str], bool], at: str, why: str) -> None:
    for name in names:
        _refuse(wrong(name), at, f"{why} {name}")
