"""Raw bytes that lie in an archive file beside the journal instead of in it; a mark stands in their place.

Heads stay where they were: every proof, every fold and every rule goes on without the archive. Only who
wants the bytes themselves needs the file, and is told so where it is not there.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hub.errors import HubError

MARK = b"\x00HTA1"  # no message begins like this: those that are stored open are JSON
FOLDER, SUFFIX = "archive", ".archive"


class ArchivedError(HubError):
    """The bytes were archived, and the archive file is not beside the journal."""

    status = 410
    code = "archive.absent"


def archived(connection: sqlite3.Connection, seq: int) -> bytes:
    """The bytes as they were stored; ArchivedError where no file here has them."""
    for path in files(connection):
        with opened(path) as archive:
            row = archive.execute("SELECT raw FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is not None:
            return bytes(row[0])
    raise ArchivedError(
        f"第 {seq} 条的原文已归档,归档文件不在线 / entry {seq} is archived, its file is not here"
    )


def files(connection: sqlite3.Connection) -> list[Path]:
    """The newest first: what was archived late is asked for more often."""
    place = next(row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main")
    if not place:
        return []
    return sorted((Path(place).parent / FOLDER).glob(f"*{SUFFIX}"), reverse=True)


class opened:  # reads like `open`
    """A connection to one archive file, closed at the end."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *error: object) -> None:
        self._connection.close()
