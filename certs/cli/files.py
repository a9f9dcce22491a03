"""Files of the command line: read within bounds, and refused in words that say what to do."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

LARGEST = 1 << 28
USAGE, COULD_NOT_RUN = 2, 3


class InputError(Exception):
    """What, where, what was expected, and what to do."""

    def __init__(self, what: str, where: str, expected: str, advice: str, code: int = COULD_NOT_RUN) -> None:
        super().__init__(
            f"{what}\n  位置 / where:    {where}\n  应为 / expected: {expected}\n  建议 / advice:   {advice}"
        )
        self.code = code


def read_file(path: str) -> bytes:
    """The bytes of a file, `-` for standard input."""
    data = sys.stdin.buffer.read(LARGEST + 1) if path == "-" else _open(path)
    if len(data) > LARGEST:
        raise InputError("文件过大 / too large", path, f"至多 {LARGEST >> 20} MiB", "拆分后再试")
    return data


def _open(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"无法读取 / cannot be read: {why}", path, "可读的文件", "核对路径与权限") from error


def write_file(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"无法写入 / cannot be written: {why}", path, "可写的位置", "核对目录与权限"
        ) from error


def moment_of(text: str | None) -> datetime:
    """`--at`: a moment with its zone, or a day (its first moment, Beijing time); now if left out."""
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+08:00")
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        expected = "2026-11-22T09:00:00+08:00 或 2026-11-22"
        raise InputError("时刻无法识别 / not a moment", f"--at {text}", expected, "写明时区", USAGE)
    return found
