"""The plan: one TOML file that says which system is examined, where it is and what it declares.

Everything a run depends on is in it (contracts.md), so that two runs of one plan ask the same questions;
its digest stands in the report.
"""

from __future__ import annotations

import base64
import difflib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certs.algorithms.digest import digest
from hub.message import Key

TABLES: Mapping[str, tuple[str, ...]] = {
    "system": ("id", "zh", "version", "build", "vendor"),
    "endpoints": ("inbound", "export", "control"),
    "scope": ("sectors", "stages", "bindings", "dialect"),
    "credentials": ("hub_key", "system_key", "token", "ca"),
    "limits": ("rate", "max_body", "load"),
    "witness": ("listen", "advertise"),
}
REQUIRED = {"system": ("id", "zh", "version"), "endpoints": ("inbound",)}
MAX_BODY = 1_048_576


class PlanError(Exception):
    """The plan cannot be used; the text says which member and what would do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked plan. `digest` is that of the file's bytes; `rate` is requests a second, 0 for no limit."""

    system: str
    zh: str
    version: str
    build: str
    vendor: str
    endpoints: Mapping[str, str]
    stages: tuple[str, ...]
    dialect: str
    hub_key: Key | None
    system_key: Key | None
    token: str
    ca: Path | None
    max_body: int
    rate: float
    listen: str
    advertise: str
    digest: str

    @property
    def profile(self) -> str:
        """`direct`, or `via-adapter` for a system that is connected in its own dialect."""
        return "via-adapter" if self.dialect else "direct"


def load(path: Path) -> Plan:
    """Read and check one plan file; raises PlanError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}") from error
    try:
        tables = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path}: TOML: {error}") from error
    return build(tables, base=path.parent, raw=raw)


def build(tables: Mapping[str, Any], *, base: Path, raw: bytes) -> Plan:
    """A Plan out of parsed tables; relative files stand beside the plan."""
    _check_names(tables)
    system, endpoints = tables["system"], tables["endpoints"]
    scope, limits = tables.get("scope", {}), tables.get("limits", {})
    credentials, witness = tables.get("credentials", {}), tables.get("witness", {})
    plan = Plan(
        system=system["id"],
        zh=system["zh"],
        version=str(system["version"]),
        build=system.get("build", ""),
        vendor=system.get("vendor", ""),
        endpoints=dict(endpoints),
        stages=tuple(scope.get("stages", ())),
        dialect=_dialect(scope.get("dialect", "")),
        hub_key=_key(credentials, "hub_key", base),
        system_key=_key(credentials, "system_key", base),
        token=_secret(credentials.get("token", ""), base),
        ca=base / credentials["ca"] if "ca" in credentials else None,
        max_body=int(limits.get("max_body", MAX_BODY)),
        rate=float(limits.get("rate", 0)),
        listen=witness.get("listen", "127.0.0.1"),
        advertise=witness.get("advertise", ""),
        digest="sm3:" + digest(raw).hex(),
    )
    if not plan.dialect and (plan.hub_key is None or plan.system_key is None):
        raise PlanError(
            "[credentials] hub_key, system_key: 原生接口须给出两个密钥文件 / both key files are needed"
        )
    if not plan.dialect and "json" not in scope.get("bindings", ["json"]):
        raise PlanError("[scope] bindings: 本版套件只检验 json / this form of the suite examines json only")
    return plan


def _dialect(name: str) -> str:
    return "" if name == "hub-unified-v1" else name


def _check_names(tables: Mapping[str, Any]) -> None:
    for table, members in tables.items():
        _known(table, TABLES, f"[{table}]")
        if not isinstance(members, Mapping):
            raise PlanError(f"[{table}]: 应为表 / must be a table")
        for name in members:
            _known(name, TABLES[table], f"[{table}] {name}")
    for table, names in REQUIRED.items():
        missing = [name for name in names if not tables.get(table, {}).get(name)]
        if missing:
            raise PlanError(f"[{table}]: 缺少 / missing {', '.join(missing)}")


def _known(name: str, known: Mapping[str, Any] | tuple[str, ...], at: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), n=1)
        hint = f",是否为 / did you mean {near[0]!r}?" if near else ""
        raise PlanError(f"{at}: 计划文件没有这一项 / unknown member{hint}")


def _key(credentials: Mapping[str, str], name: str, base: Path) -> Key | None:
    if name not in credentials:
        return None
    path = base / credentials[name]
    try:
        found = json.loads(path.read_text("utf-8"))
        secret = base64.b64decode(found["secret"], validate=True)
        return Key(found["keyId"], found["owner"], found["alg"], secret)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(f"[credentials] {name}: {path}: {type(error).__name__} {error}") from error


def _secret(value: str, base: Path) -> str:
    """`env:NAME`, `file:PATH`, or (sandbox only) the secret itself."""
    kind, _, rest = value.partition(":")
    if kind == "env" and rest:
        if rest not in os.environ:
            raise PlanError(f"[credentials] token: 环境变量未设置 / {rest} is not set")
        return os.environ[rest]
    if kind == "file" and rest:
        try:
            return (base / rest).read_text("utf-8").strip()
        except OSError as error:
            raise PlanError(f"[credentials] token: {base / rest}: {error.strerror}") from error
    return value
