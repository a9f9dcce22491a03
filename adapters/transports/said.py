"""What the other side said, in the form every codec reads: a status, and JSON that repeats it in a word.

A refusal by a database or a file server is an answer like any other: the codec words it by its papers, so
it must see which one it was. Silence is not an answer and is raised by the carriers instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hub.ports import WireReply

# The HTTP status nearest in meaning; everything but `late` certainly had no effect of its own.
STATUS: Mapping[str, int] = {
    "request": 400,  # the codec asked for something that is not of the form
    "login": 401,
    "right": 403,
    "absent": 404,  # no such table, column or folder
    "conflict": 409,  # another key than the asked one is taken already
    "value": 422,  # does not fit its column: type, length, a rule of the table
    "charset": 422,  # has a character that the other side's charset has not
    "locked": 423,  # somebody else held it too long
    "busy": 503,  # too many connections, starting, stopping, read-only
    "full": 507,
}


class Refused(Exception):
    """`word` is a row of STATUS."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def told(value: Any) -> WireReply:
    """A good answer."""
    return WireReply(200, {}, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def refusal(word: str, so_far: Mapping[str, Any] | None = None) -> WireReply:
    """A refusal; `so_far`: what was done before it."""
    return WireReply(STATUS[word], {}, json.dumps({"error": word, **(so_far or {})}).encode())


def read_json(body: bytes, members: frozenset[str]) -> dict[str, Any]:
    """The request of a codec; Refused("request") when it is not an object with these members only."""
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("request") from error
    if not isinstance(asked, dict) or set(asked) - members:
        raise Refused("request")
    return asked
