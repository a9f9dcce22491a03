"""What a receiver has taken and not finished is asked after, and not said a second time."""

from __future__ import annotations

import pytest
from core_kit import CENTRE, Bench, until
from following import Bureau, Following, folds_alike

from hub.delivery.transport import TransportError

PENDING = {"kind": "retry", "code": "receiver.pending"}
IN_HAND = {"kind": "unknown", "code": "receiver.in-hand"}


async def _sent(tmp_path, first, *states):
    """One record to D01, which does `first` with it and tells `states` when asked; its attempts' codes."""
    bench = Bench(tmp_path, breaker_failures=2, retry_schedule=(0.02,) * 8)
    bench.transport = Bureau(*states)
    bench.dialects = {name: Following() for name in bench.dialects}
    replies = iter([first])
    bench.transport.behave["D01"] = lambda said: next(replies, {"kind": "delivered"})
    hub = await bench.open("T01")
    answer = await bench.send(hub, "eng-project")
    row = lambda: next(  # noqa: E731
        one for one in hub.trace(CENTRE, answer.data["hubId"])["deliveries"] if one["receiver"] == "D01"
    )
    await until(lambda: bench.clock.on(0.1) or row()["state"] in ("delivered", "dead"))
    ended = row()
    assert not hub._parts.dispatcher.avoided(bench.clock().timestamp()), "it is at work, not in trouble"
    await hub.drain()
    assert folds_alike(tmp_path)
    return ended["state"], [one["code"] for one in ended["attempts"]], len(bench.transport.got["D01"])


async def test_what_was_taken_is_asked_after_until_it_is_done(tmp_path):
    done = {"kind": "delivered", "code": "ok"}
    state, codes, puts = await _sent(tmp_path, PENDING, PENDING, PENDING, done)
    assert (state, codes, puts) == (
        "delivered",
        ["receiver.pending", "receiver.pending", "receiver.pending", "ok"],
        1,
    )


async def test_what_was_taken_and_then_refused_ends_with_its_reason(tmp_path):
    state, codes, puts = await _sent(tmp_path, PENDING, {"kind": "refused", "code": "receiver.amount"})
    assert (state, codes, puts) == ("dead", ["receiver.pending", "receiver.amount"], 1)


async def test_what_turns_out_not_to_be_there_is_said_again(tmp_path):
    state, codes, puts = await _sent(tmp_path, PENDING, {"there": False})
    assert (state, codes, puts) == ("delivered", ["receiver.pending", "ok"], 2)


async def test_in_hand_has_its_own_name_and_nothing_is_sent_again(tmp_path):
    lost = TransportError("network.timeout", sent=True)
    state, codes, puts = await _sent(tmp_path, lost, IN_HAND, {"there": True})
    assert (state, codes, puts) == ("delivered", ["network.timeout", "receiver.in-hand", "ask.found"], 1)


@pytest.mark.parametrize(
    "unable",
    [
        {"kind": "retry", "code": "receiver.night-batch"},
        {"there": None},
        TransportError("network.refused", sent=False),
    ],
)
async def test_a_question_that_is_put_off_is_no_leave_to_send_again(tmp_path, unable):
    state, codes, puts = await _sent(tmp_path, PENDING, unable, {"there": True})
    assert (state, codes[-1], puts) == ("delivered", "ask.found", 1)
