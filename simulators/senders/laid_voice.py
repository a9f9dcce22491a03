"""Systems that call nobody: what they say lies in a table or a folder, and the hub's word comes back there.

`lay` puts it on the system's desk (its line lays it down in the next round: wake it), `heard` tells what the
hub made of it: None as long as nothing was said. M*, X*, L01, D22 (tables), X*, P10, D05, N01 (packages) and
D13 (described files) speak like this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import cascade_publishing, drop_sending, front_db
from simulators.dialects.cascade_judge import Platform
from simulators.dialects.drop_judge import Desktop
from simulators.nested import service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying

Settled = Mapping[str, Any]


class LaidVoice:
    """One system's voice; `_tell` lays down, `_read` reads what was written beside it."""

    late_duplicate_every = 0

    def __init__(
        self,
        desk: Desk,
        standard: Standard,
        tell: Callable[[Desk, Saying], Any],
        read: Callable[[Settled], Heard],
    ) -> None:
        self._desk, self._standard = desk, standard
        self._tell, self._read = tell, read
        self._laid: dict[str, Any] = {}

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        """Its own row key; the hub's message number follows from it."""
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        key = key if self._desk.dialect == "cascade-db-file" else key.upper()
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        foreign = service(self._desk.dialect, saying.stage, "in", typed=False).abroad(saying.fields)
        return meant(self._desk.dialect, self._standard, saying.stage, foreign)

    def lay(self, saying: Saying) -> None:
        """The same saying again is not laid down again: it lies there until it is judged."""
        number = f"{saying.msg_id}|{saying.version}|{saying.op}"
        if number not in self._laid:
            self._laid[number] = self._tell(self._desk, saying)

    def key(self, saying: Saying) -> str:
        """The key under which it really lies there (a batch names its records itself)."""
        return str(self._laid[f"{saying.msg_id}|{saying.version}|{saying.op}"].key)

    def heard(self, saying: Saying) -> Heard | None:
        told = self._laid.get(f"{saying.msg_id}|{saying.version}|{saying.op}")
        settled = told.settled if told is not None else None
        return None if settled is None else self._read(settled)


def front(desk: Desk, standard: Standard) -> LaidVoice:
    return LaidVoice(desk, standard, _tell_rows, _read_flag)


def drop(desk: Desk, standard: Standard) -> LaidVoice:
    return LaidVoice(desk, standard, _tell_package, _read_item)


def cascade(desk: Desk, standard: Standard) -> LaidVoice:
    return LaidVoice(desk, standard, _tell_file, _read_state)


def _tell_rows(desk: Desk, saying: Saying) -> front_db.Telling:
    watch: front_db.Watch = desk.switches["watch"]
    watch.tellings.append(
        front_db.Telling(saying.stage, saying.key, saying.version, saying.op, saying.fields)
    )
    return watch.tellings[-1]


def _tell_package(desk: Desk, saying: Saying) -> drop_sending.Telling:
    desktop: Desktop = desk.switches["desktop"]
    return desktop.parcels.tell(
        drop_sending.Telling(saying.stage, saying.key, saying.version, saying.op, saying.fields)
    )


def _tell_file(desk: Desk, saying: Saying) -> cascade_publishing.Telling:
    platform: Platform = desk.switches["platform"]
    platform.tellings.append(
        cascade_publishing.Telling(saying.stage, saying.key, saying.version, saying.op, saying.fields)
    )
    return platform.tellings[-1]


def _read_flag(row: Settled) -> Heard:
    if row["SYNC_FLAG"] == "1":
        return Heard(True, True, 200, "0000", str(row["HUB_NO"] or ""))
    message = str(row["ERR_MSG"] or "")
    return Heard(True, False, 200, message.partition(":")[0], told={"message": message})


def _read_item(item: Settled) -> Heard:
    if item["result"] in ("success", "repeat"):
        repeat = item["result"] == "repeat"
        return Heard(True, True, 200, "0000", str(item.get("receiptNo") or ""), repeat=repeat)
    return Heard(True, False, 200, str(item.get("code") or ""), told={"message": item.get("message", "")})


def _read_state(row: Settled) -> Heard:
    if row["state"] == "1":
        return Heard(True, True, 200, "0000")
    code = "expired" if row["state"] == "9" else str(row["err_code"] or "")
    return Heard(True, False, 200, code, told={"message": row["err_msg"] or ""})
