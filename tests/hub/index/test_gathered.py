"""Rows gathered for the end of a group cannot be told from rows written one by one."""

import random
import re
import sqlite3

import pytest

from hub.index import gathered, schema
from hub.index.gathered import Gathered, tables_of
from hub.index.questions import SqliteIndex
from hub.index.tokens import hexed
from hub.journal.rebuild import differences
from hub.journal.sqlite import _JOURNAL, FILE, SqliteStore

FEW = 6  # values of each kind, so that they meet
READ, CHANGES = 20, {9, 18, 23}  # SQLite's numbers for what a statement does to a table


def opened():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    return connection


class Story:
    """Entries a hub might write, drawn by lot."""

    def __init__(self, seed):
        self.dice, self.seq = random.Random(seed), 0
        self.messages, self.deliveries = [], []

    def token(self):
        return hexed(self.dice.randrange(1, FEW))

    def some(self, make, most=2):
        return [make() for _ in range(self.dice.randint(0, most))]

    def next(self):
        self.seq += 1
        kinds = ["message"] * 6 + ["nonce", "gate", "refused", "event"]
        kinds += ["attempt", "outcome", "requeue"] * bool(self.deliveries) + ["decision"] * bool(
            self.messages
        )
        kind = self.dice.choice(kinds)
        return self.seq, {"kind": kind, "at": self.seq * 10, **getattr(self, kind)()}

    def uuid(self):
        return f"00000000-0000-0000-0000-{self.seq:012x}"

    def plan(self):
        to = self.dice.choice("AB")
        sealed = self.dice.random() < 0.3
        return {"to": to, "message": "m", "sealed": sealed, "order": self.token(), "key": "k"}

    def decided(self):
        state = self.dice.choice(("accepted", "accepted", "held", "refused"))
        plan = self.some(self.plan)
        self.deliveries += [self.seq * 64 + n for n in range(len(plan))]
        record = {
            "key": self.token(),
            "natural": self.dice.choice((None, self.token())),
            "version": self.seq,
            "digest": "00",
            "live": self.dice.random() < 0.7,
        }
        return {
            "state": state, "reason": "", "hidden": self.dice.choice((0, 0, 1, 2)),
            "waits": self.some(self.token), "parents": self.some(lambda: [self.token(), f"P{self.seq}"]),
            "deadlines": self.some(lambda: [self.token(), self.seq]),
            "timers": self.some(lambda: [self.token(), self.seq]),
            "record": self.dice.choice((None, record)), "seals": self.some(self.token),
            "deliveries": plan, "lifts": self.some(self.token, 1),
        }  # fmt: skip

    def message(self):
        self.messages.append(self.seq)
        people = self.some(lambda: [self.token(), self.seq, self.token(), self.token()])
        keys = {"keys": {"people": people, "gates": [[self.token(), self.seq + 1]]}} if people else {}
        return {
            "hubId": self.uuid(), "from": "P01", "msgId": str(self.seq), "msgType": "t",
            "stage": self.dice.choice(("", "s")), "digest": "0011", "known": hexed(self.seq + 10**6),
            "nonce": hexed(self.seq), "nonceUntil": self.seq * 10 + 300, "size": 7,
            "files": [f"f{self.dice.randrange(FEW)}"] if self.dice.random() < 0.2 else [],
            "decision": self.decided(), **keys,
        }  # fmt: skip

    def decision(self):
        return {"message": self.dice.choice(self.messages), "decision": self.decided()}

    def attempt(self):
        return {"delivery": self.dice.choice(self.deliveries), "n": self.dice.randint(1, 3), "quiet": False}

    def outcome(self):
        state = self.dice.choice(("waiting", "delivered", "dead"))
        said = {"outcome": self.dice.choice(("unknown", "refused")), "state": state, "code": "c", "next": 5}
        return {**self.attempt(), **said, "blame": "", "foreign": ""}

    def requeue(self):
        return {"deliveries": [self.dice.choice(self.deliveries)]}

    def gate(self):
        return {"gates": [self.token()]}

    def nonce(self):
        return {"nonce": self.token(), "nonceUntil": self.seq * 10 + 50}

    def refused(self):
        return {"from": "P01", "sealed": False}

    def event(self):
        payload = {"system": "P01", "state": "online", "keys": [self.dice.randrange(1, self.seq + 1)]}
        return {"hubId": self.uuid(), "event": "privacy.erase", "payload": payload}


def test_an_index_of_before_runs_becomes_the_same_as_a_new_one():
    index, story = SqliteIndex(opened()), Story(5)
    for _ in range(300):
        index.apply(*story.next())
    index.fold.flush()
    new, old = index.rows.run("SELECT 1").connection, sqlite3.connect(":memory:", isolation_level=None)
    for step in schema.STEPS[:8]:
        old.executescript(step)
    old.execute("PRAGMA user_version = 8")
    for table in schema.TABLES:
        rows = [row[1:] if table == "person" else row for row in new.execute(f"SELECT * FROM {table}")]
        if rows:
            old.executemany(f"INSERT INTO {table} VALUES({','.join('?' * len(rows[0]))})", rows)
    first = new.execute("SELECT seq, seq, first_state, received, first_reason FROM message").fetchall()
    old.executemany("INSERT INTO state VALUES(?,?,?,?,?)", first)
    schema.migrate(old)
    assert differences(old, new) == []
    again = SqliteIndex(old)
    assert len(first) > 100
    assert [again.states(row[0]) for row in first] == [index.states(row[0]) for row in first]


