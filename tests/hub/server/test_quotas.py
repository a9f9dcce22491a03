"""What a member may send is counted after it is proved, survives a restart, and nobody else learns of it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import SettingsError
from hub.index.days import DAY, day_of, ends
from hub.membership import Allowance, Memberships, read_members
from hub.message import sign
from hub.pipeline.shares import QUOTA, RATE, Account, Shares
from hub.ports import Answer
from hub.server.run import start

NOW = 20_000 * DAY + 3 * 3_600_000_000


def shares(used: tuple[int, int] = (0, 0), **limits: Any) -> Shares:
    return Shares(lambda member: Allowance(**limits), lambda member, day: used)


def entered(made: Any) -> bool:
    return not isinstance(made, Answer)


def test_without_an_agreement_nothing_is_counted() -> None:
    free = shares()
    assert all(free.enter("T01", 10**9, NOW) is None for _ in range(1000))


@given(st.lists(st.integers(0, 3_000_000), max_size=60), st.integers(1, 5), st.integers(1, 8))
def test_never_more_than_burst_and_rate_allow(gaps: list[int], rate: int, burst: int) -> None:
    mine, now, passed, times = shares(per_second=float(rate), burst=burst), NOW, 0, []
    for gap in gaps:
        now += gap
        if entered(mine.enter("T01", 1, now)):
            passed += 1
            times.append(now)
    for first in range(len(times)):
        for last in range(first, len(times)):
            most = burst + rate * (times[last] - times[first]) / 1e6
            assert last - first + 1 <= most + 1e-6
    if gaps:
        assert passed >= 1


def test_the_wait_that_is_told_is_the_one_that_helps() -> None:
    mine = shares(per_second=0.5, burst=1)
    assert entered(mine.enter("T01", 1, NOW))
    refused = mine.enter("T01", 1, NOW)
    assert isinstance(refused, Answer) and (refused.status, refused.code, refused.retry_after) == (
        429,
        RATE,
        2,
    )
    assert entered(mine.enter("T01", 1, NOW + 2_000_000)) and entered(mine.enter("T02", 1, NOW))


def test_a_clock_that_jumps_gives_nothing_away() -> None:
    mine = shares(per_second=1.0, burst=2)
    assert [entered(mine.enter("T01", 1, NOW)) for _ in range(3)] == [True, True, False]
    assert not entered(mine.enter("T01", 1, NOW - 3_600_000_000))
    again = [entered(mine.enter("T01", 1, NOW + 3_600_000_000)) for _ in range(3)]
    assert again == [True, True, False]


def test_so_many_at_once() -> None:
    mine = shares(concurrent=2)
    places = [mine.enter("T01", 1, NOW) for _ in range(2)]
    refused = mine.enter("T01", 1, NOW)
    assert isinstance(refused, Answer) and refused.code == RATE and "2" in refused.findings[0].expected
    assert isinstance(places[0], Account)
    mine.leave(places[0], 1, NOW, kept=True)
    assert entered(mine.enter("T01", 1, NOW))


def test_a_day_counts_what_was_kept_from_before_the_start_until_midnight_here() -> None:
    mine = shares((3, 900), messages_per_day=5, bytes_per_day=1_200)
    first = mine.enter("T01", 100, NOW)
    assert isinstance(first, Account)
    mine.leave(first, 100, NOW, kept=False)  # a repetition or a refusal uses up nothing
    assert entered(mine.enter("T01", 100, NOW))
    large = mine.enter("T01", 300, NOW)
    assert isinstance(large, Answer) and (large.code, large.findings[0].expected) == (
        QUOTA,
        "<= 1200 字节/日",
    )
    assert entered(mine.enter("T01", 100, NOW))
    over = mine.enter("T01", 1, NOW)
    assert isinstance(over, Answer) and over.retry_after == 13 * 3600, "11:00 here, until midnight"
    assert not entered(mine.enter("T01", 1, ends(day_of(NOW)) - 1))
    fresh = shares((0, 0), messages_per_day=5)
    assert entered(fresh.enter("T01", 1, ends(day_of(NOW))))


def limit(world: Any, text: str) -> None:
    (world.data / "members.toml").write_text(text, "utf-8")


async def test_one_members_quota_is_told_to_it_and_leaves_the_others_alone(make_world: Any) -> None:
    world = await make_world()
    world.clock.stands = world.clock()  # no midnight comes in between
    limit(world, "[members.P01]\nmessages_per_day = 2\n")
    sent = [world.signed("P01") for _ in range(3)]
    assert [(await world.post(one))[0] for one in sent[:2]] == [202, 202]
    status, told, headers = await world.post(sent[2])
    assert (status, told["code"], told["findings"][0]["expected"]) == (429, "hub.quota", "<= 2 条/日")
    assert 0 < int(headers["Retry-After"]) <= 86_400
    assert (await world.post(sent[0]))[0] == 200, "what is known gets its receipt, whatever the day has seen"
    assert (await world.post(world.signed("D01")))[0] == 202
    limit(world, "[members.P01]\nmessages_per_day = 3\n")
    await asyncio.sleep(0.1)
    assert (await world.post(sent[2]))[0] == 202, "agreed anew, without a restart"


async def test_the_day_is_remembered_over_a_restart_and_refusals_do_not_count(make_world: Any) -> None:
    world = await make_world()
    world.clock.stands = world.clock()
    limit(world, "[defaults]\nmessages_per_day = 2\n")
    bad = world.envelope("P01")
    bad["body"]["fields"] = {}
    assert (await world.post(sign(bad, world.keys["P01"])))[0] == 422
    assert (await world.post(world.signed("P01")))[0] == 202
    await world.running.stop()
    world.running = await start(world.running.ctx.settings, clock=world.clock)
    try:
        assert [(await world.post(world.signed("P01")))[0] for _ in range(2)] == [202, 429]
        world.clock.ahead = timedelta(days=1)
        assert (await world.post(world.signed("P01")))[0] == 202, "tomorrow"
    finally:
        await world.running.stop()


async def test_who_is_not_proved_uses_up_nothing_of_whom_it_names(make_world: Any) -> None:
    world = await make_world()
    limit(world, "[members.P01]\nper_second = 0.001\nburst = 2\nmessages_per_day = 2\n")
    for _ in range(5):
        assert (await world.post(world.signed("P01", key=world.keys["D01"])))[0] == 401
    assert [(await world.post(world.signed("P01")))[0] for _ in range(3)] == [202, 202, 429]


async def test_a_batch_and_signed_questions_count_too(make_world: Any) -> None:
    world = await make_world()
    limit(world, "[members.P01]\nper_second = 0.001\nburst = 3\n")
    raw = json.dumps({"messages": [world.signed("P01") for _ in range(4)]}, ensure_ascii=False).encode()
    url, media = world.url + "/v1/messages:batch", {"Content-Type": "application/json"}
    async with world.http.post(url, data=raw, headers=media) as reply:
        results = (await reply.json())["results"]
    assert sorted(one["status"] for one in results) == [202, 202, 202, 429]
    status, told = await world.asked("P01", "GET", "/v1/messages/0")
    assert (status, told["code"]) == (429, "hub.rate")
    assert (await world.asked("D01", "GET", "/v1/messages/0"))[0] == 404


async def test_nothing_public_tells_how_much_a_member_sent(make_world: Any) -> None:
    world = await make_world()
    limit(world, "[members.P01]\nmessages_per_day = 1\n")
    pages = ("/v1/status", "/metrics", "/")
    await world.post(world.signed("P01"))
    for _ in range(3):
        assert (await world.post(world.signed("P01")))[0] == 429
    told = "".join([(await world.get(page))[1] for page in pages])
    assert "~use" not in told and "hub.quota" not in told and "quota" not in told
    assert world.running.ctx.edge.refused == {}


def test_a_file_that_is_wrong_is_refused_whole_and_the_old_one_stays(tmp_path: Any, caplog: Any) -> None:
    ticks = iter(range(100))
    file = tmp_path / "members.toml"
    table = Memberships(file, ticks=lambda: float(next(ticks)))
    assert table.allowance("T01") == Allowance()
    file.write_text("[defaults]\nconcurrent = 4\n[members.T01]\nburst = 9\n")
    assert table.allowance("T01") == Allowance(burst=9, concurrent=4)
    assert table.allowance("T02") == Allowance(concurrent=4)
    file.write_text("[members.T01]\nbrust = 10\n")
    assert table.allowance("T01").burst == 9 and "brust" in table.error
    assert "members kept" in caplog.text
    file.unlink()
    assert table.allowance("T01") == Allowance(), "no file, no agreement"


@pytest.mark.parametrize(
    "text",
    [
        "x = 1", "[members.T01]\nburst = -1", "[members.T01]\nburst = 1.5", "[defaults]\nconcurrent = true",
        "[defaults]\ncertificates = []", '[members.T01]\ncertificates = "x"', "[members]\nT01 = 1",
        '[members.T01]\ncertificates = ["sha1:00"]', "[members.T01", "[defaults]\nper_second = nan",
        "[defaults]\nper_second = inf",
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_place(tmp_path: Any, text: str) -> None:
    (tmp_path / "members.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"members\.toml"):
        read_members(tmp_path / "members.toml")
