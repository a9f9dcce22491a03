"""A signed request counts once; what changes something counts once for good, restart or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.dialects import Found
from hub.errors import OverloadError
from hub.server import callers
from hub.server.run import start


async def restart(world: Any) -> None:
    await world.running.stop()
    settings = world.running.ctx.settings
    world.running = await start(settings, clock=world.clock, found=Found({}, {}))


async def test_a_captured_command_without_body_is_refused_after_a_restart_too(world: Any) -> None:
    login = world.proof("centre", "POST", "/v1/console/tickets")
    assert (await world.asked("centre", "POST", "/v1/console/tickets", headers=login))[0] == 200
    command = world.proof("centre", "POST", "/v1/outbox/retry")
    status, body = await world.asked("centre", "POST", "/v1/outbox/retry", headers=command)
    assert (status, body["code"]) != (401, "auth.nonce-reused"), body
    for _ in range(2):
        for path, captured in (("/v1/console/tickets", login), ("/v1/outbox/retry", command)):
            status, body = await world.asked("centre", "POST", path, headers=captured)
            assert (status, body["code"]) == (401, "auth.nonce-reused"), body
        await restart(world)
    await world.running.stop()


async def test_the_same_command_signed_anew_goes_through_after_a_restart(world: Any) -> None:
    assert (await world.asked("centre", "POST", "/v1/console/tickets"))[0] == 200
    await restart(world)
    assert (await world.asked("centre", "POST", "/v1/console/tickets"))[0] == 200
    await world.running.stop()


async def test_a_question_is_answered_once_and_writes_nothing(world: Any) -> None:
    before = nonces(world)
    asking = world.proof("P01", "GET", "/v1/messages/unknown")
    assert (await world.asked("P01", "GET", "/v1/messages/unknown", headers=asking))[0] == 404
    status, body = await world.asked("P01", "GET", "/v1/messages/unknown", headers=asking)
    assert (status, body["code"]) == (401, "auth.nonce-reused")
    assert nonces(world) == before
    await world.asked("centre", "POST", "/v1/console/tickets")
    assert nonces(world) == before + 1


def nonces(world: Any) -> int:
    """How many entries of the journal say that a nonce is used."""
    journal = world.running.ctx.hub._parts.reading.journal
    return sum(entry.facts["kind"] == "nonce" for entry in journal.heads(0, 1000))


def test_one_key_uses_up_no_others_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "_EACH", 3)
    now, window = datetime(2026, 6, 1, tzinfo=UTC), timedelta(minutes=5)
    used = callers.Nonces(window)
    assert [used.fresh("loud", nonce, now) for nonce in "aabc"] == [True, False, True, True]
    with pytest.raises(OverloadError):
        used.fresh("loud", "d", now)
    assert used.fresh("quiet", "a", now) and not used.fresh("loud", "c", now + window)
    later = now + 2 * window + timedelta(seconds=1)
    assert [used.fresh(key, "a", later) for key in ("loud", "quiet", "quiet")] == [True, True, False]
    monkeypatch.setattr(callers, "_REMEMBERED", 2)
    with pytest.raises(OverloadError):
        used.fresh("third", "a", later)
