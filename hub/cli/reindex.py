"""`hutong doctor --rebuild-index`: the index made again from the journal, while the hub is stopped."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from hub.errors import SettingsError
from hub.settings import load


def rebuild_index(args: argparse.Namespace) -> int:
    """0 when done; SettingsError (exit 3) when there is no journal or a hub holds it."""
    from hub.journal.rebuild import rebuild
    from hub.journal.sqlite import FILE

    path = load(args.config, env=os.environ, flags={"data": args.data}).settings.data / FILE
    if not path.is_file():
        raise SettingsError(f"没有日志文件 / no journal: {path}")
    begun = time.monotonic()
    count = rebuild(path, told=_progress)
    seconds = round(time.monotonic() - begun, 1)
    if args.json:
        print(json.dumps({"ok": True, "entries": count, "seconds": seconds}))
    else:
        print(f"索引已由 {count} 条日志重建,用时 {seconds} 秒。")
    return 0


def _progress(done: int, whole: int) -> None:
    """One line that moves on a terminal; in a file, one for each tenth of the way."""
    if sys.stderr.isatty():
        print(f"\r重建索引 {done}/{whole}", end="" if done < whole else "\n", file=sys.stderr, flush=True)
    elif done >= whole or done * 10 // whole > (done - 1000) * 10 // whole:
        print(f"重建索引 {done}/{whole}", file=sys.stderr, flush=True)
