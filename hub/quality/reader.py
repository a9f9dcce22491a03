"""Records as JSON lines, one message a line, as a hub exports them and a platform may keep them.

`{"hubId","from","key","version","op","stage","state","receivedTime","fields",{...},"findings":[{code,at,severity}],
"sealed":bool,"liftedTime"}`. A line that does not say whether it is sealed is taken for sealed when its
stage has a gate: an export that forgot the flag must not open what the law keeps closed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.quality.ledger import moment
from hub.quality.model import Noted, QualityRecord
from hub.standard.book import Book
from hub.standard.policy import Gate, gate

NOT_ACCEPTED = frozenset({"refused", "rejected"})
OPS = frozenset({"insert", "update", "delete"})


@dataclass(frozen=True, slots=True)
class ExportFault:
    """A line that could not be read: what was left out of the score is said, not hidden."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """What a file holds."""

    records: tuple[QualityRecord, ...]
    faults: tuple[ExportFault, ...]


def read_lines(lines: Iterable[str | bytes], standard: Book) -> Export:
    """Lines of an export; empty ones are passed over."""
    return read_rows(((number, one) for number, one in enumerate(lines, start=1) if one.strip()), standard)


def read_rows(rows: Iterable[tuple[int, Any]], standard: Book) -> Export:
    """Numbered rows, each a line of text or an object already parsed."""
    records, faults = [], []
    for number, row in rows:
        try:
            parsed = json.loads(row) if isinstance(row, str | bytes) else row
            records.append(record(parsed, standard))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            # The value itself is not repeated: it may be a person's.
            reason = error.args[0] if isinstance(error, KeyError | _LineError) else type(error).__name__
            faults.append(ExportFault(number, str(reason)))
    return Export(tuple(records), tuple(faults))


class _LineError(ValueError):
    """A line whose JSON is no record."""


def record(row: Any, standard: Book) -> QualityRecord:
    """One line as a value. Raises ValueError, KeyError or TypeError."""
    if not isinstance(row, dict):
        raise _LineError("not an object")
    stage, fields, op = row["stage"], row.get("fields") or {}, row.get("op", "insert")
    if stage not in standard.by_id:
        raise _LineError("stage: not in the standard")
    if not isinstance(fields, dict) or op not in OPS or not isinstance(row.get("findings") or [], list):
        raise _LineError("fields, op or findings: wrong type")
    lifted = _time(row, "liftedTime") if row.get("liftedTime") is not None else None
    told = row.get("sealed")
    sealed = told if isinstance(told, bool) else gate(standard, stage) is not Gate.NONE
    return QualityRecord(
        platform=_text(row, "from"), ref=_text(row, "hubId"), key=_text(row, "key"), stage=stage,
        received=_time(row, "receivedTime"), accepted=_text(row, "state") not in NOT_ACCEPTED, fields=fields,
        version=int(row.get("version", 1)), op=op, findings=tuple(map(_noted, row.get("findings") or [])),
        sealed=sealed, lifted=lifted,
    )  # fmt: skip


def line(record: QualityRecord) -> str:
    """The line of a record, as `read_lines` takes it."""
    row = {
        "hubId": record.ref, "from": record.platform, "key": record.key, "version": record.version,
        "op": record.op, "stage": record.stage, "state": "accepted" if record.accepted else "refused",
        "receivedTime": record.received.isoformat(timespec="seconds"), "fields": dict(record.fields),
        "findings": [{"code": one.code, "at": one.at, "severity": one.severity} for one in record.findings],
        "sealed": record.sealed,
    }  # fmt: skip
    if record.lifted is not None:
        row["liftedTime"] = record.lifted.isoformat(timespec="seconds")
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def _noted(row: Any) -> Noted:
    if not isinstance(row, dict):
        raise _LineError("findings: not objects")
    return Noted(_text(row, "code"), str(row.get("at") or ""), str(row.get("severity") or "error"))


def _text(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str) or not value:
        raise _LineError(f"{name}: not a text")
    return value


def _time(row: dict[str, Any], name: str) -> datetime:
    found = moment(_text(row, name))
    if found is None:
        raise _LineError(f"{name}: not a time with zone")
    return found
