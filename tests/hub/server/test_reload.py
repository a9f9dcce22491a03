"""Read again while running: whole or not at all, named when wrong, written down, nobody dropped."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.catalogue.load import DATA
from hub.settings import load

ROUTE = "/v1/admin/reload"


def _settings(world: Any, **changed: Any) -> None:
    """What the next reload reads, as if hub.toml said so."""
    now = world.running.ctx.hub.live.settings
    world.running.reloader.again = lambda: replace(now, **changed)


def _overlay(data: Path, name: str, *rows: dict[str, str]) -> None:
    folder = data / "catalogue"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def _shipped(name: str, **wanted: str) -> dict[str, str]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        return next(
            row for row in csv.DictReader(handle) if all(row[key] == value for key, value in wanted.items())
        )


def _events(world: Any) -> list[dict[str, Any]]:
    journal = world.running.ctx.hub._parts.reading.journal
    facts = [entry.facts for entry in journal.heads(0, 10_000)]
    return [one["payload"] for one in facts if one.get("event") == "operation.reload"]


async def test_limits_routes_and_systems_change_together(world):
    old = world.running.ctx
    _settings(world, max_body=900, queue_limit=7, member_rate=3.0)
    route = _shipped("subscriptions.csv", stage="eng-project", receiver="D09")
    system = {**_shipped("systems.csv", id="D09"), "seq": "", "id": "Z01", "zh": "新系统"}
    _overlay(world.data, "systems.csv", system)
    _overlay(world.data, "subscriptions.csv", {**route, "receiver": "Z01"})
    status, said = await world.asked("centre", "POST", ROUTE)
    assert status == 200 and said["outcome"] == "taken" and said["number"] == 2
    assert said["changed"] == [
        "settings.queue_limit",
        "settings.max_body",
        "settings.member_rate",
        "systems.Z01",
        "subscriptions.eng-project.Z01",
    ]
    hub = world.running.ctx.hub
    assert hub._parts.writer.limit == 7 and "Z01" in world.running.ctx.systems
    legs = hub.live.acceptance.legs("eng-project", "T01", "620000", False)
    assert "Z01" in {leg.receiver for leg in legs}
    assert "Z01" not in old.systems and old.settings.max_body != 900, "what was begun ends as it began"
    assert (await world.post(world.signed()))[0] == 413
    listed = json.loads((await world.get("/v1/systems"))[1])
    assert {row["id"]: row["state"] for row in listed["systems"]}["Z01"] == "none", "listed is not admitted"
    (event,) = _events(world)
    assert event["by"] == "centre" and event["outcome"] == "taken" and event["changed"] == said["changed"]
    assert set(event["digests"]) == {"settings", "catalogue", "peers", "keys"}
    assert hub.live.number == 2


async def test_the_same_again_is_said_to_be_so(world):
    status, said = await world.asked("centre", "POST", ROUTE)
    assert (status, said["outcome"], said["changed"]) == (200, "unchanged", [])
    assert [event["outcome"] for event in _events(world)] == ["unchanged"]


def _unwatched(world: Any) -> None:
    """Only who is asked to reads the files again; otherwise the hub may be first, or do it once more."""
    world.running._watch.cancel()


async def test_a_broken_file_keeps_everything_and_is_named_everywhere(world, caplog):
    _unwatched(world)
    caplog.set_level(logging.ERROR)
    (world.data / "peers.toml").write_text('[systems.D09]\nbase = "http://127.0.0.1:1"\nbse = "x"\n', "utf-8")
    _overlay(
        world.data, "systems.csv", {**_shipped("systems.csv", id="D09"), "seq": "", "dialect": "no-such"}
    )
    _settings(world, max_body=900)
    before = world.running.ctx.hub.live
    status, said = await world.asked("centre", "POST", ROUTE)
    assert status == 422 and said["code"] == "reload.refused"
    places = {finding["at"]: finding for finding in said["findings"]}
    assert f"{world.data / 'catalogue' / 'systems.csv'}:2" in places
    peers = places[f"{world.data / 'peers.toml'}:1"]
    assert "bse" in peers["observed"] and "allow_from" in peers["expected"] and peers["advice"]
    assert all(place in caplog.text for place in places)
    assert world.running.ctx.hub.live is before and before.settings.max_body != 900
    ready, body = await world.get("/readyz")
    assert ready == 200 and "systems.csv" not in body, (
        "a broken file is no reason to take a hub out of service"
    )
    status, last = await world.asked("centre", "GET", ROUTE)
    assert status == 200 and last["outcome"] == "refused" and last["findings"] == said["findings"]
    assert _events(world)[-1]["outcome"] == "refused"
    assert (await world.post(world.signed()))[0] == 202


async def test_settings_files_are_read_as_at_the_start_and_mistakes_have_a_line(world):
    path = world.data / "hub.toml"
    world.running.reloader.again = lambda: load(path, env={}, flags={"data": world.data, "port": 0}).settings
    for text, line, word in (
        ("max_body = 5\nmax_batch = \n", 2, "line 2"),
        ("# x\nqueue_limt = 5\n", 2, "queue_limit"),
        ("\n\nmax_body = -1\n", 3, "max_body"),
    ):
        path.write_text(text, "utf-8")
        status, said = await world.asked("centre", "POST", ROUTE)
        (finding,) = said["findings"]
        assert status == 422 and finding["at"] == f"{path}:{line}" and word in finding["observed"], finding


@pytest.mark.parametrize(
    ("name", "value"),
    [("data", Path("/elsewhere")), ("realm", "production"), ("port", 9), ("window_seconds", 9999)],
)
async def test_what_cannot_change_is_named_and_refused(world, name, value):
    _settings(world, **{name: value}, max_body=900)
    status, said = await world.asked("centre", "POST", ROUTE)
    (finding,) = said["findings"]
    assert status == 422 and finding["code"] == "reload.fixed" and finding["at"] == f"settings.{name}"
    assert world.running.ctx.settings.max_body != 900, "all or nothing"


async def test_a_system_does_not_vanish_while_running(world):
    _overlay(world.data, "systems.csv", {**_shipped("systems.csv", id="D09"), "seq": "", "id": "Z01"})
    assert (await world.asked("centre", "POST", ROUTE))[0] == 200
    (world.data / "catalogue" / "systems.csv").unlink()
    status, said = await world.asked("centre", "POST", ROUTE)
    assert status == 422 and [one["at"] for one in said["findings"]] == ["systems.Z01"]
    assert "Z01" in world.running.ctx.systems


async def test_only_the_centre_may(world):
    for method in ("POST", "GET"):
        status, said = await world.asked("T01", method, ROUTE)
        assert (status, said["code"]) == (403, "auth.forbidden")
    assert not _events(world)


async def test_a_changed_file_of_peers_is_read_and_written_down(world):
    draft = world.data / "peers.next"  # at once: half a file is a change as well
    draft.write_text('[systems.D09]\nbase = "http://127.0.0.1:1"\n', "utf-8")
    draft.replace(world.data / "peers.toml")
    async with asyncio.timeout(60):
        while not _events(world):
            await asyncio.sleep(0.05)
    (event,) = _events(world)
    assert event["by"] == "file" and event["changed"] == ["peers"] and event["outcome"] == "taken"
    assert world.running.ctx.peers.get("D09").base == "http://127.0.0.1:1"


async def test_a_secret_that_changes_where_its_list_does_not(world):
    _unwatched(world)
    (world.data / "token").write_text("one", "utf-8")
    (world.data / "peers.toml").write_text(
        '[systems.D09]\nbase = "http://127.0.0.1:1"\ncredentials = {token = "file:token"}\n', "utf-8"
    )
    await world.asked("centre", "POST", ROUTE)
    (world.data / "token").write_text("two", "utf-8")
    status, said = await world.asked("centre", "POST", ROUTE)
    assert status == 200 and said["changed"] == ["peers"]
    assert world.running.ctx.peers.get("D09").credentials["token"] == "two"
    assert "two" not in json.dumps(_events(world))


async def test_nobody_is_dropped_while_everything_is_read_again_and_again(make_world):
    """64 connections post without a pause while 20 reloads happen, every third from a broken file."""
    world = await make_world(queue_limit=10_000)
    bodies = [json.dumps(world.signed(), ensure_ascii=False).encode() for _ in range(64 * 12)]
    answers: list[int] = []
    busy = asyncio.Event()
    done = asyncio.Event()

    async def member(mine: list[bytes]) -> None:
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as http:
            for body in mine:
                async with http.post(
                    world.url + "/v1/messages", data=body, headers={"Content-Type": "application/json"}
                ) as reply:
                    await reply.read()
                    answers.append(reply.status)
                busy.set()

    async def officer() -> list[str]:
        await busy.wait()
        outcomes = []
        for turn in range(20):
            broken = turn % 3 == 2
            _settings(
                world, max_body=100_000 + turn, queue_limit=5_000 + turn, retry_schedule=(0.1, turn + 1.0)
            )
            row = {**_shipped("systems.csv", id="D09"), "seq": "", "zh": f"第{turn}次"}
            _overlay(world.data, "systems.csv", {**row, "dialect": "none"} if broken else row)
            outcomes.append((await world.running.reloader.reload("centre")).outcome)
            await asyncio.sleep(0)
        done.set()
        return outcomes

    async with asyncio.timeout(300):
        reloads = asyncio.create_task(officer())
        await asyncio.gather(*(member(bodies[at::64]) for at in range(64)))
        outcomes = await reloads
    assert answers.count(202) == len(bodies), {status: answers.count(status) for status in set(answers)}
    assert outcomes.count("refused") == 6 and outcomes.count("taken") == 14
    assert world.running.ctx.settings.max_body == 100_019 and world.running.ctx.systems["D09"].zh == "第19次"
    assert world.running.ctx.hub.live.number == 15


async def test_a_signal_reloads_a_hub_that_runs_by_itself(tmp_path):
    (tmp_path / "hub.toml").write_text("max_body = 100000\n", "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.cli.main", "serve", "--data", str(tmp_path), "--port", "0",
        "--log", "info",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if not key.startswith("HUTONG_")},
    )  # fmt: skip
    try:
        async with asyncio.timeout(300):
            assert json.loads(await process.stdout.readline())["ready"]
            (tmp_path / "hub.toml").write_text("max_body = 200000\n", "utf-8")
            process.send_signal(signal.SIGHUP)
            while b"taken settings.max_body" not in (line := await process.stderr.readline()):
                assert line, "the log ended"
            (tmp_path / "hub.toml").write_text("max_body = \n", "utf-8")
            process.send_signal(signal.SIGHUP)
            while f"{tmp_path / 'hub.toml'}:1".encode() not in (line := await process.stderr.readline()):
                assert line, "the log ended"
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
