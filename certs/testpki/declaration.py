"""What a sandbox's TOML file declares, read strictly: an unknown key or a code that cannot exist is an error.

The file is the one place where vendors, holders, seals and mishaps stand; see `data/sandbox.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from typing import Any, TypeVar

from certs import identity
from certs.algorithms.signature import SIGNATURES
from certs.subject.rules import RuleError, read_rules
from certs.testpki.declared import Declaration, Holder, Mishap, Rows, Seal, Vendor
from certs.testpki.forms import FORMS

QUIRKS = frozenset(("null-parameters", "generalized-time", "raw-signature"))
MEDIA, RESPONDERS = ("token", "tokenless"), ("delegated", "direct")
_Declared = TypeVar("_Declared")


class DeclarationError(ValueError):
    """This file declares no world; says where and why."""


def sandbox_toml() -> str:
    """The world that comes with the package."""
    return (files("certs.testpki.data") / "sandbox.toml").read_text(encoding="utf-8")


def read_declaration(text: str) -> Declaration:
    """Raises DeclarationError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(str(error)) from error
    unknown = set(table) - {"world", "organisation", "person", "vendor", "revoked", "seal"}
    if unknown:
        raise DeclarationError(f"unknown: {', '.join(sorted(unknown))}")
    holders = [_holder(row, kind) for kind in ("organisation", "person") for row in _tables(table, kind)]
    world = table.get("world", {})
    made = Declaration(
        str(world.get("zh", "")), str(world.get("en", "")), int(world.get("days", 365)),
        str(world.get("bench", "")),
        _by_id(holders), _by_id([_vendor(row) for row in _tables(table, "vendor")]),
        tuple(_made(Mishap, row, "revoked") for row in _tables(table, "revoked")),
        _by_id([_made(Seal, row, "seal") for row in _tables(table, "seal")]),
    )  # fmt: skip
    _refer(made)
    return made


def _tables(table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DeclarationError(f"{name}: tables [[{name}]] expected")
    return rows


def _made(kind: type[_Declared], row: Mapping[str, Any], where: str) -> _Declared:
    names = {spec.name for spec in fields(kind)}  # type: ignore[arg-type]
    place = f"{where} {row.get('id', row.get('holder', '?'))}"
    if set(row) - names:
        raise DeclarationError(f"{place}: unknown: {', '.join(sorted(set(row) - names))}")
    try:
        return kind(**row)
    except TypeError as error:
        raise DeclarationError(f"{place}: {error}") from error


def _holder(row: dict[str, Any], kind: str) -> Holder:
    made = _made(Holder, {**row, "kind": kind}, kind)
    sound = identity.uscc_ok if kind == "organisation" else identity.resident_ok
    if not sound(made.code):
        raise DeclarationError(f"{kind} {made.id}: the check character of its code is wrong")
    return made


def _vendor(row: dict[str, Any]) -> Vendor:
    place = f"vendor {row.get('id', '?')}"
    try:
        rules = read_rules(row.get("identity", []))
    except RuleError as error:
        raise DeclarationError(f"{place}: identity: {error}") from error
    templates = ("ca", "organisation", "person", "organisation_extensions", "person_extensions")
    changed: dict[str, Any] = {name: _rows(row[name], place) for name in templates if name in row}
    changed |= {"identity": rules, "algorithms": tuple(row.get("algorithms", ()))}
    made = _made(Vendor, {**row, **changed, "quirks": frozenset(row.get("quirks", ()))}, "vendor")
    if not made.algorithms or not set(made.algorithms) <= set(SIGNATURES):
        raise DeclarationError(f"{place}: algorithms: some of {', '.join(SIGNATURES)}")
    if made.medium not in MEDIA or made.ocsp not in RESPONDERS or not 1 <= made.tiers <= 5:
        raise DeclarationError(f"{place}: medium, ocsp or tiers")
    if not made.quirks <= QUIRKS:
        raise DeclarationError(f"{place}: quirks: some of {', '.join(sorted(QUIRKS))}")
    return made


def _rows(rows: Any, place: str) -> Rows:
    out = []
    for row in rows:
        if not 2 <= len(row) <= 3 or not all(isinstance(text, str) for text in row):
            raise DeclarationError(f"{place}: a row is kind, text and perhaps form: {row}")
        form = row[2] if len(row) == 3 else ("printable" if row[0] == "C" else "utf8")
        if form not in FORMS:
            raise DeclarationError(f"{place}: form {form!r} is none of {', '.join(FORMS)}")
        out.append((row[0], row[1], form))
    return tuple(out)


def _by_id(rows: list[Any]) -> dict[str, Any]:
    out = {row.id: row for row in rows}
    if len(out) != len(rows):
        raise DeclarationError("one id twice")
    return out


def _refer(made: Declaration) -> None:
    """Everything named is declared."""
    if made.bench and made.bench not in made.vendors:
        raise DeclarationError(f"bench: no vendor is called {made.bench}")
    for mishap in made.revoked:
        if mishap.holder not in made.holders:
            raise DeclarationError(f"revoked: nobody is called {mishap.holder}")
    for seal in made.seals.values():
        if seal.vendor not in made.vendors or not {seal.holder, seal.maker} <= set(made.holders):
            raise DeclarationError(f"seal {seal.id}: vendor, holder or maker is not declared")
