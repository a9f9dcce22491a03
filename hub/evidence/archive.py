"""Heads' time stamps kept for decades: token, head and validation data under an archive stamp (RFC 4998).

Done while the stamps can still be judged; renewed before the authority's certificate ends, rehashed before
a digest grows weak (`certs.proof`). A folder: `SIZE.kept` and `SIZE.ers` for each stamped tree, and the
lists that judge the newest archive stamp.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from certs.model.der import MalformedError
from certs.proof import Plan, Record, complete, first_stamp, read_kept, read_record, renew_stamp, renew_tree
from certs.timestamp import request, verify_timestamp
from certs.trust import Trust
from certs.verdict import Moment
from hub.errors import SettingsError
from hub.evidence.authority import StampError
from hub.evidence.strict import octets

KEPT, RECORD, LISTS = ".kept", ".ers", "newest.crl"
_ALG = "sm3"


@dataclass(frozen=True, slots=True)
class Asking:
    """The time-stamp service of today: asked, and judged by this trust at this moment."""

    ask: Callable[[bytes], bytes]
    trust: Trust
    now: datetime


def begin(folder: Path, data: Path, before: datetime, asking: Asking) -> int:
    """Archive the stamps of heads stamped before a moment that are not archived yet; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = {
        size: raw for size, raw in _stamps(data, before).items() if not (folder / f"{size}{RECORD}").exists()
    }
    if not fresh:
        return 0
    objects = list(fresh.values())
    plan = first_stamp([[raw] for raw in objects], _ALG)
    records = _stamped(plan, asking, folder)
    for (size, raw), record in zip(fresh.items(), records, strict=True):
        _put(folder / f"{size}{KEPT}", raw)
        _put(folder / f"{size}{RECORD}", record.raw)
    return len(fresh)


def renew(folder: Path, asking: Asking, rehash: str | None = None) -> int:
    """One more archive stamp over every record; raises SettingsError if the newest one no longer holds."""
    files = sorted(folder.glob(f"*{RECORD}"))
    if not files:
        raise SettingsError(f"{folder}: 没有归档记录 / no archive records")
    try:
        records = [read_record(file.read_bytes()) for file in files]
    except MalformedError as error:
        raise SettingsError(f"{folder}: 归档记录不可读 / unreadable record: {error}") from error
    verdict, full = complete(records, trust=asking.trust, at=Moment(asking.now, "clock"))
    if not verdict.ok:
        raise SettingsError(f"现有归档时间戳不成立,不能续盖:{verdict.sentence()}")
    if rehash is None:
        plan = renew_stamp(full)
    else:
        plan = renew_tree(full, [[file.with_suffix(KEPT).read_bytes()] for file in files], rehash)
    for file, record in zip(files, _stamped(plan, asking, folder), strict=True):
        _put(file, record.raw)
    return len(files)


def record_for(folder: Path, document: Any) -> tuple[bytes | None, tuple[bytes, ...]]:
    """The archive record of the stamp in a proof (None if it is not there), and lists for its authority."""
    from hub.evidence.belief import ders

    try:
        kept, size = octets(document["stamp"]["kept"]), int(document["stamp"]["head"]["size"])
        if (folder / f"{size}{KEPT}").read_bytes() != kept:
            return None, ()
        record = (folder / f"{size}{RECORD}").read_bytes()
    except (KeyError, TypeError, ValueError, OSError):
        return None, ()
    lists = folder / LISTS
    return record, tuple(ders(lists.read_bytes())) if lists.exists() else ()


def _stamped(plan: Plan, asking: Asking, folder: Path) -> Sequence[Record]:
    """Ask, judge, and keep the lists it was judged by beside the records."""
    asked = request(plan.root, nonce=secrets.randbits(64) | 1 << 63)
    reply, trust = asking.ask(asked), asking.trust
    verdict = verify_timestamp(reply, plan.root, trust=trust, at=Moment(asking.now, "clock"), request=asked)
    if not verdict.ok:
        raise StampError("tsa.invalid", verdict.sentence("en"))
    if trust.crls:
        _put(folder / LISTS, _pem(trust.crls))
    return plan.completed(reply)


def _stamps(data: Path, before: datetime) -> dict[int, bytes]:
    """Containers of the journal's stamps by tree size; the hub may be running."""
    from hub.journal.sqlite import FILE, SqliteJournal

    if not (data / FILE).exists():
        raise SettingsError(f"{data}: 没有日志 / no journal")
    connection = sqlite3.connect(f"file:{data / FILE}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT size, entry FROM stamp WHERE at < ? ORDER BY size", (int(before.timestamp() * 1e6),)
        ).fetchall()
        journal = SqliteJournal(connection)
        found = {size: entry.raw for size, seq in rows if (entry := journal.entry(seq)) is not None}
    finally:
        connection.close()
    return {size: raw for size, raw in found.items() if read_kept(raw).kind == "timestamp"}


def _pem(lists: Sequence[bytes]) -> bytes:
    import base64

    blocks = (base64.encodebytes(raw).decode("ascii") for raw in lists)
    return "".join(f"-----BEGIN X509 CRL-----\n{one}-----END X509 CRL-----\n" for one in blocks).encode()


def _put(file: Path, data: bytes) -> None:
    draft = file.with_name(f".{file.name}.tmp")
    draft.write_bytes(data)
    draft.replace(file)
