"""How far something long has come: a line that moves on a terminal, in a file one for each tenth."""

from __future__ import annotations

import sys


class Progress:
    """Called with how much is done and, where it is known, of how much."""

    def __init__(self, zh: str) -> None:
        self._zh = zh
        self._tenth = -1

    def __call__(self, done: int, whole: int = 0) -> None:
        shown = f"{self._zh} {done}/{whole}" if whole else f"{self._zh} {done}"
        if sys.stderr.isatty():
            print(f"\r{shown}", end="\n" if whole and done >= whole else "", file=sys.stderr, flush=True)
            return
        tenth = done * 10 // whole if whole else done // 100_000
        if tenth != self._tenth:
            self._tenth = tenth
            print(shown, file=sys.stderr, flush=True)