def test_a_person_is_found_in_every_run():
    index = SqliteIndex(opened())
    assert index.persons.held(5) == []
    entries = [3, 2047, 2048, 9000, 9001, 10**6]
    for seq in reversed(entries):
        index.persons.note(seq, {"people": [[hexed(1), seq, hexed(5)], [hexed(2), seq + 1, hexed(6)]]})
    assert [(row.seq, row.place) for row in index.persons.held(5)] == [(seq, seq) for seq in entries]
    assert [row.place for row in index.persons.held(6)] == [seq + 1 for seq in entries]


def ask(index, question):
    """One question out of all kinds, as a value that can be compared."""
    dice = random.Random(question)
    key, seq = dice.randrange(1, FEW), dice.randrange(1, 400)
    asked = dice.choice(
        (
            lambda: index.known(seq + 10**6),
            lambda: index.message(seq),
            lambda: index.nonce_used(seq),
            lambda: index.record(key),
            lambda: index.natural(key),
            lambda: index.parent_owner(key),
            lambda: index.deadline(key),
            lambda: index.waiting_for(key),
            lambda: index.sealed(key),
            lambda: index.lifted(key),
            lambda: index.gates_of(seq),
            lambda: index.persons.places([key, key + 1, key + 2]),
            lambda: index.persons.held(key),
            lambda: index.delivery(seq * 64),
            lambda: index.deliveries(seq),
            lambda: index.due("A", 10**6, 9),
            lambda: index.states(seq),
            lambda: index.attempts(seq * 64),
            lambda: index.timers_due(10**6, 99),
            lambda: index.files_named(seq),
            lambda: index.examined(None, 0, 99),
        )
    )
    return asked()


@pytest.mark.parametrize("seed", range(12))
def test_gathering_changes_no_answer_and_no_row(seed):
    told = [Story(seed), Story(seed)]
    plain, late = (SqliteIndex(opened()) for _ in told)
    asking = random.Random(seed)
    for _ in range(300):
        entries = [story.next() for story in told]
        assert entries[0] == entries[1]
        woken = plain.apply(*entries[0])
        plain.rows.settle_all()
        assert late.apply(*entries[1]) == woken
        for _ in range(asking.randint(0, 2)):
            question = asking.random()
            assert ask(late, question) == ask(plain, question)
        if asking.random() < 0.05:
            plain.fold.flush(), late.fold.flush()
    plain.fold.flush(), late.fold.flush()
    connections = [index.rows.run("SELECT 1").connection for index in (plain, late)]
    assert differences(*connections) == []
    assert connections[0].execute("SELECT count(*) FROM delivery").fetchone()[0] > 50


def test_no_statement_touches_a_gathered_table_it_does_not_name(monkeypatch):
    """Settling goes by the names in a statement: SQLite itself is asked what each of them touches."""
    asked = set(gathered._WRITTEN.values())
    monkeypatch.setattr(gathered, "tables_of", lambda sql: asked.add(sql) or tables_of(sql))
    index, story = SqliteIndex(opened()), Story(1)
    for number in range(400):
        index.apply(*story.next())
        ask(index, number)
        if number % 50 == 0:
            index.fold.flush()
    assert len(asked) > 50
    fresh, touched = opened(), set()
    fresh.executescript(_JOURNAL)

    def authorise(action, table, *_):
        if action == READ or action in CHANGES:
            touched.add(table)
        return sqlite3.SQLITE_OK

    fresh.set_authorizer(authorise)
    for sql in asked:
        touched.clear()
        fresh.execute(f"EXPLAIN {sql}", values_for(sql))
        assert touched & set(gathered._TABLES) <= set(tables_of(sql)), sql


def values_for(sql):
    names = re.findall(r":(\w+)", sql)
    same = set(re.findall(r"\?\d", sql))
    return dict.fromkeys(names) if names else [None] * (len(same) or sql.count("?"))


def test_a_piece_that_is_undone_takes_its_rows_with_it_and_no_others(tmp_path):
    store, story = SqliteStore(tmp_path / FILE), Story(3)
    group = store.begin()
    rows = store.index.rows
    with group.piece():
        rows.adder("nonce")((1, 5))
    with pytest.raises(RuntimeError), group.piece():
        rows.adder("nonce")((2, 5))
        assert store.index.nonce_used(2)
        raise RuntimeError
    assert (store.index.nonce_used(1), store.index.nonce_used(2)) == (True, False)
    group.commit()
    assert store.connection.execute("SELECT h FROM nonce").fetchall() == [(1,)]
    assert store.begin_now() is not None
    rows.adder("nonce")((story.seq + 3, 5))
    store.connection.execute("ROLLBACK")
    store.index.fold.forget()
    assert not store.index.nonce_used(3)
    store.turn.give()
    store.close()


def test_a_second_row_of_a_key_that_must_be_single_is_refused():
    rows = Gathered(opened())
    rows.adder("known")((1, 1))
    rows.adder("known")((1, 2))
    with pytest.raises(sqlite3.IntegrityError):
        rows.settle_all()
