"""Where two byte strings part, said so that a vendor can find the place in a hex editor."""

from __future__ import annotations

from typing import Any

from hub.message import canonical

BEFORE, AFTER, SHOWN = 16, 32, 4000


def as_bytes(value: Any) -> bytes:
    """The bytes that are compared: bytes and texts as they are, anything else as canonical JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return canonical(value)


def readable(value: Any) -> str:
    """A text form for a report, bounded so that a hostile answer cannot fill the disk."""
    if value == "":
        return ""
    text = as_bytes(value).decode("utf-8", "backslashreplace").replace("\x00", "\ufffd")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…({len(text)})"


def first_difference(expected: bytes, observed: bytes) -> str:
    """`offset N` and both sides as hexdump around it; empty when they are equal."""
    if expected == observed:
        return ""
    limit = min(len(expected), len(observed))
    at = next((i for i in range(limit) if expected[i] != observed[i]), limit)
    start = max(0, at - BEFORE) // 16 * 16
    lines = [f"offset {at} (0x{at:x}); length expected {len(expected)}, observed {len(observed)}"]
    for name, data in (("expected", expected), ("observed", observed)):
        lines.append(f"--- {name}")
        lines += hexdump(data[start : at + AFTER], start, mark=at)
    return "\n".join(lines)


def hexdump(data: bytes, start: int = 0, *, mark: int = -1) -> list[str]:
    """Sixteen bytes a line, the marked byte in brackets."""
    lines = []
    for row in range(0, len(data), 16):
        chunk = data[row : row + 16]
        cells = [
            f"[{byte:02x}]" if start + row + i == mark else f" {byte:02x} " for i, byte in enumerate(chunk)
        ]
        plain = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in chunk)
        lines.append(f"{start + row:08x} {''.join(cells):<64} {plain}")
    return lines or [f"{start:08x}  (end)"]
