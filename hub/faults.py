"""How a bug is logged: what kind and where, never with its words, which could quote a record."""

from __future__ import annotations

import traceback
from pathlib import PurePath

FRAMES = 4


def place(error: BaseException) -> str:
    """`KeyError at pipeline/facts.py:12 < hub/engine.py:34`: the type and the innermost frames."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    where = [f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno}" for frame in reversed(frames)]
    return f"{type(error).__name__} at {' < '.join(where) or '?'}"
