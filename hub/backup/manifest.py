"""What a copy says of itself in clear: whose log, up to which signed head, and the digests of its files.

Only what a head says anyway stands here; how many entries lie behind it does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hub.durable import place_file
from hub.errors import SettingsError
from hub.files.name import running

FORMAT = "hutong-backup/1"
NAME = "manifest.json"
JOURNAL, KEYS = "journal.htb", "keys.htb"
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Manifest:
    """`base` is the id of the copy this one continues ("" for a whole one), `files` name -> sm3 digest.

    `span` says, closed, from where to where the entries go; `salt` is for the passphrase of `keys.htb`.
    """

    id: str
    realm: str
    log: str
    time: str
    base: str
    head: Mapping[str, Any]
    public_key: str
    span: str
    salt: str
    files: Mapping[str, str]
    format: str = FORMAT


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Last of all files: a copy without it is none."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
    place_file(folder / NAME, text.encode("utf-8"))


def read_manifest(folder: Path) -> Manifest:
    """The manifest, its files there and unchanged; SettingsError names what is not."""
    path = folder / NAME
    try:
        manifest = Manifest(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        text = f"{path}: 不是完整的备份 / not a finished backup ({type(error).__name__})"
        raise SettingsError(text, code="backup.format") from error
    if manifest.format != FORMAT:
        raise SettingsError(f"{path}: {manifest.format!r} 须为 / must be {FORMAT}", code="backup.format")
    for name, wanted in manifest.files.items():
        if name not in {JOURNAL, KEYS}:
            raise SettingsError(f"{path}: 未知文件 / unknown file {name!r}", code="backup.format")
        found = file_digest(folder / name)
        if found != wanted:
            text = f"{folder / name}: 摘要不符 / digest {found}, expected {wanted}"
            raise SettingsError(text, code="backup.damaged")
    return manifest


def file_digest(path: Path) -> str:
    state = running("sm3")
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                state.update(piece)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", code="backup.damaged") from error
    return f"sm3:{state.hexdigest()}"
