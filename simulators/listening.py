"""How a system that is not HTTP is reached: one port, `Listener`, and what a side behind it must offer.

Three kinds of line, one habit. A *document* line (a bank on TCP) asks the side `answer(request, now)` as
HTTP does. Tables and folders have nobody who calls: the hub lays something down, and the system comes by
on its own schedule. Such a side writes its round as a generator, `turn(now)`, which yields what it wants
done with its tables and files and is given what came of it; so it stays free of input and output, and the
same side works over SQLite, PostgreSQL, SFTP or FTP. What it found waiting it yields as an `Arrival`: the
shell takes that through faults, the side's own `answer` and the journal, exactly as a call over HTTP, and
hands back the reply for the side to write where its papers want it.

    def turn(self, now):
        found = yield Rows(look=(Look("XF_ZBGG", {"SYNC_FLAG": "0"}, order=("SEQ_ID",)),))
        for row in found.look[0]:
            reply = yield Arrival(Request("ROWS", "/XF_ZBGG", body=json.dumps(row).encode()))
            if reply is not None:  # None: a fault keeps the system silent this time
                yield Rows(set=(Set("XF_ZBGG", {"SEQ_ID": row["SEQ_ID"]}, json.loads(reply.body)),))
        return None  # or the moment (virtual clock) at which to come by again though nothing was laid down

What a whole place suffers rather than one arrival (a locked table, a stopped database, a full disk) is
mechanism `place` of the fault table, `way=locked|shut|full|read-only`: it holds from arming until it is
lifted, or `seconds`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simulators.system import System
from simulators.wire import Reply, Request

Value = str | int | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Put:
    """Insert `row`; with a `key` only where no row equal in those columns is there."""

    table: str
    row: Row
    key: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Set:
    """Write the columns of `row` where all of `key` are equal (guards such as a version belong in
    `key`)."""

    table: str
    key: Row
    row: Row


@dataclass(frozen=True, slots=True)
class Drop:
    """Delete where all of `key` are equal."""

    table: str
    key: Row


@dataclass(frozen=True, slots=True)
class Look:
    """Rows where all of `where` are equal, `order` ascending (`-NAME` descending); no `columns` means
    all."""

    table: str
    where: Row = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Rows:
    """One transaction, in the order put, set, drop, look.

    Column and table names are written unquoted and answered as asked (upper case for none asked where the
    papers' DDL is upper case). Moments are text `yyyy-MM-dd HH:mm:ss`, NUMBER is decimal text, integers
    are int.
    """

    put: tuple[Put, ...] = ()
    set: tuple[Set, ...] = ()
    drop: tuple[Drop, ...] = ()
    look: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsSaid:
    """What came of `Rows`: was it inserted, how many rows, which rows."""

    put: tuple[bool, ...] = ()
    set: tuple[int, ...] = ()
    drop: tuple[int, ...] = ()
    look: tuple[tuple[Row, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """Paths below the system's folder; put writes a hidden name and renames; order put, drop, get, list.

    `get` and `list` take globs in the last part (`in/*.zip`). Unlike the hub, the owner may overwrite.
    """

    put: tuple[tuple[str, bytes], ...] = ()
    drop: tuple[str, ...] = ()
    get: tuple[str, ...] = ()
    list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilesSaid:
    """What came of `Files`; what is not there does not appear."""

    got: Mapping[str, bytes] = field(default_factory=dict)
    listed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something the hub laid down; answered by the side's own `answer` under the armed fault, and
    journalled."""

    request: Request


Step = Rows | Files | Arrival
# receives RowsSaid, FilesSaid, or for an Arrival the Reply (None: the fault says nothing this time)
Turn = Generator[Step, Any, datetime | None]


class Talking(Protocol):
    """A side on a document line. Of the reply the body is sent; two headers steer the sending:

    `pieces` = n writes the answer n bytes at a time, `after` = `eof` writes it only when the caller closed
    its half.
    """

    def whole(self, received: bytes) -> bool:
        """Is this one complete request document? (The end of the stream always ends it.)"""
        ...

    def answer(self, request: Request, now: datetime) -> Reply:
        """`request.method` is TCP, `path` `/`, `base` the caller's address, `body` the document."""
        ...


class Working(Protocol):
    """A side over tables, files, or both.

    It may have `closed(now) -> bool` (its place is shut to everybody while that is so: a night window), and
    `peer_row`, members of its row in `peers.toml` (`poll`).
    """

    def turn(self, now: datetime) -> Turn:
        """One round: take what waits, answer it, lay down what the system itself has to say."""
        ...

    def answer(self, request: Request, now: datetime) -> Reply: ...


class Tabled(Working, Protocol):
    """A side with tables of its own."""

    @property
    def place(self) -> str:
        """Name of the database; systems that give the same name share one (a shared front-end machine)."""
        ...

    def schema(self, engine: str) -> str:
        """The DDL of `place` for `sqlite` or `postgresql`, run once when the database is made."""
        ...


class Filed(Working, Protocol):
    """A side with a folder of its own."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that stand ready below the base."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """What `peers.toml` tells the hub: the base, and credentials that only the listener knows.

    (For instance `files`, the second address of a system with tables and files, and `known_hosts`.)
    """

    base: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    row: Mapping[str, Any] = field(default_factory=dict)  # other members of the row: `listen`


class Listener(Protocol):
    """One system's line. After `wake` a round comes at once (a sender has queued something; the clock
    jumped)."""

    async def start(self, system: System, host: str) -> Address: ...

    async def stop(self) -> None: ...

    def wake(self) -> None: ...

    async def snapshot(self) -> Any:
        """What lies in tables and folders, for `restore`."""
        ...

    async def restore(self, kept: Any) -> None: ...


class Refused(Exception):
    """Thrown into a turn where tables or files could not be had (locked, shut); the round ends, the next
    tries."""
