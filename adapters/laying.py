"""What dialects share whose systems lie behind tables and folders: names that stay the same, and refusals.

There nobody answers at once. An attempt lays something down and looks whether it has been judged; the next
attempt must find what this one laid down, so names come from the record alone, never from clock or chance.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from adapters.answers import BROKEN, TOO_LARGE_ANSWER, AnswerTable, by_status, opening, told, unreadable
from adapters.mapping import FieldMap
from adapters.origin import circumstances
from adapters.situation import NO_PATH, bad, every
from hub.errors import SenderError
from hub.message import CST, Finding, shown
from hub.ports import Answer, Call, Incoming, Outcome, Outgoing, WireReply, WireRequest

JSON = "application/json; charset=utf-8"
OPERATIONS = ("insert", "update", "delete")
NO_STAMP = "0" * 14


class LookError(Exception):
    """A look or a verdict was refused or cannot be read; the text is its word, never a value."""


def carried(outgoing: Outgoing) -> str:
    """Stage of a record, name of a message that is none."""
    return outgoing.stage or outgoing.message


def about(outgoing: Outgoing, call: Call, shape: str) -> dict[str, str]:
    """The circumstances; a question lies there like a record: inserted, with its name for a stage."""
    op = outgoing.op if outgoing.op in OPERATIONS else "insert"
    return circumstances(replace(outgoing, stage=carried(outgoing), op=op), call, shape)


def stamp(hub_id: str) -> str:
    """When the hub took the message, as its number (a UUIDv7) says in Beijing time, to the second."""
    try:
        milliseconds = UUID(hub_id).int >> 80
        return datetime.fromtimestamp(milliseconds // 1000, UTC).astimezone(CST).strftime("%Y%m%d%H%M%S")
    except (ValueError, OverflowError, OSError):
        return NO_STAMP


def serial(circumstances: Mapping[str, str]) -> str:
    """Twelve digits that tell record, version and operation."""
    text = "|".join(circumstances[name] for name in ("@key", "@version", "@op"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def compact(value: Any) -> bytes:
    """Compact JSON in UTF-8, members in the order given; ValueError for half a character."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def asking(method: str, body: Mapping[str, Any]) -> WireRequest:
    """A request to a carrier."""
    return WireRequest(method, "", {"Content-Type": JSON}, compact(body))


def read(body: bytes) -> dict[str, Any] | None:
    """The carrier's answer, None when it is no object."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def said(reply: WireReply, answers: AnswerTable, limit: int, *, pages: bool) -> dict[str, Any] | Outcome:
    """What the other side told, or what its refusal means; `pages`: do the papers know web pages?"""
    if reply.status == 200 and len(reply.body) > limit:
        return told(TOO_LARGE_ANSWER, "HTTP 200")
    value = read(reply.body)
    if reply.status == 200:
        if value is not None:
            return value
        return unreadable(reply) if pages else broken(reply)
    word = value.get("error") if value is not None else None
    known = answers.outcomes.get(f"error {word}")
    if known is not None:
        return told(known, str(word))
    return by_status(reply, limit) or unreadable(reply)


def broken(reply: WireReply) -> Outcome:
    """An answer of which something is missing."""
    return told(BROKEN, opening(reply.body))


def listed(value: object, length: int) -> list[Any]:
    """A member of an answer that must have one entry for each thing asked; LookError when not.

    What was not asked may be empty or missing.
    """
    if value is None and not length:
        return []
    if not isinstance(value, list) or len(value) != length:
        raise LookError("broken")
    return value


def good(reply: WireReply) -> dict[str, Any]:
    """The answer to a poller; LookError with the word of a refusal."""
    value = read(reply.body)
    if reply.status != 200:
        word = (value or {}).get("error")
        raise LookError(shown(str(word or reply.status)))
    if value is None:
        raise LookError("broken")
    return value


def put_off(answer: Answer) -> bool:
    """No verdict yet: the item stays unsettled and is looked at again."""
    return answer.status == 429 or answer.status >= 500


def unplaced(system: str) -> SenderError:
    """The papers of the dialect do not know this system."""
    finding = Finding("mapping.no-place", "/head/to", "", shown(system), "", "EX-MAP-01")
    return SenderError(f"{system}: not in the papers", code="mapping.no-place", findings=(finding,))


def collect(problems: list[Finding], make: Any) -> Any:
    """What `make()` makes, or None with its findings among the problems."""
    try:
        return make()
    except SenderError as error:
        problems += error.findings
        return None


def as_charset(findings: Iterable[Finding]) -> list[Finding]:
    """What cannot be written down at all is, in these papers, what the charset has not."""
    return [
        replace(one, code="mapping.charset") if one.code == "mapping.unencodable" else one for one in findings
    ]


def without_lists(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Lists of texts as the texts they are in one column, `;` between them; all else as it is."""
    return {name: ";".join(map(str, value)) if _texts(value) else value for name, value in fields.items()}


def _texts(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(item, Mapping | list) for item in value)


def as_lists(fields: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The other way round, for the fields that are lists with us."""
    for name in names:
        text = fields.get(name)
        if isinstance(text, str):
            fields[name] = [part for part in text.split(";") if part]
    return fields


def message_of(
    fields: FieldMap,
    carried: str,
    envelope: Mapping[str, Any],
    read: dict[str, Any],
    findings: Sequence[Finding],
    context: Mapping[str, Any],
    ext: Mapping[str, Any] | None = None,
) -> Incoming:
    """A record, or a notification, which lies there like one: with key, version and operation."""
    key, op, version = str(envelope.get("@key", "")), str(envelope.get("@op", "")), envelope.get("@version")
    problems = list(findings)
    if not key:
        problems.append(bad("field.required", "/body/key", "行标识"))
    if not isinstance(version, int):
        problems.append(bad("field.format", "/body/version", "非负整数", shown(str(version or ""))))
        version = 0
    message = fields.messages[carried]
    return Incoming(
        message,
        "" if message == carried else carried,
        op,
        key,
        version,
        f"{key}:{version}:{op}",
        read,
        dict(ext or {}),
        findings=tuple(problems),
        authenticated=True,
        context={**context, "sentAt": envelope.get("@sentAt", "")},
    )


def not_called(request: WireRequest) -> Incoming:
    """A system of these dialects never calls; whoever does is told nothing."""
    finding = bad(NO_PATH, "", "库表或文件轮询", shown(request.path))
    return Incoming("", "", "", "", 0, "", {}, findings=(finding,))


def no_reply() -> WireReply:
    """To a call that has no place."""
    return WireReply(404, {"Content-Type": JSON}, compact({"error": "path.unknown"}))


def foremost(answer: Answer, incoming: Incoming) -> tuple[str, list[Finding]]:
    """Why the hub does not take an item: one stable code, and all findings, those of the reading first."""
    findings = every(answer, incoming)
    if answer.status == 409:
        return "idempotency.conflict", findings
    if answer.status in (401, 403):
        return "system.suspended", findings
    return (findings[0].code if findings else answer.code), findings
