"""Rows that announce and files that follow, through the hub's own chooser and the installed carriers."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from carrying import QUICK, put
from servers_kit import HOST, Remote, free_port

from hub.delivery.chooser import Chooser
from hub.delivery.limits import Limits
from hub.delivery.transport import TransportError
from hub.peers import Peer
from hub.ports import WireReply, WireRequest
from hub.transports import maker


class Peers:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def get(self, system: str) -> Peer:
        return self.peer


class NoHttp:
    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply:
        raise AssertionError("not HTTP")

    async def close(self) -> None:
        return None


def announced(n: int) -> dict[str, Any]:
    return {
        "put": [{"table": "up", "key": {"id": str(n)}, "row": {"id": str(n), "state": 0}}],
        "look": [{"table": "up", "where": {"id": str(n)}, "columns": ["state"], "order": [], "limit": 1}],
    }


def rows(n: int) -> dict[str, Any]:
    return {"method": "ROWS", "body": announced(n)}


def files(name: str) -> dict[str, Any]:
    return {"method": "FILES", "body": {"put": [put(name)]}}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "up.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE up(id TEXT, state INTEGER)")
    return path


def chooser(table: Path, files: str, credentials: dict[str, str]) -> Chooser:
    return Chooser(Peers(Peer(f"sqlite:///{table}", credentials, files=files)), NoHttp(), maker)


async def said(made: Chooser, steps: Any, bounds: Limits = QUICK) -> tuple[int, Any]:
    body = json.dumps({"steps": steps}).encode()
    reply = await made.send("X16", WireRequest("STEPS", "", {}, body), bounds)
    return reply.status, json.loads(reply.body)


def there(table: Path) -> list[Any]:
    with closing(sqlite3.connect(table)) as run:
        return [row[0] for row in run.execute("SELECT id FROM up ORDER BY id")]


async def test_each_step_in_its_order_at_its_own_place(table: Path, remote: Remote) -> None:
    made = chooser(table, remote.base, remote.credentials)
    steps = [rows(1), files("in/1.dat"), {"method": "ROWS", "body": {"look": announced(1)["look"]}}]
    seen = [[{"state": 0}]]
    assert await said(made, steps) == (
        200,
        {"steps": [{"put": [True], "look": seen}, {"put": [True], "got": {}}, {"put": [], "look": seen}]},
    )
    _, told = await said(made, steps)
    assert [one["put"] for one in told["steps"]] == [[False], [False], []], "repeating changes nothing"
    assert there(table) == ["1"] and (remote.folder / "in" / "1.dat").exists()
    await made.close()


async def test_a_refused_step_ends_it_and_says_which(table: Path, mounted: Remote) -> None:
    made = chooser(table, mounted.base, {})
    (mounted.folder / "taken").write_bytes(b"")
    status, told = await said(made, [rows(1), files("taken/x"), rows(2)])
    assert (status, told["error"], len(told["steps"])) == (409, "conflict", 2)
    assert there(table) == ["1"]


async def test_silence_after_the_first_step_is_unknown_before_it_nothing(table: Path, tmp_path: Path) -> None:
    made = chooser(table, f"ftp://hub@{HOST}:{free_port()}/", {})
    for steps, sent in (([rows(1), files("a")], True), ([files("a"), rows(2)], False)):
        with pytest.raises(TransportError) as caught:
            await said(made, steps)
        assert (caught.value.code, caught.value.sent) == ("network.refused", sent)
    assert there(table) == ["1"]


@pytest.mark.parametrize(
    "steps", [[], {}, [rows(1)] * 101, [{"method": "STEPS", "body": {}}], [{"method": "GET"}], [1]]
)
async def test_what_is_not_of_the_form_does_nothing(table: Path, mounted: Remote, steps: Any) -> None:
    assert await said(chooser(table, mounted.base, {}), steps) == (400, {"error": "request"})
    assert there(table) == []
