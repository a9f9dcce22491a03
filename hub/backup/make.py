"""A copy made beside a running hub: a second connection reads in small pieces, the writer never waits.

Entries are only ever added, so that whatever lies before the end seen at the start is consistent however long
reading takes; no look lasts longer than one piece, and the write-ahead log can be started anew meanwhile.
The index is not copied: it is folded again. Keys are not copied either, unless under a passphrase.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.backup.manifest import JOURNAL, KEYS, Manifest, file_digest, read_manifest, write_manifest
from hub.backup.stream import SALT, Closing, What, key_from, key_of_passphrase
from hub.ca.keeping import kept_files
from hub.durable import settle_folder
from hub.errors import SettingsError
from hub.evidence.heads import holds, read_key
from hub.evidence.ring import FILE as HEAD_KEY
from hub.journal.sqlite import FILE, SqliteReading
from hub.message import wall

PIECE = 500
OWN_FILES = ("hub.toml", "peers.toml", "catalogue/*.csv")
# What CAs and neighbours told (`ca.sync`), and the newest lists seen: no officer has these anywhere else.
TOLD_FILES = ("ca/told.json", "ca/told/*.crl", "ca/peers/*.json", "ca/seen.json")
SECRET_FILES = ("*.key", "vault/*", "evidence.retired/*", "keys/*.json", "platform/*.pem")
_NONCE = 12
_SPAN = 64

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """`base`: continue that copy (a folder); `passphrase`: keep the keys too, closed under it; `ca`: the
    folder of recognition data, where it is not `data`'s own."""

    data: Path
    dest: Path
    realm: str
    now: datetime
    base: Path | None = None
    passphrase: bytes = b""
    ca: Path | None = None


def make(wish: Wish, told: Told = lambda done, whole: None) -> Manifest:
    """One copy in a new folder under `dest`; the folder appears under its name only when it is whole."""
    secret = _secret(wish.data)
    key = key_from(secret)
    reading = SqliteReading(wish.data / FILE)
    try:
        head, public_key = _head(reading, wish)
        base = read_manifest(wish.base) if wish.base is not None else None
        if base is not None and base.log != head["log"]:
            raise SettingsError(
                f"{wish.base}: 另一日志的备份 / of another log {base.log}", code="backup.realm"
            )
        after = span_of(base, key)[1] if base is not None else 0
        until = reading.journal.last()
        if after > until:
            raise SettingsError(
                f"{wish.base}: 备份比日志新,数据目录可能是恢复的旧副本 / newer than the journal",
                code="backup.newer",
            )
        name = f"{wish.now:%Y%m%dT%H%M%S}-{os.urandom(3).hex()}"
        draft = wish.dest / f".{name}.part"
        draft.mkdir(parents=True, mode=0o700)
        try:
            salt = os.urandom(SALT)
            _write(draft / JOURNAL, key, name, _records(wish, reading, after, until, told))
            if wish.passphrase:
                closing = key_of_passphrase(wish.passphrase, salt)
                _write(draft / KEYS, closing, name, _files(wish.data, SECRET_FILES))
            manifest = Manifest(
                id=name,
                realm=wish.realm,
                log=head["log"],
                time=wall(wish.now),
                base=base.id if base is not None else "",
                head=head,
                public_key=public_key,
                span=_closed_span(key, name, after, until),
                salt=salt.hex(),
                files={path.name: file_digest(path) for path in sorted(draft.iterdir())},
            )
            write_manifest(draft, manifest)
            draft.replace(wish.dest / name)
            settle_folder(wish.dest)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return manifest
    finally:
        reading.close()


def span_of(manifest: Manifest, key: bytes) -> tuple[int, int]:
    """After which entry the copy begins and with which it ends; SettingsError under another key."""
    closed = base64.b64decode(manifest.span)
    try:
        plain = AESGCM(key).decrypt(closed[:_NONCE], closed[_NONCE:], manifest.id.encode())
    except Exception as error:
        raise SettingsError(
            f"{manifest.id}: 不是这把 journal.key 的备份 / made under another key", code="backup.key"
        ) from error
    after, until = json.loads(plain)
    return int(after), int(until)


def _closed_span(key: bytes, name: str, after: int, until: int) -> str:
    nonce = os.urandom(_NONCE)
    plain = json.dumps([after, until]).ljust(_SPAN).encode()
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, name.encode())).decode("ascii")


def _secret(data: Path) -> bytes:
    if not (data / FILE).is_file():
        raise SettingsError(f"没有日志文件 / no journal: {data / FILE}", code="backup.source")
    try:
        return (data / "journal.key").read_bytes()
    except OSError as error:
        raise SettingsError(f"{data / 'journal.key'}: {error.strerror}", code="journal.key") from error


def _head(reading: SqliteReading, wish: Wish) -> tuple[dict[str, Any], str]:
    tree = reading.index.tree()
    if tree is None:
        raise SettingsError(
            "还没有签发过树头,稍后再备份 / no signed head yet, try again shortly", code="backup.no-head"
        )
    key = read_key(wish.data / HEAD_KEY, realm=wish.realm)
    public_key, head = key.public_pem, dict(tree.facts["head"])
    if head["log"] != key.log:
        raise SettingsError(
            f"{wish.data}: 日志为 {head['log']} / another realm than {wish.realm}", code="backup.realm"
        )
    if not holds(head, public_key):
        raise SettingsError(
            "最近的树头不是现行存证密钥所签,换钥后稍候再备份 / the newest head is of another key",
            code="backup.no-head",
        )
    return head, public_key


def _records(
    wish: Wish, reading: SqliteReading, after: int, until: int, told: Told
) -> Iterator[tuple[What, bytes, bytes]]:
    yield from _files(wish.data, OWN_FILES)
    yield from _told(wish.ca or wish.data / "ca")
    for path in sorted((wish.data / "files").glob("??/??/*")):
        yield What.REFERENCE, path.name.encode(), str(path.stat().st_size).encode()
    seq, connection = after, _second(wish.data / FILE)
    try:
        while seq < until:
            rows = connection.execute(
                "SELECT seq, head, raw FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (seq, until, PIECE),
            ).fetchall()
            for number, head, raw in rows:
                if number != seq + 1:
                    raise SettingsError(f"日志缺第 {seq + 1} 条 / entry missing", code="backup.source")
                seq = number
                yield What.ENTRY, bytes(head), bytes(raw)
            if not rows:
                raise SettingsError(f"日志缺第 {seq + 1} 条 / entry missing", code="backup.source")
            told(seq - after, until - after)
    finally:
        connection.close()


def _second(path: Path) -> sqlite3.Connection:
    """Bytes as they are stored: what is closed stays closed."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _files(data: Path, patterns: tuple[str, ...]) -> Iterator[tuple[What, bytes, bytes]]:
    for pattern in patterns:
        for path in sorted(data.glob(pattern)):
            if path.is_file() and not path.name.startswith("."):
                yield What.FILE, path.relative_to(data).as_posix().encode(), path.read_bytes()


def _told(folder: Path) -> Iterator[tuple[What, bytes, bytes]]:
    """Under the names they have in a data directory, wherever they lie."""
    for name, content in kept_files(folder):
        yield What.FILE, f"ca/{name}".encode(), content


def _write(path: Path, key: bytes, name: str, records: Iterator[tuple[What, bytes, bytes]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        closing = Closing(out, key, f"{name}/{path.name}".encode())
        for what, first, second in records:
            closing.add(what, first, second)
        closing.end()
        os.fsync(out.fileno())
