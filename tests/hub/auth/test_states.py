"""Every state with every act: what the table does not have cannot happen."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hub.auth.binding import Binding, Owner
from hub.auth.book import TICKET, Entry
from hub.auth.refusing import WORDS
from hub.auth.states import OPEN, TABLE, Act, State
from hub.standard import load

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
# Written out a second time on purpose, from the words and not from the table.
MAY = {
    "created": {"scan": "scanned", "confirm": "confirmed", "refuse": "refused", "expire": "expired"},
    "scanned": {"confirm": "confirmed", "refuse": "refused", "expire": "expired"},
    "confirmed": {"use": "used", "refuse": "refused", "expire": "expired"},
    "refused": {}, "expired": {}, "used": {},
}  # fmt: skip


def entry(state: State) -> Entry:
    owner = Owner("T01", "s")
    bound = Binding("sandbox", owner, "login", "b", "", "00", "5a", NOW, NOW + timedelta(seconds=90))
    return Entry(TICKET, bound, 0.0, state=state)


def test_every_state_with_every_act():
    assert {*MAY} == {*map(str, State)}
    for state, act in itertools.product(State, Act):
        one, to = entry(state), MAY[state].get(act)
        one.proof = "kept"
        assert one.move(act, "why") is (to is not None), (state, act)
        assert one.state == (to or state) and one.reason == ("why" if to else "")
        assert (one.proof == "kept") is (to in OPEN or to is None)


def test_nothing_follows_what_is_over_and_used_comes_from_confirmed_alone():
    assert all(state in OPEN for state, _ in TABLE)
    assert [state for (state, act), to in TABLE.items() if to is State.USED] == [State.CONFIRMED]


def test_whatever_is_bound_changes_the_octets_and_what_a_provider_is_told_is_blind():
    whole = entry(State.CREATED).binding
    others = [
        Binding("production", whole.owner, "login", "b", "", "00", "5a", NOW, whole.expires),
        Binding("sandbox", Owner("T02", "s"), "login", "b", "", "00", "5a", NOW, whole.expires),
        Binding("sandbox", Owner("T01", "t"), "login", "b", "", "00", "5a", NOW, whole.expires),
        Binding("sandbox", whole.owner, "sign", "b", "", "00", "5a", NOW, whole.expires),
        Binding("sandbox", whole.owner, "login", "c", "", "00", "5a", NOW, whole.expires),
        Binding("sandbox", whole.owner, "login", "b", "sm3:00", "00", "5a", NOW, whole.expires),
        Binding("sandbox", whole.owner, "login", "b", "", "01", "5a", NOW, whole.expires),
        Binding(
            "sandbox", whole.owner, "login", "b", "", "00", "5a", NOW + timedelta(seconds=1), whole.expires
        ),
        Binding("sandbox", whole.owner, "login", "b", "", "00", "5a", NOW, NOW + timedelta(seconds=91)),
    ]
    assert len({one.octets for one in (whole, *others)}) == 10
    assert len({one.imprint for one in (whole, *others)}) == 10
    again = Binding("sandbox", whole.owner, "login", "b", "", "01", "5a", NOW, whole.expires)
    other = Binding("sandbox", whole.owner, "login", "b", "", "00", "5b", NOW, whole.expires)
    assert whole.session != again.session and whole.blind != other.blind
    assert b'"business":"b"' not in whole.octets and b"5a" not in whole.octets.partition(b"nonce")[0]


def test_every_refusal_stands_in_the_table_of_codes_in_chinese_and_english():
    codes = load().exchange.codes
    for code, (status, what, expected, advice) in WORDS.items():
        assert what and expected and advice and codes[code].zh and codes[code].en, code
        # A callback hears of unknown and expired tickets by other statuses: there the standard's row stands.
        assert code in {"ticket.unknown", "ticket.expired"} or int(codes[code].status) == status, code
