"""Judges that are not ours: found, or skipped by name; where `CI` is set a missing judge is a failure."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hub.standard import ServiceField, Standard

NPM = Path(__file__).parents[3] / "npm"


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def outside() -> Callable[[str], Any]:
    """An outside judge that is a Python module."""

    def found(name: str) -> Any:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            return missing(name)

    return found


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Runs a script of tests/npm: JSON (or text) in, JSON out."""
    programs = {name: shutil.which(name) for name in ("node", "npm")}
    for name, path in programs.items():
        if path is None:
            missing(name)
    wanted = (NPM / "package.json").read_bytes()
    home = os.environ.get("HUTONG_NPM_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    place = Path(home) / "hutong-npm" / hashlib.sha256(wanted).hexdigest()[:16]
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent))
        (fresh / "package.json").write_bytes(wanted)
        command = [str(programs["npm"]), "install", "--no-audit", "--no-fund", "--no-package-lock"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            shutil.rmtree(fresh)
            missing(f"npm packages ({done.stderr[-200:]})")
        try:
            fresh.rename(place)
        except OSError:  # another run was quicker
            shutil.rmtree(fresh)
    env = os.environ | {"NODE_PATH": str(place / "node_modules")}

    def run(script: str, given: Any, *arguments: str) -> Any:
        command = [str(programs["node"]), str(NPM / script), *arguments]
        raw = json.dumps(given, ensure_ascii=False).encode("utf-8")
        done = subprocess.run(command, input=raw, capture_output=True, env=env, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def made_row(standard: Standard) -> Callable[..., Any]:
    """A sound value of a service row, made from its table and from the values the samples have."""
    formats: dict[str, Any] = {}
    for stage in standard.stages:
        fields = standard.sample(stage.id, 3)["body"]["fields"]
        formats |= {
            field.format: fields[field.name]
            for field in stage.fields
            if field.format and field.name in fields
        }
    plain = {
        "integer": 7, "boolean": True, "date": "2026-03-01", "datetime": "2026-03-01T09:00:00+08:00",
        "decimal": "1.5", "string": "值",
    }  # fmt: skip

    def one(kind: str, full: bool) -> Any:
        return rows(standard.types[kind], full) if kind in standard.types else plain[kind]

    def value(row: ServiceField, full: bool) -> Any:
        if row.format:
            return formats[row.format]
        if row.enum or row.code_list:
            return (row.enum or tuple(standard.code_lists[str(row.code_list)].codes))[-1]
        if row.type == "array":
            return [one(str(row.item), full)] * (2 if full else 0)
        if row.type == "blobref":
            return rows(standard.types["fileRef"], full)
        if row.type == "object":
            return one(row.ref, full) if row.ref else {"free": [1, None, "x"]}
        if row.type == "integer":
            return 10 ** min(row.length or 15, 15) - 1
        if row.type == "string":
            return ("𠀀0" * (row.length or 4))[: row.length or 8] if full else "0"
        return plain[row.type]

    def rows(wanted: Sequence[ServiceField], full: bool) -> dict[str, Any]:
        return {row.name: value(row, full) for row in wanted if full or row.required}

    return rows


@pytest.fixture(scope="session")
def asked(standard: Standard, made_row: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """A sound unsigned request of a service; `full` fills every row."""

    def make(name: str, *, full: bool) -> dict[str, Any]:
        service = standard.services[name]
        stage = service.carries[0] if service.body == "record" else standard.stages[0].id
        envelope = standard.sample(stage, 5)
        envelope["head"]["msgType"] = name
        if service.body == "record":
            own = [row for row in service.request if row.of is None]
            envelope["body"]["ext"] = made_row(own, full)
            return envelope
        del envelope["head"]["stage"]
        envelope["body"] = {"fields": made_row(service.request, full)}
        return envelope

    return make


@pytest.fixture(scope="session")
def replied(standard: Standard, made_row: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """The fields of a sound reply."""
    return lambda name, *, full: made_row(standard.services[name].reply, full)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """An outside program by its name."""

    def found(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(name)
        return str(path)

    return found
