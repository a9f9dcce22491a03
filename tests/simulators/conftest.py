"""Replaying golden transcripts against a foreign side, without a socket."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from simulators.desk import Desk, ForeignSide
from simulators.dialects import SIDES
from simulators.roll import roll
from simulators.wire import Reply, Request


class Bench:
    """One system of a dialect with the golden secrets, and what it said."""

    def __init__(self, dialect: str, ident: str, variant: str | None = None, **switches: Any) -> None:
        self.papers = Papers.load(dialect)
        row = roll()[ident]
        self.lines = {line["id"]: line for line in self.papers.golden()}
        secrets: dict[str, str] = {}
        for line in self.lines.values():
            secrets |= line.get("secrets") or {}
        self.desk = Desk(
            ident, row.zh, dialect, row.variant if variant is None else variant, secrets, switches=switches
        )
        self.side: ForeignSide = SIDES[dialect](self.desk)

    def say(self, line: dict[str, Any], moods: Iterable[str] = (), late: float = 1.0) -> Reply:
        """Send one golden request `late` seconds after its clock."""
        asked = line["request"]
        path, _, query = asked["path"].partition("?")
        request = Request(
            asked["method"],
            path,
            query,
            {name.lower(): value for name, value in asked["headers"].items()},
            octets(asked),
            "http://127.0.0.1:1/X",
        )
        self.desk.moods = frozenset(moods)
        try:
            return self.side.answer(request, datetime.fromisoformat(line["at"]) + timedelta(seconds=late))
        finally:
            self.desk.moods = frozenset()

    def golden(self, ident: str, moods: Iterable[str] = (), numbers: str = "", late: float = 1.0) -> None:
        """The golden reply, byte for byte but for what `numbers` matches (receipt numbers)."""
        line = self.lines[ident]
        said, wanted = self.say(line, moods, late), line["reply"]
        assert said.status == wanted["status"], said.body.decode()
        for name, value in (wanted.get("headers") or {}).items():
            assert said.headers.get(name) == value
        assert mask(said.body.decode("utf-8"), numbers) == mask(wanted["body"], numbers)


def octets(said: dict[str, Any]) -> bytes:
    """The body of a golden request or reply as it is on the wire."""
    return base64.b64decode(said["body_b64"]) if "body_b64" in said else str(said["body"]).encode("utf-8")


def mask(text: str, numbers: str) -> str:
    return re.sub(numbers, "#", text) if numbers else text


@pytest.fixture(name="bench")
def bench_fixture() -> Callable[..., Bench]:
    return Bench
