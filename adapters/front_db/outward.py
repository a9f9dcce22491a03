"""A row is laid down once and looked at as often as it takes until the receiver has judged it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.answers import DELIVERED, told
from adapters.front_db.papers import (
    ANSWERED,
    ANSWERS,
    DATES,
    LIMIT,
    OVERDUE,
    Site,
    column_text,
    fields_of,
)
from adapters.front_db.row import Laid, laid
from hub.errors import SenderError
from hub.message import CST
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_SEEN = ("SEQ_ID", "ROW_SM3", "IN_TIME", "SYNC_FLAG", "SYNC_TIME", "ERR_MSG")
_MOST_ANSWERS = 200
_GONE = Outcome(Kind.UNKNOWN, "receiver.row-gone", Blame.RECEIVER)
_OTHER = Outcome(Kind.REFUSED, "receiver.conflict", Blame.SENDER)
_PENDING = Outcome(Kind.RETRY, "receiver.pending", Blame.RECEIVER)
_OVERDUE = Outcome(Kind.RETRY, "receiver.verdict-overdue", Blame.RECEIVER)
_DUPLICATE = Outcome(Kind.DUPLICATE, "receiver.duplicate")


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Put unless it is there, and look: in one transaction."""
    it = laid(outgoing, call)
    message = laying.carried(outgoing)
    looks: list[dict[str, Any]] = [
        {"table": it.table, "where": it.key, "columns": [*_SEEN, *_more(message)], "limit": 1}
    ]
    if message in ANSWERED:
        looks.append(
            {
                "table": ANSWERED[message],
                "where": {"ROW_ID": it.key["ROW_ID"]},
                "columns": ["XH", *_answer_columns(message)],
                "order": ["XH"],
                "limit": _MOST_ANSWERS,
            }
        )
    put = {"table": it.table, "key": it.key, "row": it.row}
    request = laying.asking("ROWS", {"put": [put], "look": looks})
    if len(request.body) > LIMIT:
        raise SenderError(f"{len(request.body)} > {LIMIT}", code="mapping.too-large")
    return request


def _more(message: str) -> list[str]:
    """Columns of a question that its answer fills."""
    if message not in ANSWERED:
        return []
    return [*(row.foreign for row in DATES.of(message, "reply")), "DA_SL"]


def _answer_columns(message: str) -> list[str]:
    return [row.foreign.partition("/")[2] for rows in DATES.lists(message, "reply").values() for row in rows]


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """What was refused, whether the row is ours, and what its flag says."""
    answer = laying.said(reply, ANSWERS, LIMIT, pages=True)
    if isinstance(answer, Outcome):
        return answer
    try:
        it = laid(outgoing, call)
        message = laying.carried(outgoing)
        laying.listed(answer.get("put"), 1)
        found, *rest = laying.listed(answer.get("look"), 2 if message in ANSWERED else 1)
        rows = _rows(found)
        if not rows:
            return told(_GONE, it.table)
        return _judged(rows[0], [row for part in rest for row in _rows(part)], it, message, call)
    except (laying.LookError, SenderError):
        return laying.broken(reply)


def _rows(found: object) -> list[Mapping[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise laying.LookError("broken")
    return found


def _judged(
    row: Mapping[str, Any], answers: list[Mapping[str, Any]], it: Laid, message: str, call: Call
) -> Outcome:
    if not set(_SEEN) <= set(row):
        raise laying.LookError("broken")
    if row["ROW_SM3"] != it.sm3:
        return told(_OTHER, f"{it.table}-{row['SEQ_ID']}")
    receipt = _receipt(row, it)
    if it.site.written_is_delivered:
        return told(DELIVERED, it.table, receipt)
    words = column_text(row["ERR_MSG"]) or ""
    match row["SYNC_FLAG"]:
        case "0":
            return told(_OVERDUE if _age(row["IN_TIME"], it.site, call.now) > OVERDUE else _PENDING, it.table)
        case "1" if message in ANSWERED:
            return _answered(row, answers, it.site, message)
        case "1":
            return told(_DUPLICATE if words.startswith("E201") else DELIVERED, words, receipt)
        case "2":
            code, _, rest = words.partition(":")
            return ANSWERS.of("" if code.startswith("error") else code, rest)
        case _:
            raise laying.LookError("broken")


def _receipt(row: Mapping[str, Any], it: Laid) -> dict[str, Any]:
    moment = _moment(row["SYNC_TIME"], it.site)
    time = {"receiptTime": moment} if moment else {}
    return {"receiptNo": f"{it.table}-{row['SEQ_ID']}", **time}


def _answered(row: Mapping[str, Any], answers: list[Mapping[str, Any]], site: Site, message: str) -> Outcome:
    """An answer is whole when there are as many rows as it says."""
    if row.get("DA_SL") != len(answers):
        return told(_PENDING, f"{len(answers)}/{row.get('DA_SL')}")
    fields = fields_of(site)
    texts = {name: column_text(value) for name, value in row.items()}
    data = fields.home(message, "reply", texts).fields
    items = [{name: column_text(value) for name, value in one.items()} for one in answers]
    lists = fields.lists_home(message, "reply", {"DA": items})
    for one in next(iter(lists.values()), []):
        laying.as_lists(one, ("equipment",))
    return told(DELIVERED, "", {**lists, **data})


def _moment(value: object, site: Site) -> str:
    """A time of the table in the unified form, "" when it is none."""
    form = next(row.form for row in fields_of(site).of("*", "out") if row.foreign == "SEND_TIME")
    text = form.decode(value) if isinstance(value, str) else ""
    return str(text) if str(text).endswith("+08:00") else ""


def _age(value: object, site: Site, now: datetime) -> float:
    """Seconds since a time of the table; a time nobody can read is now."""
    text = _moment(value, site)
    return (now - datetime.fromisoformat(text).astimezone(CST)).total_seconds() if text else 0.0
