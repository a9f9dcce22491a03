"""Bounds and lives that the README states are those of the code: whoever moves one moves both."""

from __future__ import annotations

from pathlib import Path

import hub.auth
import hub.console
from hub.auth import book, desk, face, sealing, sessions, showing
from hub.server import certificates, context, visitors


def _readme(package: str) -> str:
    return (Path(package).parent / "README.md").read_text("utf-8")


def test_what_the_room_of_logins_says_of_itself() -> None:
    said, n05 = _readme(str(hub.auth.__file__)), showing.LIVES["N05"]
    for words in (
        f"bounded ({book.MOST:,}; {book.MOST_EACH:,} a platform; {book.MOST_OPEN} open a session; "
        f"{book.MOST_ADDRESS} of one address's strangers",
        f"{book.MOST_ADDRESS} challenges and tickets of one address",
        f"{sessions.IDLE / 60:g} min idle, {sessions.WHOLE / 3600:g} h in all",
        f"{desk.CHALLENGE_SECONDS} s for a challenge",
        f"{showing.LIFE[0]}-{showing.LIFE[2]} for a ticket (N05 {n05[0]}-{n05[2]})",
        f"{_word(face.TRIES)} tries",
        f"at most {sealing.MOST_VALUE >> 10} KiB",
        f"Pages have {context.PAGE_RATE:g} questions a second per address",
    ):
        assert words in said, words


def test_what_the_pages_say_of_strangers() -> None:
    said = _readme(str(hub.console.__file__))
    for words in (
        f"{certificates.MOST_MIB} MiB, {_word(int(visitors._A_SECOND))} questions a second from an address",
        f"{_word(visitors._INSIDE)} inside",
    ):
        assert words in said, words


def _word(number: int) -> str:
    return {3: "three", 4: "four", 8: "eight"}[number]
