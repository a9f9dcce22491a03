"""The embedded store: journal and index in one SQLite file and one transaction.

WAL with `synchronous=FULL` is what survives a cut of power (reference/hub.md section 6); both are read
back after they are set, and a connection that does not have them is not used. Checkpoints run from
`maintain`, off the acknowledging path.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.errors import OverloadError, SettingsError
from hub.failpoints import FailPoints
from hub.index.gathered import Gathered
from hub.index.persons import erased_by
from hub.index.questions import SqliteIndex
from hub.index.schema import migrate
from hub.journal.archived import MARK, archived
from hub.journal.claims import OPEN, Claim, granted
from hub.journal.closing import Closing
from hub.journal.entry import Entry, Kind, said
from hub.journal.holding import Hold
from hub.journal.places import Places, keys_fact
from hub.journal.turn import Turn
from hub.journal.vault import Vault, is_closed
from hub.message import canonical

FILE = "journal.sqlite3"
LOCK = "journal.lock"
_JOURNAL = """
    CREATE TABLE IF NOT EXISTS entry(seq INTEGER PRIMARY KEY, head BLOB NOT NULL, raw BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS node(level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY(level, place)) WITHOUT ROWID;
"""
ROOM = 16 * 2**20  # of the write-ahead log
FRAME = 4096 + 24
# KiB of page cache: with a million scattered keys every message reads some leaf anew (a fifth of its cost).
CACHE = 16 * 2**10
MOST = 4096  # entries whose rows are gathered
# Somebody's tool may hold the file for a moment; the loop does not wait for that, the writer's thread does.
PATIENCE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
SAFE = {"journal_mode": "wal", "synchronous": 2}


class SqliteJournal:
    """`hub.journal.port.Journal` on one connection."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        vault: Vault | None = None,
        *,
        rows: Gathered | None = None,
        writing: bool = False,
    ) -> None:
        """`rows` are those of the one who writes: entries of an open group may be among them."""
        self._connection = connection
        self._run = connection.execute if rows is None else rows.run
        self._vault = vault
        self._writing = writing

    def last(self) -> int:
        return int(self._run("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0])

    def entry(self, seq: int, claim: Claim = OPEN) -> Entry | None:
        row = self._run("SELECT seq, head, raw FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            return None
        head, stored = bytes(row[1]), bytes(row[2])
        if not stored:
            return Entry(seq, head)
        if stored == MARK:
            stored = archived(self._connection, seq)
        if not granted(self._run, seq, claim, closed=is_closed(stored), writing=self._writing):
            return Entry(seq, head, withheld=True)
        if self._vault is None:
            return Entry(seq, head, stored)
        opened = self._vault.open(seq, stored)
        return Entry(seq, head, opened.raw, opened.gone)

    def require(self, seq: int) -> None:
        """Raise ArchivedError if the bytes of this entry are neither here nor in a file beside."""
        row = self._run("SELECT raw FROM entry WHERE seq = ?", (seq,)).fetchone()
        if row is not None and row[0] == MARK:
            archived(self._connection, seq)

    def heads(self, seq: int, limit: int) -> Sequence[Entry]:
        rows = self._run("SELECT seq, head FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
        return [Entry(row[0], bytes(row[1])) for row in rows]

    def nodes(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        found = {}
        for place in places:
            row = self._run("SELECT hash FROM node WHERE level = ? AND place = ?", place).fetchone()
            if row is not None:
                found[place] = bytes(row[0])
        return found


class SqliteTx:
    """One piece of a group: appends and folds on the writer's connection."""

    def __init__(self, group: SqliteGroup, *, patient: bool = True) -> None:
        self._group = group
        self.patient = patient
        self.index = group.store.index
        self.journal = group.store.journal

    def append(
        self,
        kind: Kind,
        at: int,
        facts: Mapping[str, Any],
        raw: bytes = b"",
        *,
        closing: Closing | None = None,
    ) -> int:
        store = self._group.store
        seq = store.seq + 1
        kept = raw
        head = said(kind, at, facts, salt=store.salt(16), raw=raw)
        if closing is not None and raw and store.vault is not None:
            kept, keys = store.closed(seq, raw, closing)
            head.update(keys)
        store.add_entry((seq, canonical(head), kept))
        store.seq = seq
        if kind is Kind.EVENT:
            self._group.erased += store.forgotten(facts)
        store.failpoints.hit("while-folding")
        woken = self.index.apply(seq, head)
        if woken:
            self._group.woken |= woken
        if seq % MOST == 0:  # a long piece does not grow in memory
            store.index.rows.settle_all()
        return seq

    def put_nodes(self, nodes: Mapping[tuple[int, int], bytes]) -> None:
        self._group.store.connection.executemany(
            "INSERT OR REPLACE INTO node VALUES(?,?,?)", [(*place, value) for place, value in nodes.items()]
        )

    def wake(self, receiver: str) -> None:
        self._group.woken |= {receiver}


class SqliteGroup:
    """One transaction; pieces are savepoints."""

    def __init__(self, store: SqliteStore) -> None:
        """The turn must have been taken."""
        self.store = store
        self.woken: frozenset[str] = frozenset()
        self.erased: tuple[int, ...] = ()
        self._first = store.seq
        try:
            store.connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            store.turn.give()
            raise
        self._open = True

    @contextmanager
    def piece(self) -> Iterator[SqliteTx]:
        store = self.store
        if not store.connection.in_transaction:
            # A full disk made SQLite undo the whole group; alone, this piece would be kept unannounced.
            raise OverloadError("存储暂不可用 / store unavailable", retry_after=5)
        kept = store.seq, store.index.fold.mark(), self.woken, self.erased
        store.connection.execute("SAVEPOINT piece")
        try:
            yield SqliteTx(self)
            store.index.rows.settle_all()  # here, so that what cannot be written fails its own piece
        except BaseException as error:
            if store.connection.in_transaction:
                store.connection.execute("ROLLBACK TO piece")
                store.connection.execute("RELEASE piece")
            store.seq, mark, self.woken, self.erased = kept
            store.index.fold.reset(mark)
            if isinstance(
                error, sqlite3.OperationalError | OSError
            ):  # disk full, files gone: not the caller's
                raise OverloadError("存储暂不可用 / store unavailable", retry_after=5) from error
            raise
        store.connection.execute("RELEASE piece")

    def together(self) -> SqliteTx:
        return SqliteTx(self, patient=False)

    def ready(self) -> None:
        self.store.index.fold.flush()

    def commit(self) -> frozenset[str]:
        self.ready()
        self.store.connection.execute("COMMIT")
        if self.erased:  # the entry first: destroying is taken up again after a crash, saying so could not be
            self.store.destroy(self.erased)
        self._end()
        return self.woken

    def rollback(self) -> None:
        if self.store.connection.in_transaction:
            self.store.connection.execute("ROLLBACK")
        self.store.index.fold.forget()
        self.store.seq = self._first
        self._end()

    def _end(self) -> None:
        if self._open:
            self._open = False
            self.store.turn.give()


class SqliteReading:
    """A read-only connection; each statement sees what was committed before it."""

    def __init__(self, path: Path, vault: Vault | None = None) -> None:
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA query_only = 1")
        self.journal = SqliteJournal(self._connection, vault)
        self.index = SqliteIndex(self._connection)

    def close(self) -> None:
        self._connection.close()


class SqliteStore:
    """`hub.journal.port.Store` in `data/journal.sqlite3`; raises SettingsError when it cannot be safe."""

    def __init__(
        self,
        path: Path,
        *,
        salt: Callable[[int], bytes] = secrets.token_bytes,
        vault: Vault | None = None,
        failpoints: FailPoints | None = None,
    ) -> None:
        self.path = path
        self.failpoints = failpoints or FailPoints()
        self.salt = salt
        self.vault = vault
        self.turn = Turn()
        self._hold = Hold(path.with_name(LOCK))
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.0)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA wal_autocheckpoint = 0")
        self.connection.execute(f"PRAGMA cache_size = -{CACHE}")
        require_safe(self.connection)
        self.connection.executescript(f"BEGIN IMMEDIATE;{_JOURNAL}COMMIT;")
        migrate(self.connection)
        self.index = SqliteIndex(self.connection)
        self.journal = SqliteJournal(self.connection, vault, rows=self.index.rows, writing=True)
        self.add_entry = self.index.rows.adder("entry")
        self.seq = self.journal.last()
        self.places = Places(self.index.persons, vault.keys) if vault and vault.keys else None
        try:
            self._finish_erasing()
        except SettingsError:
            self.close()
            raise

    def closed(self, seq: int, raw: bytes, closing: Closing) -> tuple[bytes, Mapping[str, Any]]:
        """The bytes as they are kept, and what their head says of the keys."""
        assert self.vault is not None  # noqa: S101 - asked by the caller
        if self.places is None:
            return self.vault.close(seq, raw), {}
        gates, people, said = keys_fact(closing, self.places)
        return self.vault.close(seq, raw, gates=gates, people=people, places=closing.places), said

    def forgotten(self, facts: Mapping[str, Any]) -> tuple[int, ...]:
        """Keys that this event says are destroyed: from now on nobody is given them."""
        gone = erased_by(facts) if self.places is not None else ()
        if gone and self.places is not None:
            self.places.forget(gone)
        return gone

    def destroy(self, places: Sequence[int]) -> None:
        if self.vault is not None:
            self.vault.destroy(places)

    def _finish_erasing(self) -> None:
        """A crash between entry and destruction, or a keystore brought back from a copy, changes nothing."""
        if self.vault is None or self.vault.keys is None:
            return
        keys, last = self.vault.keys, self.index.persons.last_place()
        if last > keys.last:
            text = f"{keys.path}: 密钥库比日志旧 / older than the journal, key {last} is missing"
            raise SettingsError(text, code="vault.keys")
        left = [place for place in self.index.persons.erased() if keys.key(place) is not None]
        if left:
            self.vault.destroy(left)
        if self.places is not None:
            self.places.ahead()

    def begin(self) -> SqliteGroup:
        self.turn.take()
        for pause in PATIENCE:
            try:
                return SqliteGroup(self)
            except sqlite3.OperationalError:
                time.sleep(pause)
                self.turn.take()
        return SqliteGroup(self)

    def begin_now(self) -> SqliteGroup | None:
        return SqliteGroup(self) if self.turn.take_now() else None

    def reader(self) -> SqliteReading:
        return SqliteReading(self.path, self.vault)

    def maintain(self) -> None:
        """Move the write-ahead log into the file, start it anew when it is nearly full, keep its room.

        Keys are laid down ahead of those who will want them.
        """
        if self.places is not None:
            self.places.ahead()
        with self._beside() as connection:
            _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            log = self.path.with_name(f"{self.path.name}-wal")
            full = frames * FRAME > ROOM * 3 // 4
            if not full and log.stat().st_size >= ROOM:
                return
            self.failpoints.hit("checkpoint")
            with self.turn.between():
                if full:
                    # Under steady load the passive kind never meets the log idle: it would grow for ever.
                    connection.execute("PRAGMA wal_checkpoint(RESTART)")
                    self.failpoints.hit("checkpoint")
                make_room(log, ROOM)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file; never waits for, nor stops, readers or the writer."""
        with self._beside() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def _beside(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=1.0)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()

    def close(self) -> None:
        self.connection.close()
        if self.vault is not None:
            self.vault.shut()
        self._hold.release()


def make_room(log: Path, room: int) -> None:
    """Fill the write-ahead log file up with zeros, once, so that commits overwrite instead of lengthening it.

    Lengthening makes every flush wait for the file system's own journal, that is, for whoever else writes
    to the disk (measured: p99 of a commit 80 ms against 5 ms on a busy disk). What stands behind the last
    frame is never read as one: its salt and checksum do not fit. Nothing may be appended meanwhile.
    """
    with log.open("r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size < room:
            file.write(bytes(room - size))
            os.fsync(file.fileno())


def require_safe(connection: sqlite3.Connection) -> None:
    """Refuse a connection that could lose what it has acknowledged, naming the setting."""
    for name, wanted in SAFE.items():
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != wanted:
            raise SettingsError(f"{name} = {found!r}, 须为 / must be {wanted!r}", code="settings.unsafe")
