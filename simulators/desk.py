"""What a foreign side works with: who it is, what it holds, which secrets it knows, how it feels today."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from simulators.state import Ledger
from simulators.wire import Reply, Request

Fields = dict[str, Any]
ASKED = 100  # questions a system remembers


class Refusal(Exception):
    """A service says no, in the unified vocabulary of its errors (`project.not-found`)."""

    def __init__(self, code: str, known: Fields | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.known = known  # what is told all the same (a revoked filing)


Book = Callable[[Fields, datetime], Fields]
"""A system's own data behind a service, in the standard's names; may raise Refusal."""


@dataclass(slots=True)
class Desk:
    """One simulated system's whole state. `moods` are the faults that hold for the call in progress."""

    id: str
    zh: str
    dialect: str
    variant: str
    credentials: Mapping[str, str]
    ledger: Ledger = field(default_factory=Ledger)
    books: dict[str, Book] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    moods: frozenset[str] = frozenset()
    own: Mapping[str, str] = field(default_factory=dict)  # secrets that the hub is never told
    asked: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=ASKED))

    def secret(self, name: str) -> str:
        """One of its secrets, whether shared with the hub or its own."""
        return self.own[name] if name in self.own else self.credentials[name]

    def feels(self, mood: str) -> bool:
        return mood in self.moods

    def noting(self, books: Mapping[str, Book]) -> dict[str, Book]:
        """The same books; what they are asked, and what they answer, is kept in `asked`."""
        return {service: Noted(self, service, book) for service, book in books.items()}


@dataclass(frozen=True, slots=True)
class Noted:
    """A book, with a note of each question and answer (or refusal) as this system understands them."""

    desk: Desk
    service: str
    book: Book

    @property
    def __self__(self) -> Any:
        """Whose register the book is (snapshots keep it)."""
        return getattr(self.book, "__self__", self.book)

    def __call__(self, asked: Fields, now: datetime) -> Fields:
        note: dict[str, Any] = {"service": self.service, "at": now.isoformat(), "asked": dict(asked)}
        self.desk.asked.append(note)
        try:
            told = self.book(asked, now)
        except Refusal as no:
            note["refused"] = no.code
            raise
        note["told"] = dict(told)
        return told


class ForeignSide(Protocol):
    """The server half of a dialect: pure but for the desk it writes on."""

    def answer(self, request: Request, now: datetime) -> Reply: ...
