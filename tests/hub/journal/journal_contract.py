"""What every engine owes; a second engine inherits this suite and gives `store`."""

from __future__ import annotations

from typing import Any

import pytest

from hub.journal.entry import Kind

EVENT = {
    "hubId": "0190a000-0000-7000-8000-000000000001",
    "event": "e",
    "payload": {"system": "T01", "state": "online"},
}


class JournalContract:
    @pytest.fixture
    def store(self, tmp_path: Any) -> Any:
        raise NotImplementedError

    def test_entries_are_numbered_without_gaps_and_read_back_as_written(self, store):
        group = store.begin()
        with group.piece() as tx:
            assert [tx.append(Kind.PADDING, 5, {"n": n}, b"raw%d" % n) for n in range(3)] == [1, 2, 3]
        group.commit()
        entries = [store.reader().journal.entry(seq) for seq in (1, 2, 3)]
        assert [(entry.seq, entry.raw, entry.facts["n"], entry.facts["at"]) for entry in entries] == [
            (1, b"raw0", 0, 5), (2, b"raw1", 1, 5), (3, b"raw2", 2, 5)
        ]  # fmt: skip
        assert [(one.seq, one.head) for one in store.reader().journal.heads(1, 10)] == [
            (one.seq, one.head) for one in entries[1:]
        ]
        assert entries[0].facts["raw"].startswith("sm3:") and entries[0].facts["v"] == 1

    def test_readers_see_nothing_before_the_commit(self, store):
        reader = store.reader()
        group = store.begin()
        with group.piece() as tx:
            tx.append(Kind.EVENT, 1, EVENT)
            assert tx.index.members()["T01"][0] == "online"
        assert reader.journal.last() == 0 and reader.index.members() == {}
        group.commit()
        assert reader.journal.last() == 1 and reader.index.members()["T01"][0] == "online"

    def test_a_piece_that_fails_is_undone_alone(self, store):
        group = store.begin()
        with group.piece() as tx:
            tx.append(Kind.PADDING, 1, {"n": 1})
        with pytest.raises(ZeroDivisionError), group.piece() as tx:
            tx.append(Kind.EVENT, 1, EVENT)
            raise ZeroDivisionError
        with group.piece() as tx:
            assert tx.append(Kind.PADDING, 1, {"n": 2}) == 2
        group.commit()
        assert store.reader().journal.last() == 2 and store.reader().index.members() == {}
        assert not store.reader().index.news_after()

    def test_a_group_rolled_back_never_was(self, store):
        group = store.begin()
        with group.piece() as tx:
            tx.append(Kind.EVENT, 1, EVENT)
        group.rollback()
        assert store.reader().journal.last() == 0
        group = store.begin()
        with group.piece() as tx:
            assert tx.append(Kind.PADDING, 1, {}) == 1
        group.commit()

    def test_two_equal_entries_have_different_heads(self, store):
        group = store.begin()
        with group.piece() as tx:
            tx.append(Kind.PADDING, 1, {})
            tx.append(Kind.PADDING, 1, {})
        group.commit()
        one, other = store.reader().journal.heads(0, 2)
        assert one.head != other.head, "an unsalted leaf could be guessed"
