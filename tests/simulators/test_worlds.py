"""Snapshots, forks, the searchable journal, and that the same inputs give the same journal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.catalogue.papers import Papers
from simulators.fleet import Fleet, Options
from simulators.journal import Exchange, Journal, Search, room_of, text_of
from simulators.lines import line_of
from simulators.management import Management
from simulators.masking import exported
from simulators.snapshots import keep, recall
from simulators.wire import Reply, Request

AT = "2026-11-22T09:00:00+08:00"
_AT = datetime.fromisoformat(AT)
SYSTEMS = ("D09", "M01", "M02", "T03", "D01", "R01", "X03")


class Ground:
    """A fleet whose clock stands, its steering port, and pushes to M01 and M02."""

    def __init__(self, fleet: Fleet, management: str, client: aiohttp.ClientSession) -> None:
        self.fleet, self.management, self.client = fleet, management, client

    async def steer(self, method: str, path: str, told: Any = None) -> tuple[int, Any]:
        async with self.client.request(method, self.management + path, json=told) as reply:
            text = await reply.text()
            return reply.status, json.loads(text) if reply.content_type == "application/json" else text

    async def push(self, ident: str = "M01", world: str = "main") -> str:
        golden = next(g for g in Papers.load("static-token-rest").golden() if g["id"] == "push-ok")
        place = self.fleet.worlds[world]
        body = json.loads(golden["request"]["body"])
        body["token"] = place.systems[ident].desk.credentials["token"]
        url = self.fleet.address(ident, place) + golden["request"]["path"]
        async with self.client.post(url, data=json.dumps(body, ensure_ascii=False).encode()) as reply:
            return await reply.text()


@pytest.fixture(name="ground")
async def ground_fixture(tmp_path: Path) -> AsyncIterator[Ground]:
    fleet = Fleet.muster(Options(SYSTEMS, pki=tmp_path / "pki", places=tmp_path / "places"))
    fleet.clock.set("freeze")
    fleet.clock.set(AT)
    management = Management(fleet)
    await fleet.start()
    steering = await management.start()
    async with aiohttp.ClientSession() as client:
        yield Ground(fleet, steering, client)
    await management.stop()
    await fleet.stop()


async def test_a_snapshot_brings_back_state_faults_journal_and_clock(ground: Ground) -> None:
    fleet, first = ground.fleet, await ground.push()
    fleet.systems["M01"].faults.arm("busy")
    assert (await ground.steer("POST", "/snapshots", {"name": "one"}))[0] == 201
    desk, ledger = fleet.systems["M01"].desk, fleet.systems["M01"].desk.ledger
    fleet.systems["M01"].faults.lift()
    await ground.push("M02")
    ledger.clear()
    await ground.steer("POST", "/clock", {"set": "+3d"})
    for _ in range(2):  # a snapshot can be brought back as often as one likes
        assert (await ground.steer("POST", "/snapshots/one/restore"))[0] == 200
        assert fleet.systems["M01"].desk is desk and desk.ledger is ledger
        assert [record.effects for record in ledger] == [1] and len(fleet.systems["M02"].desk.ledger) == 0
        assert fleet.systems["M02"].journal.received == 0 and fleet.systems["M01"].journal.received == 1
        assert [armed["name"] for armed in fleet.systems["M01"].faults.shown()] == ["busy"]
        assert fleet.clock().isoformat() == AT
        assert "E007" in await ground.push() and "E004" in await ground.push()  # busy once, then known
    assert first != await ground.push()
    assert (await ground.steer("GET", "/snapshots"))[1] == ["one"]
    assert (await ground.steer("DELETE", "/snapshots/one"))[1] == {"forgotten": True}
    assert (await ground.steer("POST", "/snapshots/one/restore"))[0] == 404


async def test_what_a_side_remembers_beside_its_ledger_comes_back(ground: Ground) -> None:
    system = ground.fleet.systems["D09"]
    nonces = system.side._guard._nonces  # type: ignore[attr-defined]
    now = ground.fleet.clock()
    assert nonces.fresh("a", now)
    kept = keep(system)
    assert nonces.fresh("b", now) and not nonces.fresh("b", now)
    recall(system, kept)
    assert nonces.fresh("b", now) and not nonces.fresh("a", now)
    assert system.side._guard._nonces is nonces  # type: ignore[attr-defined]


async def test_a_fork_has_the_state_and_then_goes_its_own_way(ground: Ground) -> None:
    await ground.push()
    status, told = await ground.steer("POST", "/worlds", {"name": "run1"})
    assert status == 201 and told["systems"]["M01"]["base"].endswith("/~run1/M01")
    assert "E004" in await ground.push(world="run1")  # it knows what main was told
    await ground.push("M02", world="run1")
    assert len(ground.fleet.systems["M02"].desk.ledger) == 0
    assert (await ground.steer("GET", "/systems/M02/records?world=run1"))[1][0]["effects"] == 1
    await ground.steer("POST", "/systems/M01/faults?world=run1", {"name": "busy", "times": None})
    assert "E007" in await ground.push(world="run1") and "E004" in await ground.push()
    await ground.steer("POST", "/clock?world=run1", {"set": "+1d"})
    assert (await ground.steer("GET", "/clock"))[1]["now"].startswith("2026-11-22")
    names = [row["world"] for row in (await ground.steer("GET", "/worlds"))[1]]
    assert names == ["main", "run1"]
    assert (await ground.steer("DELETE", "/worlds/run1"))[1] == {"dropped": "run1"}
    async with ground.client.post(f"{ground.fleet.base}/~run1/M01/rest/zbgonggao/push") as reply:
        assert reply.status == 404
    assert (await ground.steer("DELETE", "/worlds/main"))[0] == 409
    assert (await ground.steer("GET", "/systems?world=run1"))[0] == 404
    assert (await ground.steer("POST", "/worlds", {"name": "../x"}))[0] == 400


async def test_a_fork_from_a_snapshot_and_its_tables(ground: Ground) -> None:
    await ground.steer("POST", "/snapshots", {"name": "empty"})
    await ground.push()
    status, _ = await ground.steer("POST", "/worlds", {"name": "w", "snapshot": "empty"})
    assert status == 201 and len(ground.fleet.worlds["w"].systems["M01"].desk.ledger) == 0
    ours, theirs = (ground.fleet.address("X03", ground.fleet.worlds[name]) for name in ("main", "w"))
    assert ours != theirs and theirs.startswith("sqlite:")


async def test_journals_are_searched_by_what_they_are_about(ground: Ground) -> None:
    await ground.push()
    ground.fleet.systems["M02"].faults.arm("http-503")
    assert await ground.push("M02") != ""
    await ground.steer("POST", "/clock", {"set": "+1h"})
    await ground.push("M02")

    async def found(query: str) -> list[dict[str, Any]]:
        status, text = await ground.steer("GET", f"/journal?{query}")
        assert status == 200
        return [json.loads(line) for line in text.splitlines()]

    everything = await found("")
    assert [row["system"] for row in everything] == ["M01", "M02", "M02"]
    key = everything[0]["key"]
    assert key and everything[0]["stage"] == "eng-tender-notice"
    assert len(await found(f"key={key}")) == 2  # the refused call came to no record
    assert [row["fault"] for row in await found("fault=*")] == ["http-503"]
    assert len(await found("stage=eng-tender-notice&system=M02")) == 1
    assert (
        len(await found("since=2026-11-22T09:30:00")) == 1
        and len(await found("until=2026-11-22T09:30:00")) == 2
    )
    assert len(await found("text=zbgonggao&limit=2")) == 2 and await found("text=nobody-said-this") == []
    assert (await ground.steer("GET", "/journal?since=then"))[0] == 400
    token = ground.fleet.systems["M01"].desk.credentials["token"]
    assert all(token not in json.dumps(row) for row in everything)


async def _played(tmp_path: Path, port_each: bool) -> list[str]:
    """Every HTTP system is told the golden lines of its dialect, under a fault now and then."""
    fleet = Fleet.muster(
        Options(pki=tmp_path / "pki", seed=7, port_each=port_each, places=tmp_path / "places")
    )
    fleet.main.systems = {i: s for i, s in fleet.systems.items() if line_of(s.desk.dialect) == "http"}
    fleet.clock.set("freeze")
    fleet.clock.set(AT)
    await fleet.start()
    async with aiohttp.ClientSession() as client:
        for ident, system in fleet.systems.items():
            if system.mutual_tls:
                continue
            for number, line in enumerate(Papers.load(system.desk.dialect).golden()[:6]):
                if number % 3 == 1:
                    system.faults.arm("http-500-after-effect")
                asked = line["request"]
                body = asked.get("body", "").encode()
                url = fleet.address(ident) + asked["path"]
                async with client.request(asked["method"], url, data=body, headers=asked["headers"]) as reply:
                    await reply.read()
            fleet.clock.set("+1s")
    lines = list(exported(fleet.systems.values(), Search(), mask=True))
    await fleet.stop()
    return lines


async def test_same_seed_and_inputs_same_journal(tmp_path: Path) -> None:
    one, two = [await _played(tmp_path, each) for each in (False, False)]
    assert len(one) > 300
    assert [line for line, other in zip(one, two, strict=True) if line != other] == []


def test_masking_hides_this_run_and_not_the_business(ground: Ground) -> None:
    system, at = ground.fleet.systems["M01"], ground.fleet.clock()
    body = json.dumps(
        {
            "kbsj": "2026-12-14 09:30:00",
            "fssj": f"{at:%Y-%m-%d %H:%M:%S}",
            "sign": "abc",
            "url": "http://127.0.0.1:4711/x",
        }
    ).encode()
    system.note(at + timedelta(minutes=1), Request("POST", "/x", "nonce=77&a=1", body=body), Reply(200), "")
    told = json.loads(next(exported([system], Search(), mask=True)))
    said = json.loads(told["request"]["body"])
    assert said == {
        "kbsj": "2026-12-14 09:30:00",
        "fssj": "TIME",
        "sign": "SIGN",
        "url": "http://127.0.0.1:PORT/x",
    }
    assert told["request"]["path"] == "/x?nonce=SIGN&a=1" and told["at"] == "TIME"


def test_a_journal_ends_by_number_and_by_bytes() -> None:
    journal = Journal(kept=5, room=50_000)
    for number in range(1, 10):
        journal.note(Exchange(_AT, Request("POST", f"/{number}", body=b"x" * 6000), None, number=number))
    assert [one.number for one in journal.last(9)] == [9, 8, 7, 6, 5] and journal.received == 9
    journal.note(Exchange(_AT, Request("POST", "/big", body=b"x" * 40_000), None, number=10))
    assert [one.number for one in journal.last(9)] == [10]
    assert room_of(1) > room_of(135) >= 64 * 1024


def test_bodies_are_shown_in_their_own_charset() -> None:
    xml = '<?xml version="1.0" encoding="gb2312"?><root>永登县</root>'.encode("gb2312")
    assert "永登县" in text_of(xml, {})
    assert "永登县" in text_of("永登县".encode("gbk"), {"content-type": "text/xml; charset=GBK"})
    assert text_of(b"PK\x03\x04\x00\xff", {}).startswith("base64:")
    assert text_of(b"abcdef", {}, 3) == "abc…(6)"
