"""Where in a file a mistake stands: parsers say it in words, people want a line to go to."""

from __future__ import annotations

import re
from pathlib import Path

_STATED = re.compile(r"at line (\d+)|line (\d+) column")
_TABLE = re.compile(r"\[systems\.([^\]]+)\](?:\.([A-Za-z_]+))?(?:\.([A-Za-z_0-9-]+))?")


def line_of(path: Path, detail: str, name: str = "") -> int:
    """The line `detail` speaks of, or that of the member `name`; 1 where nothing more is known."""
    stated = _STATED.search(detail)
    if stated is not None:
        return int(stated[1] or stated[2])
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 1
    table = _TABLE.search(detail)
    if table is not None:
        return _in_table(lines, table[1], [part for part in (table[3], table[2]) if part])
    return _member(lines, name, 0) or 1


def _in_table(lines: list[str], system: str, members: list[str]) -> int:
    """The innermost member that is written there, else the table's own line."""
    head = re.compile(rf"\s*\[\s*systems\s*\.\s*\"?{re.escape(system)}\"?\s*[.\]]")
    begin = next((number for number, line in enumerate(lines, 1) if head.match(line)), 0)
    for member in members:
        found = _member(lines, member, begin)
        if found:
            return found
    return begin or 1


def _member(lines: list[str], name: str, after: int) -> int:
    pattern = re.compile(rf"\s*\"?{re.escape(name)}\"?\s*=|.*[{{,]\s*\"?{re.escape(name)}\"?\s*=")
    return next((n for n, line in enumerate(lines, 1) if n > after and name and pattern.match(line)), 0)
