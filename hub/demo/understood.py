"""Did a system understand a question as put, and did we understand its answer? By the papers' rows alone.

The system keeps notes of what it was asked and what it answered, in the standard's names, read and written
by its own hand; here they are laid beside what went in at the hub and what came out. Only what the
dialect's table carries is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.catalogue import System
from hub.catalogue.forms import abroad
from hub.catalogue.papers import Papers

Flat = dict[str, str]


def noted(
    system: System, service: str, asked: Mapping[str, Any], notes: Iterable[dict[str, Any]]
) -> dict[str, Any] | None:
    """The note of this very question, the newest first; None where it stands nowhere."""
    want = carried(system, service, "request", asked)
    for note in [*notes][::-1]:
        if note["service"] == service and carried(system, service, "request", note["asked"]) == want:
            return note
    return None


def agrees(system: System, service: str, note: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Is what the hub answered what the system says it answered?"""
    said = carried(system, service, "reply", note.get("told", {}))
    heard = carried(system, service, "reply", answer)
    return bool(said) and said == heard


def recorded(
    system: System, service: str, asked: Mapping[str, Any], records: Iterable[Mapping[str, Any]]
) -> bool:
    """Has a system that keeps what it was told as a record exactly one that says so, in its own names?"""
    papers, values = Papers.load(system.dialect), flat(asked)
    want = {
        row.foreign: abroad(row.form, values[row.standard], values, papers.codes)
        for row in papers.rows(service, "request")
        if row.standard in values
    }
    rows = [row for row in records if row["message"] == service]
    same = [row for row in rows if all(str(row["fields"].get(name)) == want[name] for name in want)]
    return len(same) == 1 and int(same[0]["effects"]) == 1


def carried(system: System, service: str, direction: str, fields: Mapping[str, Any]) -> Flat:
    """The values the dialect carries of it, by the path that its table names."""
    rows = Papers.load(system.dialect).rows(service, direction)
    names = {row.standard for row in rows if row.form != "blob"}
    return {path: value for path, value in flat(fields).items() if _bare(path) in names}


def flat(value: Any, path: str = "") -> Flat:
    """`{"a": {"b": [1]}}` as `{"a.b[0]": "1"}`; nothing for what is empty."""
    if isinstance(value, Mapping):
        pairs = [flat(one, f"{path}.{name}" if path else str(name)) for name, one in value.items()]
        return {name: text for pair in pairs for name, text in pair.items()}
    if isinstance(value, list | tuple):
        pairs = [flat(one, f"{path}[{number}]") for number, one in enumerate(value)]
        return {name: text for pair in pairs for name, text in pair.items()}
    if value in (None, ""):
        return {}
    return {path: str(value).lower() if isinstance(value, bool) else str(value)}


def _bare(path: str) -> str:
    """`hits[3].kind` as the table has it: `hits[].kind`."""
    out, inside = "", False
    for letter in path:
        inside = (inside or letter == "[") and letter != "]"
        if not inside or letter == "[":
            out += letter
    return out
