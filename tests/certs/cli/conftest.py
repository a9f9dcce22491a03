"""Fixtures of the command line's tests."""

from __future__ import annotations

from datetime import datetime

import pytest

from certs.testpki.world import World
from hub.cli.main import main
from tests.certs.cli.world import AT, Files, Ran, Run


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder, world = tmp_path_factory.mktemp("world"), World.open(now=datetime.fromisoformat(AT))
    with pytest.MonkeyPatch.context() as patch:  # the same world in memory and in files
        patch.setattr(World, "open", lambda *_, **__: world)
        words = ["--world", "--holders", "builder,frozen,revoked,neighbour", "--at", AT, "--json"]
        assert main(["ca", "testpki", str(folder), *words]) == 0
    return Files(folder, world)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def asked(*words: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(["ca", *words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return asked
