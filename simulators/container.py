"""`hutong sim up --docker IMAGE`: the same fleet with the same flags, inside a container.

The container is on the host's network, because the systems listen on 127.0.0.1 and nowhere else; it runs as
the caller, with a root that cannot be written and without privileges. What flags name is mounted where it
is, so that `peers.toml` says the same inside and outside. Its output is ours: the ready line on stdout, the
rest on stderr; a signal ends both.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OK, COULD_NOT_RUN = 0, 3
PATIENCE = 20  # seconds for the fleet's own end
OURS = frozenset({"docker", "json"})  # flags that the fleet inside is not told
FOLDERS = frozenset({"pki", "places"})  # made and written by the fleet
_LABEL = {"hutong": "sim"}


def run(args: argparse.Namespace, flags: frozenset[str]) -> int:
    """Start it and stay until it ends. `flags` are the names of `up`'s own options."""
    try:
        docker: Any = importlib.import_module("docker")
    except ModuleNotFoundError:
        return _wrong("需要 docker 包 / needs the package docker: pip install 'hutong[containers]'")
    errors = docker.errors
    try:
        client = docker.from_env()
        container = client.containers.create(args.docker, words(args, flags), **settings(args, flags))
    except errors.ImageNotFound:
        return _wrong(f"没有镜像 {args.docker} / no such image; see deploy/README.md")
    except errors.DockerException as error:
        return _wrong(f"Docker: {error}")
    with _ended(container, errors):
        return _follow(container, errors)


def words(args: argparse.Namespace, flags: frozenset[str]) -> list[str]:
    """The command inside: what was said outside, with paths that hold anywhere."""
    said = ["sim", "up"]
    for name, value in _given(args, flags):
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            said.append(flag)
        else:
            said.append(f"{flag}={value.absolute() if isinstance(value, Path) else value}")
    return said


def settings(args: argparse.Namespace, flags: frozenset[str]) -> dict[str, Any]:
    """How the container is made. Folders that it is to write are made first: else Docker would, as root."""
    volumes: dict[str, dict[str, str]] = {}
    for name, value in _given(args, flags):
        if not isinstance(value, Path):
            continue
        place = value.absolute().parent if name == "peers" else value.absolute()
        written = name == "peers" or name in FOLDERS
        if written:
            place.mkdir(parents=True, exist_ok=True)
        volumes[str(place)] = {"bind": str(place), "mode": "rw" if written else "ro"}
    whose = {"user": f"{os.getuid()}:{os.getgid()}"} if hasattr(os, "getuid") else {}
    return {
        "network_mode": "host",
        **whose,
        "read_only": True,
        "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108 - the container's own
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "volumes": volumes,
        "labels": _LABEL,
    }


def _given(args: argparse.Namespace, flags: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name, value in sorted(vars(args).items()):
        if name in flags - OURS and value is not None and value is not False and value != "":
            yield name, value


def _follow(container: Any, errors: Any) -> int:
    """Pass on what it says until it ends; its exit code."""

    def told(number: int, _frame: object) -> None:
        try:
            container.kill(signal.Signals(number).name)
        except errors.APIError:  # it does not run yet, or no more
            raise SystemExit(OK) from None

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    said = container.attach(stream=True, logs=True, demux=True)
    container.start()
    for out, err in said:
        for part, stream in ((out, sys.stdout), (err, sys.stderr)):
            if part:
                stream.buffer.write(part)
                stream.buffer.flush()
    return int(container.wait(timeout=PATIENCE)["StatusCode"])


@contextlib.contextmanager
def _ended(container: Any, errors: Any) -> Iterator[None]:
    """Whatever happens, nothing of it is left."""
    try:
        yield
    finally:
        with contextlib.suppress(errors.DockerException):
            container.remove(force=True)


def _wrong(text: str) -> int:
    print(f"hutong sim up --docker: {text}", file=sys.stderr)
    return COULD_NOT_RUN
