"""A small file that must be there for good: whole or not at all, and still there after a cut of power.

The keys beside a journal are such files: what was enciphered or named under a key that did not reach the
disk is lost, however well the journal itself was kept.
"""

from __future__ import annotations

import os
from pathlib import Path


def place_file(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for its owner only; durable when this returns."""
    draft = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    settle_folder(path.parent)


def settle_folder(folder: Path) -> None:
    """The names in a folder reach the disk: a file whose name is lost is lost with it."""
    if os.name == "nt":  # folders cannot be flushed there; the file system keeps its own log
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
