"""`hutong sim up --docker`: what it asks of Docker; where a daemon runs, a real image and a fleet in it."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators import container, up
from simulators.roll import roll

ROOT = Path(__file__).parents[2]
HUTONG = [sys.executable, "-c", "import sys; from hub.cli.main import main; sys.exit(main())"]


def asked(*words: str) -> tuple[argparse.Namespace, frozenset[str]]:
    parser = argparse.ArgumentParser()
    up.configure(parser)
    return parser.parse_args(words), frozenset(vars(parser.parse_args([])))


def test_the_fleet_inside_is_told_what_was_said_outside(tmp_path: Path) -> None:
    args, flags = asked(
        "--docker", "hutong", "--systems", "D09", "--seed", "0", "--strict", "--json",
        "--peers", "here/peers.toml",
    )  # fmt: skip
    inside = container.words(args, flags)
    parser = argparse.ArgumentParser()
    up.configure(parser)
    again = vars(parser.parse_args(inside[2:]))
    assert inside[:2] == ["sim", "up"]
    assert again.pop("peers") == Path("here/peers.toml").absolute()
    wanted = vars(args) | {"docker": "", "json": False}
    wanted.pop("peers")
    assert again == wanted


def test_what_flags_name_is_mounted_where_it_is_and_nothing_else(tmp_path: Path) -> None:
    args, flags = asked(
        "--peers", str(tmp_path / "new" / "peers.toml"), "--keys", str(tmp_path),
        "--places", str(tmp_path / "p"),
    )  # fmt: skip
    made = container.settings(args, flags)
    assert made["volumes"] == {
        str(tmp_path): {"bind": str(tmp_path), "mode": "ro"},
        str(tmp_path / "new"): {"bind": str(tmp_path / "new"), "mode": "rw"},
        str(tmp_path / "p"): {"bind": str(tmp_path / "p"), "mode": "rw"},
    }
    assert (tmp_path / "new").is_dir() and (tmp_path / "p").is_dir()
    assert (
        made["read_only"] and made["cap_drop"] == ["ALL"] and made["user"] == f"{os.getuid()}:{os.getgid()}"
    )


def test_without_the_package_one_is_told_which(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "docker", None)
    args, flags = asked("--docker", "hutong")
    assert container.run(args, flags) == 3
    assert "hutong[containers]" in capsys.readouterr().err


def _docker() -> Any:
    """A client, or a skip that says what is missing."""
    docker = pytest.importorskip("docker")
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        pytest.skip(f"no Docker daemon: {error}")
    return client


@pytest.fixture(scope="module", name="image")
def image_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image of deploy/, built of wheels made here and of a base that is here."""
    client = _docker()
    base = os.environ.get("HUTONG_TEST_BASE", "hutong-base")
    if not client.images.list(base):
        pytest.skip(f"no image {base} to build on (HUTONG_TEST_BASE; deploy/README.md says how to make one)")
    context = tmp_path_factory.mktemp("deploy")
    shutil.copy(ROOT / "deploy" / "Dockerfile", context)
    what = [f"{ROOT}[files,postgres]", "httptools"]
    wheel = [sys.executable, "-m", "pip", "wheel", "-q", "-w", str(context / "wheels")]
    subprocess.run([*wheel, "-c", str(ROOT / "constraints.txt"), *what], check=True, timeout=900)
    name = f"hutong-test:{os.getpid()}"
    client.images.build(path=str(context), tag=name, buildargs={"BASE": base}, rm=True, forcerm=True)
    yield name
    client.images.remove(name, force=True)


@pytest.mark.containers
def test_a_fleet_lives_and_ends_in_a_container(image: str, tmp_path: Path) -> None:
    client = _docker()
    words = [
        "sim",
        "up",
        "--docker",
        image,
        "--systems",
        "X07,M03,D19,T01,B01",
        "--peers",
        str(tmp_path / "peers.toml"),
    ]
    with subprocess.Popen(
        [*HUTONG, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        ready = json.loads(line)
        assert set(ready["systems"]) == {"X07", "M03", "D19", "T01", "B01"}
        mine = client.containers.list(filters={"ancestor": image})
        assert len(mine) == 1 and mine[0].attrs["HostConfig"]["ReadonlyRootfs"]

        peers = tomllib.loads((tmp_path / "peers.toml").read_text("utf-8"))["systems"]
        assert (tmp_path / "peers.toml").stat().st_uid == os.getuid()
        assert Path(peers["B01"]["tls"]["cert"]).is_file()
        call = urllib.request.Request(peers["X07"]["base"] + "/api/login", data=b"auth=x")
        with urllib.request.urlopen(call, timeout=60) as reply:
            assert reply.status == 200
        with urllib.request.urlopen(ready["management"] + "/pages/X07", timeout=60) as reply:
            assert roll()["X07"].zh in reply.read().decode("utf-8")
        with urllib.request.urlopen(ready["management"] + "/journal?system=X07", timeout=60) as reply:
            assert json.loads(reply.read().splitlines()[0])["request"]["path"] == "/api/login"

        process.terminate()
        assert process.wait(timeout=60) == 0, process.stderr.read()
    assert client.containers.list(all=True, filters={"ancestor": image}) == []


@pytest.mark.containers
def test_an_image_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    _docker()
    args, flags = asked("--docker", "hutong-no-such-image")
    assert container.run(args, flags) == 3
    assert "hutong-no-such-image" in capsys.readouterr().err
