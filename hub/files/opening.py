"""The parts of the file desk joined from the hub's settings."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from hub.failpoints import FailPoints
from hub.files import bounds
from hub.files.arrival import Arrivals
from hub.files.cipher import open_key
from hub.files.desk import Files, Limits
from hub.files.quota import Quota
from hub.files.shelf import Shelf
from hub.index.port import Index
from hub.journal.writer import Writer
from hub.settings import Settings

THREADS = 2  # enough to keep a disk busy, few enough that files never take the machine


def open_files(
    settings: Settings,
    index: Index,
    writer: Writer,
    *,
    clock: Callable[[], datetime],
    fresh: Callable[[int], bytes],
    new_id: Callable[[], str],
    failpoints: FailPoints,
) -> Files:
    """Take up what lies in the data directory; raises SettingsError when its key is not there."""
    root = settings.data / "files"
    key = open_key(settings.data / "files.key", fresh, new=not root.exists())
    shelf = Shelf(root, key, settings.file_piece)
    inside = bounds.load()
    arrivals = Arrivals(
        shelf, inside, index, writer, clock=clock, fresh=fresh, new_id=new_id, failpoints=failpoints
    )
    quota = Quota(settings.file_pending, settings.file_uploads, settings.file_daily, index.file_bytes)
    limits = Limits(
        largest=settings.max_file,
        part=settings.file_part,
        parts=inside.parts,
        streams=settings.file_streams,
        streams_each=settings.file_streams_each,
        expiry=settings.file_expiry,
        reserve=settings.file_reserve,
    )
    threads = ThreadPoolExecutor(THREADS, "hub-files")
    return Files(
        shelf, arrivals, quota, limits, clock=clock, fresh=fresh, failpoints=failpoints, threads=threads
    )
