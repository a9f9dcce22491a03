"""What is due is found without walking past those who wait in line; no hot question reads a whole table."""

import random
import re
import sqlite3

import pytest

from hub.index import schema
from hub.index.questions import SqliteIndex

LONG, SHORT = 20_000, 50
STATES = ("waiting", "sealed", "delivered", "dead")
GROWING = {
    "message",
    "known",
    "nonce",
    "record",
    "parent",
    "state",
    "delivery",
    "attempt",
    "entry",
    "node",
    "seal",
    "person",
    "timer",
}


def opened():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(connection)
    return connection


def deliver(connection, number, receiver="B01", order=0, state="waiting"):
    connection.execute(
        "INSERT INTO delivery(id, seq, receiver, message, order_key, state, next_at, attempts, base, unsure,"
        " reason, key) VALUES(?,?,?,'chain.put',?,?,?,0,0,0,'','k')",
        (number, number, receiver, order, state, number),
    )


def line(length):
    connection = opened()
    connection.execute("BEGIN")
    for number in range(1, length + 1):
        deliver(connection, number)
    connection.execute("COMMIT")
    return connection


def steps(connection, question):
    """How many instructions of SQLite's machine a question takes, in hundreds."""
    taken = [0]

    def count():
        taken[0] += 1

    connection.set_progress_handler(count, 100)
    found = question()
    connection.set_progress_handler(None, 0)
    return found, taken[0]


@pytest.mark.parametrize(
    "ask",
    [
        lambda index: [row.id for row in index.due("B01", 10**9, 8)],
        lambda index: [row.id for row in index.due("B01", 10**9, 8, urgent=True)],
        lambda index: index.next_due("B01"),
        lambda index: index.receivers(),
        lambda index: index.overdue("B01", 0, 50),
    ],
)
def test_a_long_line_costs_what_a_short_one_does(ask):
    answers = [steps(made, lambda made=made: ask(SqliteIndex(made))) for made in (line(SHORT), line(LONG))]
    assert answers[0][0] == answers[1][0]
    assert answers[1][1] <= answers[0][1] + 2


def test_who_is_first_in_each_line_is_due_whatever_happened():
    dice, connection = random.Random(20261122), opened()
    for number in range(1, 400):
        deliver(connection, number, dice.choice("AB"), dice.randrange(3), dice.choice(STATES[:2]))
        for _ in range(2):
            connection.execute(
                "UPDATE delivery SET state = ? WHERE id = ?", (dice.choice(STATES), dice.randint(1, number))
            )
        assert firsts(connection) == due(connection), number


def test_a_file_of_before_is_put_in_line():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    before = next(n for n, step in enumerate(schema.STEPS) if "behind" in step)
    for step in schema.STEPS[:before]:
        connection.executescript(step)
    connection.execute(f"PRAGMA user_version = {before}")
    dice = random.Random(3)
    for number in range(1, 300):
        deliver(connection, number, dice.choice("AB"), dice.randrange(20), dice.choice(STATES))
    schema.migrate(connection)
    assert firsts(connection) == due(connection)


def firsts(connection):
    """Of everybody who waits, the first of each order key."""
    rows = connection.execute(
        "SELECT min(id) FROM delivery WHERE state = 'waiting' GROUP BY receiver, order_key ORDER BY 1"
    )
    return [row[0] for row in rows]


def due(connection):
    index = SqliteIndex(connection)
    return sorted(row.id for receiver in "AB" for row in index.due(receiver, 10**9, 1000))


def test_hot_questions_go_by_an_index():
    connection = line(SHORT)
    index, asked = SqliteIndex(connection), []
    connection.set_trace_callback(asked.append)
    index.known(1), index.message(1), index.by_hub_id("0" * 32), index.states(1), index.answer(1)
    index.nonce_used(1), index.record(1), index.natural(1), index.parent_owner(1), index.waiting_for(1)
    index.lifted(1), index.sealed(1), index.deadline(1), index.timers_due(1, 9), index.delivery(1)
    index.deliveries(1), index.attempts(1), index.receivers(), index.due("B01", 9, 9), index.next_due("B01")
    index.due("B01", 9, 9, urgent=True), index.expired(9, 9), index.overdue("B01", 9, 9), index.tree()
    index.news_after(), index.latest_open(9), index.persons.held(1), index.persons.places([1])
    connection.set_trace_callback(None)
    assert len(asked) >= 28
    plans = {sql: connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in asked}
    whole = [
        (sql, row[3])
        for sql, plan in plans.items()
        for row in plan
        if (scan := re.match(r"SCAN (\w+)$", row[3])) and scan[1] in GROWING and "LIMIT" not in sql
    ]
    assert whole == []
    assert not [sql for sql in asked if "next_at" in sql and "TEMP B-TREE" in str(plans[sql])]
