"""Which place in the keystore holds the key of a person or of a gate; new ones get the next place.

The journal says it (`keys` in a head), the index folds it; here it is only looked up, and the next free
place counted on. A place handed out in a group that was then undone is not handed to anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.index.persons import ASKED, PersonRows
from hub.index.tokens import hexed
from hub.journal.closing import Closing
from hub.journal.keystore import BLOCK, Keystore

REMEMBERED = 65_536


class Places:
    """For the writer alone."""

    def __init__(self, rows: PersonRows, keys: Keystore) -> None:
        self._rows = rows
        self._keys = keys
        self._known: dict[int, int] = {}
        self._next = rows.last_place() + 1
        self._looked = self._next

    def of(self, tokens: Sequence[int]) -> list[int]:
        """A place for each; those of one entry are looked up together."""
        if len(self._known) + len(tokens) > REMEMBERED:
            self._known.clear()
        known = self._known
        strange = [token for token in tokens if token not in known]
        for start in range(0, len(strange), ASKED):
            part = strange[start : start + ASKED]
            known.update(self._rows.places(part))
            for token in part:
                if token not in known:
                    self._keys.take(self._next)
                    known[token], self._next = self._next, self._next + 1
        return [known[token] for token in tokens]

    def forget(self, places: Iterable[int]) -> None:
        """These are no longer anybody's: who comes again gets a new key."""
        gone = set(places)
        self._known = {token: place for token, place in self._known.items() if place not in gone}

    def ahead(self) -> None:
        """Lay down the keys that are likely to be wanted soon; from a thread of its own."""
        now = self._next
        lately, self._looked = now - self._looked, now
        self._keys.reach(now + max(2 * BLOCK, 4 * lately))


def keys_fact(closing: Closing, places: Places) -> tuple[tuple[int, ...], tuple[int, ...], dict[str, object]]:
    """Places of its gates and its persons, and what the head says of them."""
    gates = places.of(closing.gates) if closing.gates else []
    people = places.of([own for own, _ in closing.subjects]) if closing.subjects else []
    fact: dict[str, object] = {}
    if gates:
        fact["gates"] = [[hexed(gate), place] for gate, place in zip(closing.gates, gates, strict=True)]
    if people:
        fact["people"] = [
            [hexed(own), place, *map(hexed, known_by)]
            for (own, known_by), place in zip(closing.subjects, people, strict=True)
        ]
    return tuple(gates), tuple(people), {"keys": fact} if fact else {}
