"""What the hub's answer is in the eyes of a foreign caller, before the dialect finds its own word.

One place decides, so that a member that is not online, or a wrong token, looks the same in every
dialect; the dialect only lists the words.
"""

from __future__ import annotations

from enum import StrEnum

from adapters.mapping import FieldMap
from hub.message import Finding
from hub.ports import Answer, Incoming

MALFORMED = "envelope.malformed"
TOO_LARGE = "envelope.too-large"
NO_PATH = "path.unknown"
_FIRST = {MALFORMED: "malformed", TOO_LARGE: "too-large", NO_PATH: "no-path"}


class Situation(StrEnum):
    """One row each of the inward part of `expected.csv`."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    AUTH = "auth"
    OFFLINE = "offline"
    REQUIRED = "required"
    CODE = "code"
    FORMAT = "format"
    MALFORMED = "malformed"
    TOO_LARGE = "too-large"
    NO_PATH = "no-path"
    NOT_FOUND = "not-found"
    BUSY = "busy"
    UPSTREAM = "upstream"
    INTERNAL = "internal"


# Those whose answer says which fields, and what is wrong with each.
TOLD = (Situation.REQUIRED, Situation.CODE, Situation.FORMAT)
_BEFORE = {413: Situation.TOO_LARGE, 429: Situation.BUSY, 503: Situation.BUSY}
_STATUS = {
    401: Situation.AUTH,
    403: Situation.OFFLINE,
    404: Situation.NOT_FOUND,
    409: Situation.CONFLICT,
    502: Situation.UPSTREAM,
    504: Situation.UPSTREAM,
}
_FINDING = {
    "field.required": Situation.REQUIRED,
    "code.unknown": Situation.CODE,
    "code.region": Situation.CODE,
    "code.region-outside": Situation.CODE,
}


def situation(answer: Answer, incoming: Incoming) -> Situation:
    """Bytes first, then load, then who calls, then what became of the message.

    The server may answer before the codec saw anything (a body over the limit, a rate), so size and
    load are decided by the answer; and only then does it matter that nobody has proved anything.
    """
    for finding in incoming.findings:
        if finding.code in _FIRST:
            return Situation(_FIRST[finding.code])
    if answer.status in _BEFORE:
        return _BEFORE[answer.status]
    if answer.status == 500:
        return Situation.INTERNAL
    if not incoming.authenticated:
        return Situation.AUTH
    if answer.code == "0000" and answer.status < 300:
        return Situation.DUPLICATE if answer.status == 200 and incoming.stage else Situation.ACCEPTED
    if answer.code.startswith("upstream."):
        return Situation.UPSTREAM
    if answer.status in _STATUS:
        return _STATUS[answer.status]
    if answer.status >= 500:
        return Situation.INTERNAL
    findings = every(answer, incoming)
    return _FINDING.get(findings[0].code, Situation.FORMAT) if findings else Situation.FORMAT


def service_code(answer: Answer, incoming: Incoming) -> str:
    """The stable code with which a service was refused; "" for records and for good answers."""
    if incoming.stage or not incoming.authenticated or answer.code == "0000":
        return ""
    own = answer.code if "." in answer.code else ""
    found = [finding.code for finding in answer.findings]
    return found[0] if own in ("", "message.refused") and found else own


def every(answer: Answer, incoming: Incoming) -> list[Finding]:
    """All findings, those of the translation first, each once."""
    seen = {(finding.code, finding.at): finding for finding in (*answer.findings, *incoming.findings)}
    own = [(finding.code, finding.at) for finding in incoming.findings]
    order = dict.fromkeys((*own, *((finding.code, finding.at) for finding in answer.findings)))
    return [seen[place] for place in order]


def describe(findings: list[Finding], fields: FieldMap, stage: str) -> str:
    """Every finding in one line that a person at the caller's side can act on."""
    return ";".join(
        f"{fields.foreign_name(stage, finding.at) or finding.at or '报文'}:{finding.code}"
        f"(应为 {finding.expected or '-'},实为 {finding.observed or '-'})"
        for finding in findings
    )


def names(findings: list[Finding], fields: FieldMap, stage: str) -> list[str]:
    """The caller's own names of the fields the findings point at, each once."""
    found = (fields.foreign_name(stage, finding.at) for finding in findings)
    return list(dict.fromkeys(name for name in found if name))


def bad(code: str, at: str = "", expected: str = "", observed: str = "", advice: str = "") -> Finding:
    """A finding of a codec."""
    return Finding(code, at, expected, observed, advice, "EX-MAP-01")
