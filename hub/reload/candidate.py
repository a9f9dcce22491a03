"""Everything read again into values, beside what is running; mistakes are collected, nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from certs.algorithms.digest import digest
from hub.ca.belief import Belief, folder_of
from hub.catalogue import Catalogue, installed
from hub.errors import SettingsError
from hub.keyring import read_keys
from hub.message import Finding, Key
from hub.peers import Peer, read_peers
from hub.reload.lines import line_of
from hub.settings import Settings

Value = TypeVar("Value")
WRONG = "reload.file"
LONGEST = 300
EVERYTHING = frozenset({"settings", "catalogue", "peers", "keys", "ca"})
# What the hub looks at by itself, because it changes in daily work.
WATCHED = frozenset({"peers", "keys", "ca"})
_NAMED = re.compile(r": ([a-z_]+) = |unknown setting '?([A-Za-z_]+)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What was read; None for what was not asked for or is wrong (then there are findings).

    `digests` say of which bytes: of keys only what is public, a secret's digest could be guessed at.
    """

    settings: Settings | None = None
    catalogue: Catalogue | None = None
    peers: Mapping[str, Peer] | None = None
    keys: tuple[Key, ...] | None = None
    ca: Belief | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def read_again(
    now: Settings,
    again: Callable[[], Settings],
    env: Mapping[str, str],
    parts: Iterable[str] = EVERYTHING,
    *,
    belief: Callable[[], Belief | None] = lambda: None,
) -> Candidate:
    """Read the files of a running hub. Places are those it runs with: they do not change while it does.

    `belief` reads the recognition data; None where there are none yet, which is no mistake.
    """
    wrong: list[Finding] = []
    digests: dict[str, str] = {}

    def read(part: str, path: Path, reading: Callable[[], Value], expected: str) -> Value | None:
        if part not in parts:
            return None
        try:
            value = reading()
        except SettingsError as error:
            wrong.extend(error.findings or (_finding(path, error.detail, expected),))
            return None
        if value is not None:
            digests[part] = _digest(part, path, value)
        return value

    return Candidate(
        settings=read("settings", now.data / "hub.toml", again, "hutong settings 列出的名称与取值"),
        catalogue=read("catalogue", now.data / "catalogue", lambda: installed(now.data), ""),
        peers=read(
            "peers",
            now.peers_file,
            lambda: read_peers(now.peers_file, realm=now.realm, env=env) if now.peers_file.exists() else {},
            "[systems.<编号>] base allow_from credentials tls rate",
        ),
        keys=read(
            "keys",
            now.keys_dir,
            lambda: tuple(read_keys(now.keys_dir, demo=now.realm != "production")),
            "{keyId, owner, alg, secret | public}",
        ),
        ca=read("ca", folder_of(now), belief, "中心签发的信任列表、策略与吊销数据"),
        digests=digests,
        findings=tuple(wrong),
    )


def _finding(path: Path, detail: str, expected: str) -> Finding:
    """`path` is where the part lies; the error may name a file in it."""
    named = re.match(r"(/[^:\n]+?): ", detail)
    file = Path(named[1].split(" [", 1)[0]) if named else path
    member = _NAMED.search(detail)
    name = next((one for one in member.groups() if one), "") if member else ""
    place = f"{file}:{line_of(file, detail, name)}"
    said = detail.removeprefix(str(file)).lstrip(": ")[:LONGEST]
    return Finding(WRONG, place, expected, said, "改正后重新载入;在此之前一切照旧")


def _digest(part: str, path: Path, value: object) -> str:
    if part == "keys" and isinstance(value, tuple):
        told = "\n".join(f"{key.key_id} {key.owner} {key.alg} {key.public.hex()}" for key in value).encode()
    elif part == "catalogue":
        files = (path / "systems.csv", path / "subscriptions.csv")
        told = b"\n".join(_bytes(file) for file in files)
    elif isinstance(value, Belief):
        told = "\n".join(f"{name} {one}" for name, one in sorted(value.digests.items())).encode()
    elif part == "settings":
        told = repr(value).encode("utf-8")
    else:
        told = _bytes(path)
    return f"sm3:{digest(told).hex()}"


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
