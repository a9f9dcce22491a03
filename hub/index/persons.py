"""Rows on the keys entries are closed with: where each is kept, which entries a person is in, what is gone.

Tokens and places only: nothing here can be read back to a person without the secret of the tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.index.gathered import Gathered
from hub.index.port import HeldRow
from hub.index.tokens import token

LAST = "~keys"
RUN = 11  # 2048 entries lie together (schema, step 9)
ERASE = "privacy.erase"
ASKED = 8  # keys in one statement: four in four cost twice as much
_PLACES = tuple(f"SELECT * FROM key_place WHERE h IN ({','.join('?' * n)})" for n in range(ASKED + 1))  # noqa: S608 - marks only


def erased_by(facts: Mapping[str, Any]) -> tuple[int, ...]:
    """Places of the keys that an event says are destroyed."""
    return tuple(facts["payload"]["keys"]) if facts["event"] == ERASE else ()


class PersonRows:
    """On one connection; `note` and `erase` belong to the fold."""

    def __init__(self, rows: Gathered) -> None:
        self._rows = rows
        self._run = rows.run
        self._add_place, self._add_person = rows.adder("key_place"), rows.adder("person")

    def places(self, owns: Sequence[int]) -> dict[int, int]:
        """Where the keys of these are, of those that have one; at most `ASKED` of them."""
        return {
            own: row[1] for own, row in self._rows.found_all("key_place", _PLACES[len(owns)], owns).items()
        }

    def last_place(self) -> int:
        row = self._run("SELECT value FROM counter WHERE name = ?", (LAST,)).fetchone()
        return 0 if row is None else int(row[0])

    def held(self, known_by: int) -> Sequence[HeldRow]:
        """Entries in which a person known by this is, oldest first."""
        rows = self._run(
            "WITH RECURSIVE runs(run) AS (SELECT min(run) FROM person UNION ALL"
            " SELECT run + 1 FROM runs WHERE run < (SELECT max(run) FROM person))"
            " SELECT p.seq, p.place FROM runs CROSS JOIN person AS p ON p.run = runs.run AND p.h = ?"
            " ORDER BY p.seq, p.place",
            (known_by,),
        )
        return [HeldRow(*row) for row in rows]

    def erased(self) -> Sequence[int]:
        """Places whose keys the journal says are destroyed."""
        return [row[0] for row in self._run("SELECT place FROM erased ORDER BY place")]

    def erasure(self, place: int) -> tuple[int, int] | None:
        """When, and the entry that says so."""
        row = self._run("SELECT at, entry FROM erased WHERE place = ?", (place,)).fetchone()
        return None if row is None else (row[0], row[1])

    # the fold's side

    def note(self, seq: int, keys: Mapping[str, Any]) -> int:
        """What the head of an entry says of its keys; the highest place among them."""
        last = 0
        for own, place, *known_by in (*keys.get("people", ()), *keys.get("gates", ())):
            self._add_place((token(own), place))
            last = max(last, place)
            for one in known_by:
                self._add_person((seq >> RUN, token(one), seq, place))
        return last

    def erase(self, seq: int, at: int, places: Sequence[int]) -> None:
        for place in places:
            self._run("INSERT OR IGNORE INTO erased VALUES(?,?,?)", (place, at, seq))
            self._run("DELETE FROM key_place WHERE place = ?", (place,))
