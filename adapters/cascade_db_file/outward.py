"""Three steps in one request; the third looks at what the platform says of the file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from adapters import laying
from adapters.answers import DELIVERED, told
from adapters.cascade_db_file.file import Laid, laid
from adapters.cascade_db_file.papers import ANSWERS, LIMIT, MOMENT
from hub.errors import SenderError
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_SEEN = ("signature", "state", "last_read_time", "err_code", "err_msg")
_PENDING = Outcome(Kind.RETRY, "receiver.pending", Blame.RECEIVER)
_GONE = Outcome(Kind.UNKNOWN, "receiver.row-gone", Blame.RECEIVER)
_DRIFT = Outcome(Kind.REFUSED, "receiver.schema-drift", Blame.RECEIVER)
_OTHER = Outcome(Kind.REFUSED, "receiver.conflict", Blame.SENDER)
_EXPIRED = Outcome(Kind.REFUSED, "receiver.expired", Blame.RECEIVER)
_DUPLICATE = Outcome(Kind.DUPLICATE, "receiver.duplicate")


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Publish row, file, description row: whoever sees the last finds the others."""
    it = laid(outgoing, call)
    octets = base64.b64encode(it.octets).decode("ascii")
    return laying.asking(
        "STEPS",
        {
            "steps": [
                {"method": "ROWS", "body": _put("mng_data_up", it.publish, ("field_schema", "status"))},
                {"method": "FILES", "body": {"put": [{"path": it.path, "b64": octets}], "limit": 0}},
                {"method": "ROWS", "body": _put("data_desc_up", it.describe, _SEEN)},
            ]
        },
    )


def _put(table: str, row: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    key = {"id": row["id"]}
    look = {"table": table, "where": key, "columns": list(columns), "limit": 1}
    return {"put": [{"table": table, "key": key, "row": row}], "look": [look]}


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """What was refused, whether both rows are ours, and what the platform says of the file."""
    said = laying.said(reply, ANSWERS, LIMIT, pages=False)
    if isinstance(said, Outcome):
        return said
    try:
        it = laid(outgoing, call)
        steps = laying.listed(said.get("steps"), 3)
        if not all(isinstance(step, Mapping) for step in steps):
            raise laying.LookError("broken")
        for step in steps:
            laying.listed(step.get("put"), 1)
        publish, describe = (_row(step) for step in (steps[0], steps[2]))
        return _judged(publish, describe, it)
    except (laying.LookError, SenderError):
        return laying.broken(reply)


def _row(step: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row that was looked at, None when it is gone."""
    (rows,) = laying.listed(step.get("look"), 1)
    if not isinstance(rows, list) or (rows and not isinstance(rows[0], Mapping)):
        raise laying.LookError("broken")
    return rows[0] if rows else None


def _judged(publish: Mapping[str, Any] | None, describe: Mapping[str, Any] | None, it: Laid) -> Outcome:
    name = str(it.describe["file_name"])
    if publish is None or describe is None:
        return told(_GONE, name)
    if not set(_SEEN) <= set(describe) or "field_schema" not in publish:
        raise laying.LookError("broken")
    if publish["field_schema"] != it.publish["field_schema"]:
        return told(_DRIFT, str(it.publish["id"]))
    if describe["signature"] != it.describe["signature"]:
        return told(_OTHER, name)
    code, words = (str(describe[name] or "") for name in ("err_code", "err_msg"))
    read = describe["last_read_time"]
    match describe["state"]:
        case "1" if read:
            data = {"receiptNo": it.describe["id"], "receiptTime": MOMENT.decode(str(read))}
            return told(_DUPLICATE if code == "C02" else DELIVERED, f"{code} {words}".strip(), data)
        case "0" | "1":
            return told(_PENDING, name)
        case "9":
            return told(_EXPIRED, name)
        case "2":
            return ANSWERS.of("" if code.startswith("error") else code, words)
        case _:
            raise laying.LookError("broken")
