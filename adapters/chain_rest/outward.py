"""Put a digest, or have one verified; an evidence number is what success means."""

from __future__ import annotations

import re
from typing import Any

from adapters import jsontext
from adapters.answers import (
    BROKEN,
    DELIVERED,
    HTTP_5XX,
    TOO_LARGE_ANSWER,
    AnswerTable,
    by_status,
    is_html,
    opening,
    retry_after,
    told,
    unreadable,
)
from adapters.mapping import FieldMap
from adapters.rows import refuse
from adapters.situation import bad
from hub.errors import SenderError
from hub.message import shown
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest

FIELDS = FieldMap.beside(__package__)
ANSWERS = AnswerTable.beside(__package__)
LIMIT = 16 * 1024
ANSWER_LIMIT = 64 * 1024
OPERATIONS = {"chain.put": "put", "chain.verify": "verify"}
_AGAIN = Outcome(Kind.DUPLICATE, "receiver.duplicate")
_DIGITS = {"0": 64, "1": 64, "2": 96}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Absent members are left out; the algorithm never is, or the chain would read SM3."""
    values = FIELDS.abroad(outgoing.message, "request", outgoing.fields, {})
    body: dict[str, str] = {
        row.foreign: jsontext.Number(text) if row.type == "integer" else text
        for row, text in values
        if text is not None
    }
    _check(body, outgoing.message)
    raw = jsontext.write(body).encode()
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    headers = {"Content-Type": "application/json", "X-App-Id": call.credentials["app_id"]}
    path = f"/chain/v1/evidence/{OPERATIONS[outgoing.message]}"
    return WireRequest("POST", path, headers, raw)


def _check(body: dict[str, str], message: str) -> None:
    """What the chain would file wrongly or for ever is not sent at all."""
    findings = []
    kind, digest = body.get("hashType", ""), body.get("hash", "")
    if not kind:
        findings.append(bad("mapping.required", "/body/fields/digestAlgorithm", "01 | 02"))
    elif re.fullmatch(rf"[0-9a-f]{{{_DIGITS.get(kind, 64)}}}", digest) is None:
        findings.append(bad("mapping.value", "/body/fields/digest", "小写十六进制摘要", shown(digest)))
    business = body.get("businessId", "")
    if message == "chain.put" and re.fullmatch(r"[A-Za-z0-9._-]{1,64}", business) is None:
        findings.append(
            bad("mapping.value", "/body/fields/businessId", "[A-Za-z0-9._-]{1,64}", shown(business))
        )
    if len(body.get("info", "")) > 256:
        findings.append(bad("mapping.value", "/body/fields/stage", "<= 256", str(len(body["info"]))))
    refuse(findings)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """An error code speaks before the status; without one the status is all there is."""
    if len(reply.body) > ANSWER_LIMIT:
        return told(TOO_LARGE_ANSWER, f"HTTP {reply.status}")
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "errorCode"))
    if code and reply.status != 200:
        words = jsontext.scalar(jsontext.member(answer, "errorMsg")) or ""
        return ANSWERS.of(code, words, retry_after(reply))
    decided = by_status(reply, ANSWER_LIMIT)
    if decided is not None:
        return decided
    if reply.status != 200:
        words = f"HTTP {reply.status} {opening(reply.body)}"
        return told(HTTP_5XX, words) if reply.status >= 500 else unreadable(reply)
    if is_html(reply):
        return unreadable(reply)
    if not jsontext.scalar(jsontext.member(answer, "evidenceId")):
        return told(BROKEN, opening(reply.body))
    again = jsontext.member(answer, "repeat") is True
    return told(_AGAIN if again else DELIVERED, "", _data(outgoing.message, answer))


def _data(message: str, answer: Any) -> dict[str, Any]:
    values = {name: jsontext.scalar(value) for name, value in answer.items()}
    return FIELDS.home(message if message in OPERATIONS else "chain.put", "reply", values).fields
