"""One archive file: entries as they were stored, the nodes that tie them to a signed head, and that head.

Whoever has the file can verify it without the hub: leaves from the heads in it, everything else of the tree
from the nodes given, the root against the head, the head against the key, raw bytes against the digests in
the heads (where they are closed, that needs the hub that has the key to open them).
"""

from __future__ import annotations

import json
import os
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certs.algorithms.digest import digest
from hub.durable import settle_folder
from hub.errors import SettingsError
from hub.evidence import merkle
from hub.evidence.heads import holds
from hub.journal.archived import opened
from hub.journal.vault import is_closed

FORMAT = "hutong-archive/1"
_TABLES = """
    CREATE TABLE about(text TEXT NOT NULL);
    CREATE TABLE entry(seq INTEGER PRIMARY KEY, head BLOB NOT NULL, raw BLOB NOT NULL);
    CREATE TABLE node(level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
        PRIMARY KEY(level, place)) WITHOUT ROWID;
"""
Node = merkle.Node


@dataclass(frozen=True, slots=True)
class About:
    """`head` is the signed head all entries lie under."""

    realm: str
    time: str
    before: str
    head: Mapping[str, Any]
    public_key: str
    entries: int


def nodes_needed(seqs: Sequence[int], size: int) -> list[Node]:
    """The complete subtrees without any of these entries, as few as there are; the tree follows from both."""
    found: list[Node] = []
    leaves = [seq - 1 for seq in seqs]
    for level, place in merkle.peaks(size):
        _split(level, place, leaves, found)
    return found


def _split(level: int, place: int, leaves: Sequence[int], found: list[Node]) -> None:
    low, high = place << level, (place + 1) << level
    mine = leaves[bisect_left(leaves, low) : bisect_left(leaves, high)]
    if not mine:
        found.append((level, place))
    elif level:
        _split(level - 1, place * 2, mine, found)
        _split(level - 1, place * 2 + 1, mine, found)


def write(
    path: Path, about: About, rows: Sequence[tuple[int, bytes, bytes]], look: Callable[[Node], bytes]
) -> None:
    """Durable under its name when this returns, and not there before."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(draft, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        text = {
            "format": FORMAT, "realm": about.realm, "time": about.time, "before": about.before,
            "head": dict(about.head), "publicKey": about.public_key, "entries": about.entries,
        }  # fmt: skip
        connection.execute("INSERT INTO about VALUES(?)", (json.dumps(text, ensure_ascii=False),))
        connection.executemany("INSERT INTO entry VALUES(?,?,?)", rows)
        needed = nodes_needed([row[0] for row in rows], int(about.head["size"]))
        connection.executemany("INSERT INTO node VALUES(?,?,?)", [(*node, look(node)) for node in needed])
        connection.execute("COMMIT")
    finally:
        connection.close()
    draft.replace(path)
    settle_folder(path.parent)


def verify(path: Path, public_pem: str = "") -> About:
    """What the file says of itself, once all of it is proved; SettingsError names what is not."""
    with opened(path) as connection:
        try:
            text = json.loads(connection.execute("SELECT text FROM about").fetchone()[0])
            rows = connection.execute("SELECT seq, head, raw FROM entry ORDER BY seq").fetchall()
            nodes = {(row[0], row[1]): bytes(row[2]) for row in connection.execute("SELECT * FROM node")}
            head = text["head"]
            about = About(
                text["realm"], text["time"], text["before"], head, text["publicKey"], text["entries"]
            )
            size, alg, root = int(head["size"]), str(head["alg"]), str(head["root"])
        except (sqlite3.Error, TypeError, ValueError, KeyError) as error:
            raise _refused(path, f"不是归档文件 / not an archive ({type(error).__name__})") from error
    if not all(isinstance(part, bytes) for row in rows for part in row[1:]):
        raise _refused(path, "内容不是字节 / not bytes")
    if text["format"] != FORMAT or len(rows) != about.entries or not rows:
        raise _refused(path, "格式或条数不符 / format or number of entries")
    if not holds(head, public_pem or about.public_key):
        raise _refused(path, "树头签名不成立 / the head's signature does not hold")
    leaves = {int(row[0]) - 1: merkle.leaf(bytes(row[1]), alg) for row in rows}
    if _root(size, leaves, nodes, alg) != root:
        raise _refused(path, "条目与树头不符 / the entries are not those of the head")
    for seq, stored_head, raw in rows:
        wanted = json.loads(stored_head).get("raw", "")
        if not is_closed(bytes(raw)) and wanted != f"sm3:{digest(bytes(raw)).hex()}":
            raise _refused(path, f"第 {seq} 条原文与摘要不符 / entry {seq} is not what its head says")
    return about


def _root(size: int, leaves: Mapping[int, bytes], nodes: Mapping[Node, bytes], alg: str) -> str:
    places = sorted(leaves)

    def made(level: int, place: int) -> bytes:
        low, high = place << level, (place + 1) << level
        if bisect_left(places, low) == bisect_left(places, high):
            return nodes[(level, place)]
        if level == 0:
            return leaves[place]
        return merkle.join(made(level - 1, place * 2), made(level - 1, place * 2 + 1), alg)

    try:
        tops = {node: made(*node) for node in merkle.peaks(size)}
        return merkle.root(size, tops.__getitem__, alg).hex()
    except KeyError:
        return ""


def _refused(path: Path, why: str) -> SettingsError:
    return SettingsError(f"{path}: {why}", code="archive.damaged")
