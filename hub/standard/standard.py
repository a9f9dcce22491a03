"""The unified standard: what it consists of, what is wrong with a message, how a good one looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from hub.message import Finding
from hub.standard.book import Book
from hub.standard.check.checker import Checker
from hub.standard.fast import Fast, Verdict
from hub.standard.loading import build, installed
from hub.standard.policy import kept_closed
from hub.standard.sample import envelope as sample_envelope


class Standard(Book):
    """The book, and the two things one does with it."""

    def __init__(self, book: Book) -> None:
        super().__init__(**{name: getattr(book, name) for name in Book.__dataclass_fields__})
        # Checkers are made when first asked for; what they say depends on the tables only.
        object.__setattr__(self, "_checkers", {})
        object.__setattr__(self, "_fast", Fast(self, self._checker(())))

    _checkers: dict[frozenset[str], Checker]
    _fast: Fast

    @cached_property
    def lifters(self) -> frozenset[str]:
        """Stages whose accepted record opens the gate of another stage."""
        named = {lifter for stage in self.stages for lifter in stage.policy.lifted_by}
        return frozenset(named & self.by_id.keys())

    @cached_property
    def closed(self) -> frozenset[str]:
        """Stages whose records are enciphered where they are kept."""
        return frozenset(stage.id for stage in self.stages if kept_closed(stage))

    def check(
        self, envelope: object, *, lang: str = "zh", signed: bool = False, without: Iterable[str] = ()
    ) -> list[Finding]:
        """Everything stateless that is wrong with a whole envelope, shape first, then every field.

        `signed` asks for a signature block too (its truth is another question). `without` names
        rules to leave out: it is there for tests that must see a rule missed.
        """
        return self._checker(without).envelope(envelope, lang=lang, signed=signed)

    def verdict(self, message: object, *, signed: bool = False) -> Verdict:
        """The same without a word, a tenth of the time: `message` is a parsed envelope, or its bytes."""
        if isinstance(message, bytes):
            return self._fast.text(message, signed=signed)
        return self._fast.envelope(message, signed=signed)

    def accepts(self, message: object, *, signed: bool = False) -> bool:
        """Would `check` (for bytes: `parse` and `check`) find nothing that refuses?"""
        if isinstance(message, bytes):
            return self._fast.text(message, signed=signed) is not Verdict.REFUSED
        return self._fast.envelope(message, signed=signed) is not Verdict.REFUSED

    def check_fields(
        self, stage_id: str, fields: Mapping[str, Any], *, op: str = "insert", lang: str = "zh"
    ) -> list[Finding]:
        """The same for bare fields of one stage, as a table or a foreign dialect hands them over."""
        return self._checker(()).fields(self.stage(stage_id), fields, op=op, lang=lang)

    def sample(
        self,
        stage: str,
        seed: int = 0,
        *,
        sender: str = "T01",
        msg_id: str | None = None,
        time: datetime | None = None,
        start: datetime | None = None,
        region: str | None = None,
        bidder: int | None = None,
        op: str = "insert",
    ) -> dict[str, Any]:
        """A whole unsigned envelope that `check` finds nothing in; one seed is one project."""
        return sample_envelope(
            self,
            stage,
            seed,
            sender=sender,
            msg_id=msg_id,
            time=time,
            start=start,
            region=region,
            bidder=bidder,
            op=op,
        )

    def _checker(self, without: Iterable[str]) -> Checker:
        key = frozenset(without)
        if key not in self._checkers:
            self._checkers[key] = Checker(self, without=key)
        return self._checkers[key]


@cache
def _installed() -> Standard:
    return Standard(installed())


def load(directory: Path | str | None = None) -> Standard:
    """The standard; the installed one is read once per process. Raises StandardDataError."""
    return _installed() if directory is None else Standard(build(Path(directory)))
