"""What operation needs to know, so coarse or so chosen that sealed traffic is not in it.

Commits, their sizes and the queue's length follow every message, also those nobody may know of. So commits
are timed where they come by the clock alone (the pulse of tree heads), the write queue is told in tenths,
waiting deliveries are those anybody may know of, counted to a bound, and disk space in doublings. Group sizes
are not told at all: the largest one before a deadline is a number of bidders.
"""

from __future__ import annotations

import shutil

from hub.journal.sqlite import FILE, ROOM
from hub.server.context import Context

GIB = 2**30
OUTCOMES = ("taken", "unchanged", "refused")


def operation(ctx: Context) -> dict[str, float]:
    """Names without prefix, as `facts` writes them."""
    found = dict(ctx.hub.operation())
    found["disk_free_bytes"] = float(_doubling(shutil.disk_usage(ctx.settings.data).free))
    found["write_ahead_bytes"] = float(_wal(ctx))
    counted = ctx.reloader.outcomes if ctx.reloader is not None else {}
    for outcome in OUTCOMES:
        found[f'reloads_total{{outcome="{outcome}"}}'] = float(counted.get(outcome, 0))
    return found


def _doubling(free: int) -> int:
    """The largest GiB, 2 GiB, 4 GiB ... that is free; below one, 0."""
    return 0 if free < GIB else GIB << (free // GIB).bit_length() - 1


def _wal(ctx: Context) -> int:
    """In whole rooms: within its room the log is filled up anyway."""
    try:
        size = (ctx.settings.data / f"{FILE}-wal").stat().st_size
    except OSError:
        return 0
    return -(-size // ROOM) * ROOM
