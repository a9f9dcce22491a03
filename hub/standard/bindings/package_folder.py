"""The thin shell: packages in a folder, written under another name first, announced by a marker.

A package counts from the moment its marker (`<name>.ok`, zero bytes) is there, and as done once its
receipt is.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from hub.standard.bindings.package_names import MARKER, RECEIPT, PackageName, parse_name


def put(folder: Path, name: PackageName, write: Callable[[BinaryIO], Any]) -> Path:
    """Write a package whole and announce it; FileExistsError when the name is taken."""
    path = folder / str(name)
    if path.exists():
        raise FileExistsError(str(path))
    _whole(path, write)
    _whole(folder / f"{name}{MARKER}", lambda _: None)
    return path


def waiting(folder: Path) -> Iterator[Path]:
    """Announced packages without a receipt, oldest name first."""
    for marker in sorted(folder.glob(f"*.zip{MARKER}")):
        path = marker.with_name(marker.name.removesuffix(MARKER))
        if parse_name(path.name) is None or path.with_name(path.name + RECEIPT).exists():
            continue
        if _plain(path) and _plain(marker) and marker.lstat().st_size == 0:
            yield path


def answer(path: Path, receipt: bytes) -> Path:
    """Write the receipt of a package beside it."""
    told = path.with_name(path.name + RECEIPT)
    _whole(told, lambda out: out.write(receipt))
    return told


def _plain(path: Path) -> bool:
    """A file of its own: a link could lead anywhere."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _whole(path: Path, write: Callable[[BinaryIO], Any]) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w+b") as out:
        write(out)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
