"""Tables of the embedded index, in numbered steps; a file written by a newer hub is not opened."""

from __future__ import annotations

import sqlite3

from hub.errors import SettingsError

VERSION = 15
TABLES = (
    "message", "known", "nonce", "record", "parent", "waiting", "gate", "seal", "timer", "deadline",
    "state", "answer", "lifted", "refused", "delivery", "attempt", "member", "event", "tree", "counter",
    "file", "file_ref", "file_open", "pulse", "stamp", "log_key", "answered", "watermark",
    "key_place", "person", "erased", "asked", "heard", "bid", "bid_opening", "bid_share", "bid_result",
    "signup", "bid_erased", "file_erased",
)  # fmt: skip

STEPS = (
    """
    CREATE TABLE message(seq INTEGER PRIMARY KEY, hub_id BLOB NOT NULL, sender TEXT NOT NULL,
        msg_id TEXT NOT NULL, msg_type TEXT NOT NULL, stage TEXT NOT NULL, received INTEGER NOT NULL,
        digest BLOB NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, first_state TEXT NOT NULL,
        first_reason TEXT NOT NULL, hidden INTEGER NOT NULL);
    CREATE INDEX message_hub_id ON message(hub_id);
    CREATE TABLE known(h INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
    CREATE TABLE nonce(h INTEGER PRIMARY KEY, until INTEGER NOT NULL);
    CREATE INDEX nonce_until ON nonce(until);
    CREATE TABLE record(h INTEGER PRIMARY KEY, natural INTEGER, version INTEGER NOT NULL,
        digest BLOB NOT NULL, live INTEGER NOT NULL);
    CREATE INDEX record_natural ON record(natural) WHERE live;
    CREATE TABLE parent(h INTEGER PRIMARY KEY, owner TEXT NOT NULL);
    CREATE TABLE waiting(h INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(h, seq)) WITHOUT ROWID;
    CREATE TABLE gate(h INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE TABLE seal(gate INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(gate, seq)) WITHOUT ROWID;
    CREATE INDEX seal_seq ON seal(seq);
    CREATE TABLE timer(at INTEGER NOT NULL, gate INTEGER NOT NULL, PRIMARY KEY(at, gate)) WITHOUT ROWID;
    CREATE TABLE deadline(scope INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE TABLE state(seq INTEGER NOT NULL, entry INTEGER NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
        reason TEXT NOT NULL, PRIMARY KEY(seq, entry, state)) WITHOUT ROWID;
    CREATE TABLE answer(seq INTEGER PRIMARY KEY, entry INTEGER NOT NULL);
    CREATE TABLE delivery(id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, receiver TEXT NOT NULL,
        message TEXT NOT NULL, order_key INTEGER NOT NULL, state TEXT NOT NULL, next_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL, base INTEGER NOT NULL, unsure INTEGER NOT NULL, reason TEXT NOT NULL,
        key TEXT NOT NULL);
    CREATE INDEX delivery_seq ON delivery(seq);
    CREATE INDEX delivery_due ON delivery(receiver, next_at) WHERE state = 'waiting';
    CREATE INDEX delivery_order ON delivery(receiver, order_key, id) WHERE state = 'waiting';
    CREATE INDEX delivery_open ON delivery(state, id) WHERE state != 'delivered';
    CREATE TABLE attempt(delivery INTEGER NOT NULL, n INTEGER NOT NULL, started INTEGER NOT NULL,
        entry INTEGER NOT NULL, ended INTEGER NOT NULL, outcome INTEGER NOT NULL, kind TEXT NOT NULL,
        code TEXT NOT NULL, blame TEXT NOT NULL, abroad TEXT NOT NULL,
        PRIMARY KEY(delivery, n)) WITHOUT ROWID;
    CREATE TABLE member(system TEXT PRIMARY KEY, state TEXT NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE event(hub_id BLOB PRIMARY KEY, entry INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE tree(size INTEGER PRIMARY KEY, entry INTEGER NOT NULL, facts TEXT NOT NULL);
    CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE lifted(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE TABLE refused(seq INTEGER PRIMARY KEY, sender TEXT NOT NULL, sealed INTEGER NOT NULL);
    """,
    """
    CREATE TABLE file(seq INTEGER PRIMARY KEY, hub_id BLOB NOT NULL, owner TEXT NOT NULL,
        digest TEXT NOT NULL, size INTEGER NOT NULL, at INTEGER NOT NULL);
    CREATE UNIQUE INDEX file_digest ON file(digest, owner);
    CREATE INDEX file_hub_id ON file(hub_id);
    CREATE INDEX file_owner ON file(owner, at);
    CREATE TABLE file_ref(seq INTEGER NOT NULL, place INTEGER NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY(seq, place)) WITHOUT ROWID;
    CREATE TABLE file_open(digest TEXT NOT NULL, receiver TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(digest, receiver, seq)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE pulse(size INTEGER PRIMARY KEY, at INTEGER NOT NULL);
    CREATE TABLE stamp(size INTEGER PRIMARY KEY, entry INTEGER NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE log_key(entry INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL);
    """,
    """
    ALTER TABLE delivery ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE delivery ADD COLUMN expires INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX delivery_urgent ON delivery(receiver, next_at) WHERE state = 'waiting' AND urgent = 1;
    CREATE INDEX delivery_expires ON delivery(expires) WHERE state = 'waiting' AND expires > 0;
    """,
    """
    CREATE TABLE key_place(h INTEGER PRIMARY KEY, place INTEGER NOT NULL);
    CREATE TABLE person(h INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL,
        PRIMARY KEY(h, seq, place)) WITHOUT ROWID;
    CREATE TABLE erased(place INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry INTEGER NOT NULL);
    """,
    """
    -- `behind`: an earlier delivery of the same order key still waits at the same receiver. Kept by the
    -- tables themselves, so that what is due can be asked without passing by all who wait in line.
    ALTER TABLE delivery ADD COLUMN behind INTEGER NOT NULL DEFAULT 0;
    UPDATE delivery SET behind = 1 WHERE state = 'waiting' AND EXISTS (SELECT 1 FROM delivery AS e
        WHERE e.receiver = delivery.receiver AND e.order_key = delivery.order_key AND e.state = 'waiting'
        AND e.id < delivery.id);
    CREATE TRIGGER delivery_comes AFTER INSERT ON delivery WHEN NEW.state = 'waiting' BEGIN
        UPDATE delivery SET behind = 1 WHERE id = NEW.id AND EXISTS (SELECT 1 FROM delivery AS e
            WHERE e.receiver = NEW.receiver AND e.order_key = NEW.order_key AND e.state = 'waiting'
            AND e.id < NEW.id);
    END;
    CREATE TRIGGER delivery_leaves AFTER UPDATE OF state ON delivery
        WHEN OLD.state = 'waiting' AND NEW.state != 'waiting' BEGIN
        UPDATE delivery SET behind = 0 WHERE behind = 1 AND id IN (NEW.id, (SELECT min(id) FROM delivery
            WHERE receiver = NEW.receiver AND order_key = NEW.order_key AND state = 'waiting'));
    END;
    CREATE TRIGGER delivery_returns AFTER UPDATE OF state ON delivery
        WHEN OLD.state != 'waiting' AND NEW.state = 'waiting' BEGIN
        UPDATE delivery SET behind = EXISTS (SELECT 1 FROM delivery AS e WHERE e.receiver = NEW.receiver
            AND e.order_key = NEW.order_key AND e.state = 'waiting' AND e.id < NEW.id) WHERE id = NEW.id;
        UPDATE delivery SET behind = 1 WHERE id = (SELECT min(id) FROM delivery
            WHERE receiver = NEW.receiver AND order_key = NEW.order_key AND state = 'waiting'
            AND id > NEW.id);
    END;
    DROP INDEX delivery_due;
    DROP INDEX delivery_urgent;
    CREATE INDEX delivery_due ON delivery(receiver, next_at) WHERE state = 'waiting' AND behind = 0;
    CREATE INDEX delivery_urgent ON delivery(receiver, next_at)
        WHERE state = 'waiting' AND behind = 0 AND urgent = 1;
    """,
    """
    CREATE TABLE answered(entry INTEGER PRIMARY KEY, seq INTEGER NOT NULL, story TEXT NOT NULL);
    CREATE INDEX answered_seq ON answered(seq);
    CREATE TABLE watermark(system TEXT NOT NULL, source TEXT NOT NULL, entry INTEGER NOT NULL,
        PRIMARY KEY(system, source)) WITHOUT ROWID;
    """,
    """
    -- Who is in an entry, by runs of 2048 entries: what is new falls on a few pages that are at hand, instead
    -- of on any page there is (six rows a message; `hub.index.persons` asks run by run, and seldom).
    CREATE TABLE person_by_run(run INTEGER NOT NULL, h INTEGER NOT NULL, seq INTEGER NOT NULL,
        place INTEGER NOT NULL, PRIMARY KEY(run, h, seq, place)) WITHOUT ROWID;
    INSERT INTO person_by_run SELECT seq >> 11, h, seq, place FROM person ORDER BY 1, 2, 3, 4;
    DROP TABLE person;
    ALTER TABLE person_by_run RENAME TO person;
    -- The first state of a message stands in its own row.
    DELETE FROM state WHERE entry = seq;
    CREATE INDEX timer_gate ON timer(gate);
    """,
    """
    -- Questions that a provider may call back, by provider and key, until their end (0: none is known); and
    -- what was heard, by asker and key. Only tokens: no ticket and no number stands here.
    CREATE TABLE asked(h INTEGER PRIMARY KEY, question INTEGER NOT NULL, until INTEGER NOT NULL);
    CREATE INDEX asked_question ON asked(question);
    CREATE TABLE heard(h INTEGER PRIMARY KEY, question INTEGER NOT NULL, entry INTEGER NOT NULL,
        rank INTEGER NOT NULL);
    CREATE INDEX heard_entry ON heard(entry);
    """,
    """
    -- Bids by token of section, sender and bidder. `until`: the deadline their receipts speak of.
    CREATE TABLE bid(entry INTEGER PRIMARY KEY, h INTEGER NOT NULL, section INTEGER NOT NULL,
        receipt TEXT NOT NULL, sender TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL,
        at INTEGER NOT NULL, until INTEGER NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL);
    CREATE INDEX bid_h ON bid(h);
    CREATE INDEX bid_section ON bid(section, entry);
    CREATE UNIQUE INDEX bid_receipt ON bid(receipt);
    CREATE TABLE bid_opening(section INTEGER PRIMARY KEY, entry INTEGER NOT NULL, at INTEGER NOT NULL,
        by TEXT NOT NULL);
    CREATE TABLE bid_share(bid INTEGER PRIMARY KEY, entry INTEGER NOT NULL);
    CREATE INDEX bid_share_entry ON bid_share(entry);
    CREATE TABLE bid_result(bid INTEGER PRIMARY KEY, entry INTEGER NOT NULL, result TEXT NOT NULL);
    CREATE INDEX bid_result_entry ON bid_result(entry);
    """,
    """
    -- Who bids, by token of section and bidder alone: one who delivers through two systems is one.
    ALTER TABLE bid ADD COLUMN party INTEGER NOT NULL DEFAULT 0;
    """,
    """
    -- Who signed up, by token of section and body, and by token of section and the system that said so: no
    -- section and no body can be told from a row. `sure` is 0 where the answer left it open.
    CREATE TABLE signup(body INTEGER NOT NULL, by INTEGER NOT NULL, sure INTEGER NOT NULL,
        PRIMARY KEY(body, by)) WITHOUT ROWID;
    CREATE INDEX signup_by ON signup(by) WHERE sure = 1;
    """,
    """
    -- `main`: the bid that a supplement belongs to, 0 for a bid itself; and what one bidder has delivered.
    ALTER TABLE bid ADD COLUMN main INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX bid_main ON bid(main) WHERE main != 0;
    CREATE INDEX bid_party ON bid(party);
    """,
    """
    -- Bids of persons who were erased, and files that went with them: what a crash left is erased later.
    CREATE TABLE bid_erased(entry INTEGER PRIMARY KEY);
    CREATE TABLE file_erased(digest TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file to the newest step: a new one in one transaction (each costs a flush of the disk), one
    with data in one per step, so that a long one that was cut off does not undo those before it."""
    have = connection.execute("PRAGMA user_version").fetchone()[0]
    if have > VERSION:
        raise SettingsError(f"数据由更新的版本写成 / data of a newer version ({have} > {VERSION})")
    if not have:
        _take(connection, "".join(STEPS), VERSION)
        return
    for number, step in enumerate(STEPS[have:], have + 1):
        _take(connection, step, number)


def _take(connection: sqlite3.Connection, steps: str, number: int) -> None:
    """All of it or nothing."""
    connection.executescript(f"BEGIN IMMEDIATE;{steps};PRAGMA user_version = {number};COMMIT;")
