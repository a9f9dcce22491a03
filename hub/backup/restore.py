"""A hub made again of its copies: every entry in its place, the tree computed anew and held to its head.

Made beside and moved into place at the end: half a restoration is never taken for a hub. What the
restored log says next is that it was restored, from which head: whoever has seen a later head can tell the
gap, and nobody can mistake the copy for the unbroken log.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.backup.make import OWN_FILES, SECRET_FILES, TOLD_FILES, span_of
from hub.backup.manifest import JOURNAL, KEYS, Manifest, read_manifest
from hub.backup.stream import What, key_from, key_of_passphrase, opened
from hub.durable import place_file, settle_folder
from hub.errors import SettingsError
from hub.evidence import merkle
from hub.evidence.heads import holds
from hub.identifiers import make_hub_id
from hub.journal.entry import Entry, Kind
from hub.journal.sqlite import FILE, SqliteStore

EVENT = "operation.restore"
STEP = 2000
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """`keys`: a folder with `journal.key` and the others, or `passphrase` where the copy has its own."""

    source: Path
    data: Path
    realm: str
    now: datetime
    keys: Path | None = None
    passphrase: bytes = b""
    head_key: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """`missing`: files that records name and that must be brought back from where they were kept."""

    entries: int
    head_size: int
    missing: tuple[str, ...]


def restore(order: Order, told: Told = lambda done: None) -> Restored:
    """Raises SettingsError for a folder in use, another realm, or anything that is not as it was signed."""
    if order.data.exists() and any(order.data.iterdir()):
        raise SettingsError(f"{order.data}: 目录非空,不覆盖 / not empty", code="restore.not-empty")
    chain = _chain(order.source)
    newest = chain[-1]
    if newest.realm != order.realm or any(one.log != newest.log for one in chain):
        raise SettingsError(
            f"备份属 {newest.realm} 域,此处为 {order.realm} / another realm", code="restore.realm"
        )
    if not holds(newest.head, order.head_key or newest.public_key):
        raise SettingsError("树头签名不成立 / the head's signature does not hold", code="restore.head")
    draft = order.data.parent / f".{order.data.name}.restoring"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    try:
        _keys(order, newest, draft)
        found = _fill(order, chain, draft, told)
        if order.data.exists():
            order.data.rmdir()
        draft.replace(order.data)
        settle_folder(order.data.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    missing = tuple(name for name in found[1] if not _kept(order.data, name))
    return Restored(found[0], int(newest.head["size"]), missing)


def _chain(source: Path) -> list[Manifest]:
    """The copies from the whole one on; those before lie beside the one that is asked for."""
    chain = [read_manifest(source)]
    while chain[0].base:
        if chain[0].base in {one.id for one in chain} or "/" in chain[0].base:
            raise SettingsError(f"{source}: 备份链不成立 / chain of copies is broken", code="backup.format")
        chain.insert(0, read_manifest(source.parent / chain[0].base))
    return chain


def _keys(order: Order, newest: Manifest, into: Path) -> None:
    if order.passphrase:
        folder = order.source
        key = key_of_passphrase(order.passphrase, bytes.fromhex(newest.salt))
        if KEYS not in newest.files:
            raise SettingsError(f"{folder}: 备份不含密钥 / no keys in it", code="restore.keys")
        with (folder / KEYS).open("rb") as source:
            for what, name, content in opened(
                source, key, f"{newest.id}/{KEYS}".encode(), str(folder / KEYS)
            ):
                if what is What.FILE:
                    _put(into, name.decode(), content, SECRET_FILES)
    elif order.keys is not None:
        for pattern in SECRET_FILES:
            for path in sorted(order.keys.glob(pattern)):
                if path.is_file():
                    _put(into, path.relative_to(order.keys).as_posix(), path.read_bytes(), SECRET_FILES)
    if not (into / "journal.key").is_file():
        raise SettingsError(
            "须有 journal.key:--keys 目录或 --passphrase-file / journal.key is needed", code="restore.keys"
        )


def _fill(order: Order, chain: list[Manifest], draft: Path, told: Told) -> tuple[int, list[str]]:
    key = key_from((draft / "journal.key").read_bytes())
    references: list[str] = []
    store = SqliteStore(draft / FILE)
    try:
        tree = _Tree(store, chain[-1])
        for manifest in chain:
            after, until = span_of(manifest, key)
            if after != store.seq:
                raise SettingsError(
                    f"{manifest.id}: 与前一份不相接 / does not continue", code="backup.format"
                )
            last = manifest is chain[-1]
            place = (order.source if last else order.source.parent / manifest.id) / JOURNAL
            references = []
            _records(store, tree, place, key, manifest, draft, references, told)
            if store.seq != until:
                raise SettingsError(f"{place}: 条目不齐 / entries are missing", code="backup.damaged")
        tree.verify()
        _say_so(store, chain[-1], order.now)
        store.checkpoint()
        return store.seq - 1, references
    finally:
        store.close()


def _records(
    store: SqliteStore, tree: _Tree, place: Path, key: bytes, manifest: Manifest, draft: Path,
    references: list[str], told: Told,
) -> None:  # fmt: skip
    waiting: list[tuple[int, bytes, bytes]] = []
    with place.open("rb") as source:
        for what, first, second in opened(source, key, f"{manifest.id}/{JOURNAL}".encode(), str(place)):
            if what is What.FILE:
                _put(draft, first.decode(), second, OWN_FILES + TOLD_FILES)
            elif what is What.REFERENCE:
                references.append(first.decode())
            elif what is What.ENTRY:
                waiting.append((store.seq + len(waiting) + 1, first, second))
                if len(waiting) >= STEP:
                    _append(store, tree, waiting)
                    told(store.seq)
                    waiting.clear()
    _append(store, tree, waiting)
    told(store.seq)


def _append(store: SqliteStore, tree: _Tree, rows: list[tuple[int, bytes, bytes]]) -> None:
    """Entries into the journal and, in the same transaction, into the index."""
    run = store.connection.execute
    run("BEGIN IMMEDIATE")
    store.connection.executemany("INSERT INTO entry VALUES(?,?,?)", rows)
    for seq, head, _ in rows:
        store.index.apply(seq, Entry(seq, head).facts)
    store.index.fold.flush()
    tree.grow(rows)
    run("COMMIT")
    store.seq += len(rows)


class _Tree:
    """The Merkle log computed again, up to the signed head and not further: heads make nodes."""

    def __init__(self, store: SqliteStore, manifest: Manifest) -> None:
        self._store, self._head = store, manifest.head
        self._alg, self._size = str(manifest.head["alg"]), 0

    def grow(self, rows: list[tuple[int, bytes, bytes]]) -> None:
        leaves = [merkle.leaf(head, self._alg) for seq, head, _ in rows if seq <= int(self._head["size"])]
        made = merkle.append(leaves, self._size, self._look, self._alg)
        self._size += len(leaves)
        self._store.connection.executemany(
            "INSERT OR REPLACE INTO node VALUES(?,?,?)", [(*place, value) for place, value in made.items()]
        )

    def verify(self) -> None:
        root = merkle.root(self._size, self._look, self._alg).hex() if self._size else ""
        if self._size != int(self._head["size"]) or root != self._head["root"]:
            raise SettingsError(
                "条目与签名树头不符,备份不可用 / the entries are not those of the signed head",
                code="restore.head",
            )

    def _look(self, node: merkle.Node) -> bytes:
        return self._store.journal.nodes([node])[node]


def _say_so(store: SqliteStore, manifest: Manifest, now: datetime) -> None:
    """The first word of the restored log."""
    payload = {
        "step": "restore",
        "backup": manifest.id,
        "taken": manifest.time,
        "head": {name: manifest.head[name] for name in ("log", "size", "root", "alg", "time")},
        "after": store.seq,
    }
    hub_id = make_hub_id(lambda: now, os.urandom)
    group = store.begin()
    try:
        with group.piece() as tx:
            facts = {"hubId": hub_id, "event": EVENT, "payload": payload}
            tx.append(Kind.EVENT, int(now.timestamp() * 1e6), facts)
        group.commit()
    except BaseException:
        group.rollback()
        raise


def _put(into: Path, name: str, content: bytes, patterns: tuple[str, ...]) -> None:
    """Only where such files belong: a name out of a copy must not lead anywhere else."""
    path = Path(name)
    fits = (path.match(one) and len(path.parts) == len(Path(one).parts) for one in patterns)
    if path.is_absolute() or ".." in path.parts or not any(fits):
        raise SettingsError(f"备份中的文件名不对 / a file of this name: {name!r}", code="backup.format")
    (into / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place_file(into / path, content)


def _kept(data: Path, name: str) -> bool:
    return any(_found(data, name))


def _found(data: Path, name: str) -> Iterator[Path]:
    return (data / "files").glob(f"??/??/{name}")
