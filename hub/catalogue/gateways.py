"""The papers of the CA gateways (`data/gateways/<name>`): functions, codes, numberings, a profile per CA.

What one CA's gateway does differently from another's is data here: adapters, simulators and the hub's own
door read the same tables and share no code that reads answers.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hub.catalogue.papers import PapersError

ROOT = Path(__file__).parent / "data" / "gateways"
TRANSPORTS = ("rest-exec", "soap-path", "xml-post")
TYPES = ("cert", "octets", "text", "int", "names", "code", "validity", "verdict", "users", "bool")
_CODES = ("number", "0x", "hex", "decimal-text")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; `kind` is a type of the rules."""

    name: str
    kind: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the set: its arguments in order, what it results in, and its older names."""

    name: str
    group: str
    arguments: tuple[Argument, ...]
    result: str
    older: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Code:
    """A row of `codes.csv`; `sof` is the answer of ValidateCert it amounts to, `reasons` those of `certs`."""

    value: int
    name: str
    sof: int | None
    reasons: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Item:
    """What a number of GetCertInfo stands for, and the form it is told in."""

    item: str
    form: str
    zh: str


@dataclass(frozen=True, slots=True)
class Profile:
    """How one CA's gateway is spoken to; the members are explained in the rules."""

    name: str
    zh: str
    en: str
    transport: str
    path: str
    charset: str
    auth: str
    lacks: frozenset[str]
    quirks: frozenset[str]
    form: Mapping[str, str]
    answer: Mapping[str, str]
    validate: Mapping[str, int]
    kit: Mapping[str, str]
    connect_ms: int
    total_ms: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything a folder says, loaded once."""

    root: Path
    functions: Mapping[str, Function]
    client: Mapping[str, Function]
    errors: Mapping[int, Code]
    validate: Mapping[int, Code]
    sign_methods: Mapping[int, Code]
    encrypt_methods: Mapping[int, Code]
    info: Mapping[str, Mapping[int, Item]]
    devices: Mapping[int, str]
    profiles: Mapping[str, Profile]

    @classmethod
    def load(cls, name: str = "sof") -> Gateway:
        """Read and cross-check the folder; raises PapersError naming file and row."""
        return _load(name)

    def function(self, name: str) -> Function | None:
        """By any spelling in use: upper or lower case, today's name or an older one."""
        found = _spellings(self.root.name).get(name.lower())
        return self.functions[found] if found is not None else None

    def golden(self) -> list[dict[str, Any]]:
        """All transcripts, each with its `file`."""
        return [
            {"file": path.name, **json.loads(line)}
            for path in sorted((self.root / "golden").glob("*.jsonl"))
            for line in path.read_text("utf-8").splitlines()
        ]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _functions(path: Path) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for number, row in enumerate(_rows(path), start=2):
        arguments = []
        for text in filter(None, row["arguments"].split(";")):
            name, _, kind = text.partition(":")
            arguments.append(Argument(name.removesuffix("?"), kind, name.endswith("?")))
        kinds = {*(one.kind for one in arguments), row["result"]}
        if row["function"] in found or not kinds <= set(TYPES):
            raise PapersError(f"{path.name} row {number}: {row['function']} twice, or a type of no rule")
        found[row["function"]] = Function(
            row["function"], row.get("group", "client"), tuple(arguments), row["result"],
            tuple(row["older"].split()), row["zh"], row["en"],
        )  # fmt: skip
    return found


def _codes(path: Path) -> dict[str, dict[int, Code]]:
    tables: dict[str, dict[int, Code]] = {}
    for number, row in enumerate(_rows(path), start=2):
        value, table = int(row["code"], 0), tables.setdefault(row["table"], {})
        if value in table:
            raise PapersError(f"{path.name} row {number}: {row['code']} stands there already")
        sof = int(row["sof"]) if row["sof"] else None
        table[value] = Code(value, row["name"], sof, tuple(row["reasons"].split()), row["zh"], row["en"])
    return tables


def _info(path: Path) -> dict[str, dict[int, Item]]:
    found: dict[str, dict[int, Item]] = {}
    for row in _rows(path):
        item = Item(row["item"], row["form"], row["zh"])
        found.setdefault(row["numbering"], {})[int(row["type"], 0)] = item
    return found


def _profile(path: Path, functions: Mapping[str, Function], info: Mapping[str, object]) -> Profile:
    row = tomllib.loads(path.read_text("utf-8"))
    lacks, times = frozenset(row["lacks"]), row["timeouts"]
    known = (
        row["transport"] in TRANSPORTS,
        row["answer"]["code"] in _CODES,
        row["kit"]["info_types"] in info,
        lacks <= set(functions),
        set(row["validate"].values()) <= {1, -1, -2, -3, -4, -5, -6},
        row["profile"] == path.stem,
    )
    if not all(known):
        raise PapersError(f"profiles/{path.name}: a value that the rules do not know")
    return Profile(
        row["profile"], row["zh"], row["en"], row["transport"], row["path"], row["charset"], row["auth"],
        lacks, frozenset(row["quirks"]), row["form"], row["answer"], row["validate"], row["kit"],
        times["connect_ms"], times["total_ms"],
    )  # fmt: skip


@cache
def _spellings(name: str) -> dict[str, str]:
    functions = _load(name).functions.values()
    older = {one.lower(): each.name for each in functions for one in each.older}
    return older | {each.name.lower(): each.name for each in functions}


@cache
def _load(name: str) -> Gateway:
    root = ROOT / name
    if not (root / "rules.md").is_file():
        raise PapersError(f"{name}: no papers of such a gateway")
    functions, codes = _functions(root / "functions.csv"), _codes(root / "codes.csv")
    info = _info(root / "info_types.csv")
    paths = sorted((root / "profiles").glob("*.toml"))
    return Gateway(
        root, functions, _functions(root / "client_functions.csv"), codes["error"], codes["validate"],
        codes["sign-method"], codes["encrypt-method"], info,
        {int(row["type"], 0): row["name"] for row in _rows(root / "device_info.csv")},
        {path.stem: _profile(path, functions, info) for path in paths},
    )  # fmt: skip
