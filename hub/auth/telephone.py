"""The side of a member's own app: it scans a ticket, shows what is to be agreed to, confirms or refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.auth.asking import confirmation, empty
from hub.auth.binding import text_of
from hub.auth.book import TICKET, Book, Entry
from hub.auth.concluding import out_of, refused
from hub.auth.refusing import refusal
from hub.auth.showing import WAITS, shown
from hub.auth.signing import App
from hub.auth.states import Act, State
from hub.auth.way import Way
from hub.ports import Answer


class Telephone:
    """Only the member named as the ticket's provider may do any of this."""

    def __init__(self, book: Book, way: Callable[[str, str], Way | None]) -> None:
        self._book, self._way = book, way

    async def scan(self, member: str, name: str, value: Any) -> dict[str, Any]:
        """What the telephone shows and signs."""
        empty(value)
        entry = self._theirs(member, name)
        if not entry.move(Act.SCAN):
            raise out_of(entry)
        bound = entry.binding
        told = {"platform": bound.owner.platform, "digest": bound.digest, "challenge": text_of(bound.octets)}
        return shown(entry, name) | told

    async def confirm(self, member: str, name: str, value: Any) -> dict[str, Any] | Answer:
        proof = confirmation(value)
        entry = self._theirs(member, name)
        with self._book.holding(entry):
            way = self._way(entry.provider, entry.binding.action)
            if entry.state not in WAITS or not isinstance(way, App):
                raise out_of(entry)
            if not entry.faced:
                raise refusal("face.needed")
            found = await way.confirmed(entry, proof)
            if found.code:
                return refused(entry, found)
            if self._book.aged(entry).state is not State.CONFIRMED:
                raise out_of(entry)
        return shown(entry, name)

    async def refuse(self, member: str, name: str, value: Any) -> dict[str, Any]:
        empty(value)
        entry = self._theirs(member, name)
        if entry.state not in WAITS or entry.held:
            raise out_of(entry)
        entry.move(Act.REFUSE, "ticket.refused")
        return shown(entry, name)

    def _theirs(self, member: str, name: str) -> Entry:
        """A ticket that this member's app is to confirm; of others it learns nothing."""
        entry = self._book.find(TICKET, name)
        if entry is None or entry.provider != member:
            raise refusal("ticket.unknown")
        return entry
