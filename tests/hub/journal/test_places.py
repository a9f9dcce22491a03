"""A key's place is handed out once, however many are asked for together."""

from __future__ import annotations

import sqlite3

from hub.index.persons import ASKED
from hub.index.questions import SqliteIndex
from hub.index.schema import migrate
from hub.journal.keystore import open_keystore
from hub.journal.places import Places


def _places(tmp_path, connection):
    index = SqliteIndex(connection)
    return index, Places(index.persons, open_keystore(tmp_path / "keys", b"m" * 32, lambda n: b"s" * n))


def test_many_at_once_and_one_by_one_are_the_same(tmp_path):
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    index, places = _places(tmp_path, connection)
    tokens = [7 * n for n in range(1, 3 * ASKED)]
    given = places.of(tokens + tokens[:2])
    assert given == [*range(1, len(tokens) + 1), 1, 2]
    assert [places.of([token])[0] for token in tokens] == given[:-2]

    half = len(tokens) // 2
    index.persons.note(
        1, {"people": [[f"{one:016x}", at] for one, at in zip(tokens[:half], given, strict=False)]}
    )
    assert index.persons.places(tokens[half - 2 : half + 2]) == {
        tokens[half - 2]: half - 1,
        tokens[half - 1]: half,
    }, "noted and not yet written"
    places.forget(given)
    assert places.of(tokens[:half]) == given[:half], "those that are noted keep their places"
    assert min(places.of(tokens[half:])) > max(given), "nobody gets the place of another"
