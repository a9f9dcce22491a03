"""The steering verbs against a running fleet: what they print is what the port said; exit codes."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from simulators import cli
from simulators.fleet import Fleet, Options
from simulators.management import Management


class Steered:
    """A fleet and its steering address; `sim` runs a verb as the command does."""

    def __init__(self, fleet: Fleet, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.fleet, self.url, self._capsys = fleet, url, capsys

    async def sim(self, verb: str, *words: str) -> tuple[int, str, str]:
        parser = ArgumentParser()
        cli.configure(parser)
        args = parser.parse_args([verb, *words, "--management", self.url])
        self._capsys.readouterr()
        code = await asyncio.to_thread(cli.run, args)
        return code, *self._capsys.readouterr()

    async def call(self, ident: str, path: str) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.fleet.address(ident) + path, data=b"auth=x") as reply,
        ):
            await reply.read()


@pytest.fixture
async def steered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Steered]:
    fleet = Fleet.muster(Options(("X07", "X24"), pki=tmp_path))
    await fleet.start()
    management = Management(fleet)
    yield Steered(fleet, await management.start(), capsys)
    await management.stop()
    await fleet.stop()


async def test_search_tells_a_line_each_and_json_all_of_it(steered: Steered) -> None:
    assert (await steered.sim("fault", "X07", "http-503"))[0] == 0
    await steered.call("X07", "/api/login")
    await steered.call("X24", "/api/login")
    code, out, _ = await steered.sim("search", "--fault", "*")
    assert code == 0 and len(out.splitlines()) == 1
    assert "X07" in out and "POST /api/login" in out and "503" in out and out.rstrip().endswith("http-503")
    _, out, _ = await steered.sim("search", "--system", "X24", "--json")
    assert [json.loads(line)["system"] for line in out.splitlines()] == ["X24"]
    _, out, _ = await steered.sim("search", "--text", "nowhere to be found")
    assert out == ""


async def test_two_masked_exports_of_the_same_doing_are_the_same(steered: Steered, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        for system in steered.fleet.systems.values():
            system.journal.clear()
        await steered.call("X07", "/api/login")
        code, out, _ = await steered.sim("export", "--mask", "--out", str(tmp_path / name))
        assert code == 0 and json.loads(out)["exchanges"] == 1
        texts.append((tmp_path / name).read_text("utf-8"))
    assert texts[0] == texts[1] != ""
    _, bare, _ = await steered.sim("export")
    assert json.loads(bare)["at"] != json.loads(texts[0])["at"] == "TIME"


async def test_the_clock_is_asked_and_moved(steered: Steered) -> None:
    before = steered.fleet.clock()
    code, out, _ = await steered.sim("clock", "--set", "freeze")
    assert code == 0 and json.loads(out)["frozen"]
    assert (await steered.sim("clock", "--set=-30d"))[0] == 0
    assert 29 <= (before - steered.fleet.clock()).days <= 30
    assert json.loads((await steered.sim("clock"))[1])["frozen"]
    code, out, err = await steered.sim("clock", "--set", "tomorrow")
    assert code == 1 and out == "" and json.loads(err)["code"] == "sim.malformed"


async def test_a_snapshot_is_kept_brought_back_and_forgotten(steered: Steered) -> None:
    await steered.call("X07", "/api/login")
    assert json.loads((await steered.sim("snapshot", "s1"))[1])["systems"] == 2
    await steered.call("X07", "/api/login")
    assert steered.fleet.systems["X07"].journal.received == 2
    assert (await steered.sim("snapshot", "s1", "--restore"))[0] == 0
    assert steered.fleet.systems["X07"].journal.received == 1
    assert json.loads((await steered.sim("snapshot"))[1]) == ["s1"]
    assert json.loads((await steered.sim("snapshot", "s1", "--forget"))[1])["forgotten"]
    assert (await steered.sim("snapshot", "s1", "--restore"))[0] == 1


async def test_worlds_are_forked_and_asked_apart(steered: Steered) -> None:
    await steered.call("X07", "/api/login")
    assert (await steered.sim("world", "two"))[0] == 0
    assert (await steered.sim("fault", "X07", "slow", "--world", "two"))[0] == 0
    assert steered.fleet.systems["X07"].faults.shown() == []
    assert json.loads((await steered.sim("fault", "X07", "--world", "two"))[1])[0]["name"] == "slow"
    assert {row["world"] for row in json.loads((await steered.sim("world"))[1])} == {"main", "two"}
    assert (await steered.sim("world", "two", "--drop"))[0] == 0
    code, _, err = await steered.sim("world", "main", "--drop")
    assert code == 1 and "sim.main-stays" in err


async def test_nobody_there_is_told_apart_from_a_no(steered: Steered) -> None:
    code, _, err = await steered.sim("fault", "X07", "no-such-fault")
    assert code == 1 and "sim.no-such-fault" in err
    steered.url = "http://127.0.0.1:9"
    code, _, err = await steered.sim("clock")
    assert code == 3 and "127.0.0.1:9" in err
