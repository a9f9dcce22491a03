"""What a foreign answer means: the dialect's own table of codes, and what every HTTP answer may mean.

`answers.csv` beside a codec lists each code of the foreign system with kind, stable code and blame.
A code that no table lists goes to a human: repeating it blindly might do harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.mapping import table
from hub.message import shown
from hub.ports import Blame, Kind, Outcome, WireReply

_BLAME = {"-": None, "": None, **{blame.value: blame for blame in Blame}}
DELIVERED = Outcome(Kind.DELIVERED, "ok")
UNLISTED = Outcome(Kind.REFUSED, "receiver.unknown-code", Blame.RECEIVER)
HTML = Outcome(Kind.UNKNOWN, "receiver.html", Blame.RECEIVER)
BROKEN = Outcome(Kind.UNKNOWN, "receiver.broken-body", Blame.RECEIVER)
TOO_LARGE_ANSWER = Outcome(Kind.UNKNOWN, "receiver.answer-too-large", Blame.RECEIVER)
HTTP_5XX = Outcome(Kind.UNKNOWN, "receiver.http-5xx", Blame.RECEIVER)
_STATUS = {
    404: Outcome(Kind.REFUSED, "receiver.no-such-path", Blame.RECEIVER),
    413: Outcome(Kind.REFUSED, "receiver.too-large", Blame.SENDER),
    429: Outcome(Kind.RETRY, "receiver.throttled", Blame.RECEIVER),
    502: Outcome(Kind.RETRY, "receiver.http-5xx", Blame.RECEIVER),
    503: Outcome(Kind.RETRY, "receiver.http-5xx", Blame.RECEIVER),
    504: Outcome(Kind.RETRY, "receiver.http-5xx", Blame.RECEIVER),
}


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """Foreign code -> outcome, as the adapter reads the papers."""

    outcomes: Mapping[str, Outcome]

    @classmethod
    def beside(cls, package: str) -> AnswerTable:
        """`answers.csv` in the folder of that package."""
        return cls(
            {
                row["foreign"]: Outcome(Kind(row["kind"]), row["code"], _BLAME[row["blame"]])
                for row in table(package, "answers.csv")
            }
        )

    def of(self, code: str, words: str = "", data: Mapping[str, Any] | None = None) -> Outcome:
        """The outcome of a foreign code with the receiver's own words; unlisted codes are refused."""
        found = self.outcomes.get(code, UNLISTED)
        return told(found, f"{code} {words}".strip(), data)

    def spelling(self, code: str) -> str:
        """The foreign code whose meaning is this stable code; "" when there is none."""
        return next((foreign for foreign, outcome in self.outcomes.items() if outcome.code == code), "")


def told(outcome: Outcome, foreign: str, data: Mapping[str, Any] | None = None) -> Outcome:
    """The outcome with the receiver's words, shortened, and what it told us."""
    return Outcome(
        outcome.kind,
        outcome.code,
        outcome.blame,
        shown(foreign),
        {**outcome.data, **(data or {})},
        outcome.wait,
    )


def by_status(reply: WireReply, limit: int) -> Outcome | None:
    """What the status line and size alone decide; None when the body must be read."""
    found = _STATUS.get(reply.status)
    if found is None:
        return told(TOO_LARGE_ANSWER, f"HTTP {reply.status}") if len(reply.body) > limit else None
    return told(found, f"HTTP {reply.status}", retry_after(reply))


def retry_after(reply: WireReply) -> dict[str, int]:
    """`retry_after` seconds when the receiver named them."""
    after = reply.headers.get("retry-after", "")
    return {"retry_after": int(after)} if after.isascii() and after.isdigit() and len(after) < 6 else {}


def unreadable(reply: WireReply) -> Outcome:
    """The meaning of a body that is not this dialect's answer."""
    words = f"HTTP {reply.status} {opening(reply.body)}"
    if reply.status >= 500:
        return told(HTTP_5XX, words)
    if 300 <= reply.status < 500:
        return told(_STATUS[404], words)
    if is_html(reply):
        return told(HTML, words)
    return told(BROKEN, words)


def is_html(reply: WireReply) -> bool:
    """A page for people where an answer for programs was due."""
    start = reply.body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    return "text/html" in reply.headers.get("content-type", "").lower() or start.startswith(b"<")


def opening(body: bytes) -> str:
    """The first characters of a body, for people."""
    return " ".join(body[:120].decode("utf-8", "replace").split())
