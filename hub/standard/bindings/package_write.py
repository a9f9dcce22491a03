"""Messages into a package: one JSON Lines file per stage, parents first, a manifest, attachments by digest.

The bytes depend on the input alone: fixed dates and modes, sorted names, one compression level. (Another
zlib may squeeze differently; with `squeeze=False` the bytes are the same everywhere.) The manifest has
the head and body of an envelope, so that it is signed and checked as messages are.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

from hub.message import Key, canonical, sign
from hub.standard.bindings.package_digest import CHUNK, Running
from hub.standard.bindings.package_names import MANIFEST, PackageName, attachment_path, data_path
from hub.standard.book import Book

FORMAT = "hutong-package"
LEVEL = 6
_DAWN = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3
Content = Callable[[], BinaryIO]


class PackageError(ValueError):
    """The caller's material cannot be packed; says what is wrong with it."""


def write_package(
    out: BinaryIO,
    name: PackageName,
    messages: Iterable[Mapping[str, Any]],
    standard: Book,
    *,
    attachments: Mapping[str, Content] | None = None,
    key: Key | None = None,
    squeeze: bool = True,
) -> dict[str, Any]:
    """Write the package to a seekable stream and return its manifest.

    Messages of one stage keep their order. `attachments` gives contents by digest (`sm3:…`); a content
    that has another digest raises PackageError, as does a message of no stage.
    """
    lines = _by_stage(messages, standard)
    method = zipfile.ZIP_DEFLATED if squeeze else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method, allowZip64=False, compresslevel=LEVEL) as archive:
        data = [_data(archive, stage, rows, method) for stage, rows in lines.items()]
        files = [
            _attachment(archive, digest, content, method)
            for digest, content in sorted((attachments or {}).items())
        ]
        manifest = _manifest(name, standard.version, data, files)
        if key is not None:
            manifest = sign(manifest, key)
        archive.writestr(_entry(MANIFEST, method), canonical(manifest) + b"\n")
    return manifest


def _manifest(
    name: PackageName, version: str, data: list[dict[str, Any]], files: list[dict[str, Any]]
) -> dict[str, Any]:
    head = {
        "format": FORMAT, "ver": "1", "from": name.system, "package": str(name), "standard": version,
        "time": name.time,
    }  # fmt: skip
    records = sum(row["records"] for row in data)
    return {"head": head, "body": {"records": records, "data": data, "attachments": files}}


def _by_stage(messages: Iterable[Mapping[str, Any]], standard: Book) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {stage.id: [] for stage in standard.stages}
    for message in messages:
        stage = message["head"].get("stage", "")
        if stage not in found:
            raise PackageError(f"a package carries records of stages, not {stage!r}")
        found[stage].append(canonical(message) + b"\n")
    return {stage: lines for stage, lines in found.items() if lines}


def _data(archive: zipfile.ZipFile, stage: str, lines: list[bytes], method: int) -> dict[str, Any]:
    path, digest = data_path(stage), Running()
    with archive.open(_entry(path, method), "w") as entry:
        for line in lines:
            digest.feed(line)
            entry.write(line)
    told = digest.told()
    return {"path": path, "stage": stage, "records": len(lines), "size": digest.size, "digest": told}


def _attachment(archive: zipfile.ZipFile, digest: str, content: Content, method: int) -> dict[str, Any]:
    path, running = attachment_path(digest), Running(digest.partition(":")[0])
    with content() as source, archive.open(_entry(path, method), "w") as entry:
        while piece := source.read(CHUNK):
            running.feed(piece)
            entry.write(piece)
    if (told := running.told()) != digest:
        raise PackageError(f"the content of {digest} has the digest {told}")
    return {"path": path, "size": running.size, "digest": digest}


def _entry(path: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DAWN)
    info.compress_type, info.external_attr, info.create_system = method, _PLAIN_FILE, _UNIX
    # Undocumented before 3.13, there since 3.7: entries opened for writing do not inherit the archive's.
    info._compresslevel = LEVEL  # type: ignore[attr-defined]
    return info
