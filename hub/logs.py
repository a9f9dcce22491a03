"""What the hub says on stderr: one line for each event, as JSON or as text, and never more than it may.

A line is one line whatever a peer, a member or a file was called: control characters, line separators and
marks that turn the writing direction are escaped. An exception is told by its kind and place, never by its
words, which could quote a record or a secret. Which system and which message are said only where the one
who logs knows that anybody may know (`extra={"system": …, "hubId": …}`); a trace only of such messages.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from hub.faults import place
from hub.tracing import shown

FORMATS = ("json", "text")
LONGEST = 2000
_FIELDS = ("system", "hubId")
# Libraries that look at what somebody asks about, and say what they find: no line follows a question, or it
# would tell who is getting ready (what they raise is told to the asker).
_JUDGING = ("pyhanko", "pyhanko_certvalidator")
# C0, DEL, C1, line and paragraph separators, zero-width and direction marks, lone surrogates, byte order.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """The only handler of the process; whatever a library logs goes the same way."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _JUDGING:
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())


def escaped(text: str) -> str:
    """One line, safe to look at: `\\n` becomes the two characters of its escape."""
    cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…({len(text)})"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """The members of one line, all strings already escaped."""
    try:
        text = record.getMessage()
    except (TypeError, ValueError):  # a call with the wrong number of arguments must not lose the line
        text = str(record.msg)
    if record.exc_info and record.exc_info[1] is not None:
        text = f"{text}: {place(record.exc_info[1])}"
    found: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": escaped(str(getattr(record, "event", record.name))),
        "text": escaped(text),
    }
    for name in _FIELDS:
        value = getattr(record, name, None)
        if value:
            found[name] = escaped(str(value))
    trace = shown()
    if trace:
        found["trace"] = trace
    return found


class Json(logging.Formatter):
    """One JSON object a line, Chinese readable, everything unseen escaped before and by JSON itself."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts(record), ensure_ascii=False)


class Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        found = facts(record)
        first = " ".join(str(found.pop(name)) for name in ("time", "level", "event", "text"))
        rest = "".join(f" {name}={value}" for name, value in found.items())
        return first + rest
