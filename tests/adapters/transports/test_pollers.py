"""Pollers over real tables and folders: in order, once, settled, and again until it is settled."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from carrying import QUICK, place
from servers_kit import Remote

from adapters.transports.folder_poller import FolderPlan, folder_poller
from adapters.transports.table_poller import PollError, TablePlan, table_poller
from hub.ports import Answer, Carry, Incoming, Settles, WireReply, WireRequest
from hub.transports import maker

GOOD, AGAIN, BAD = Answer(202, "0000"), Answer(200, "0000"), Answer(422, "field.required")


def carrying(base: str, credentials: Mapping[str, str] | None = None) -> Carry:
    async def nowhere(*_: object) -> WireReply:
        raise AssertionError

    carrier = maker(base.partition(":")[0])(nowhere)

    async def carry(request: WireRequest) -> WireReply:
        return await carrier.carry(place(base, dict(credentials or {})), request, QUICK)

    return carry


def incoming(name: str, **more: Any) -> Incoming:
    return Incoming(
        "record.put", "eng-project", "insert", name, 1, name, {}, authenticated=True, context=more
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "out.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute(
            "CREATE TABLE t_out(n INTEGER PRIMARY KEY, id TEXT, ver INTEGER, flag INTEGER, msg TEXT)"
        )
        made.executemany("INSERT INTO t_out VALUES(?,?,1,0,NULL)", [(n, f"r{n}") for n in range(1, 6)])
        made.commit()
    return path


def sql(path: Path, text: str) -> list[Any]:
    with closing(sqlite3.connect(path, isolation_level=None)) as run:
        return run.execute(text).fetchall()


def flag(row: Mapping[str, Any], item: Incoming, answer: Answer) -> dict[str, Any]:
    return {
        "table": "t_out", "key": {"n": row["n"]}, "if": {"ver": row["ver"], "flag": 0},
        "row": {"flag": 1 if answer.status < 300 else 2, "msg": answer.code},
    }  # fmt: skip


FLAGS = TablePlan(
    "t_out", ("n", "id", "ver"), ("n",), lambda row: incoming(str(row["id"])), {"flag": 0}, verdict=flag
)
POSITION = replace(FLAGS, where={}, verdict=None, position=("n",))


async def test_by_position_nothing_is_written_over_there(table: Path) -> None:
    poller = table_poller(POSITION, carrying(f"sqlite:///{table}"))
    assert not isinstance(poller, Settles)
    first = await poller.next("", 3)
    assert ([one.key for one in first.items], first.more) == (["r1", "r2", "r3"], True)
    assert (await poller.next("", 3)).items == first.items, "the same watermark gives the same again"
    rest = await poller.next(first.watermark, 3)
    assert ([one.key for one in rest.items], rest.more, json.loads(rest.watermark)) == (
        ["r4", "r5"],
        False,
        [5],
    )
    assert await poller.next(rest.watermark, 3) == type(rest)((), rest.watermark)


async def test_by_flag_what_is_not_settled_comes_again(table: Path) -> None:
    poller = table_poller(FLAGS, carrying(f"sqlite:///{table}"))
    assert isinstance(poller, Settles)
    first = await poller.next("", 3)
    again = await table_poller(FLAGS, carrying(f"sqlite:///{table}")).next("", 3)
    assert again.items == first.items and first.watermark == "", "somebody died before the flag"
    sql(table, "UPDATE t_out SET ver = 2 WHERE n = 3")
    put_off = Answer(503, "hub.busy")
    await poller.settle(list(zip(first.items, (GOOD, BAD, GOOD), strict=True)))
    rest = await poller.next("", 3)
    assert [one.key for one in rest.items] == ["r3", "r4", "r5"], (
        "changed meanwhile: not over what nobody read"
    )
    await poller.settle(list(zip(rest.items, (GOOD, put_off, AGAIN), strict=True)))
    assert sql(table, "SELECT flag, msg FROM t_out ORDER BY n") == [
        (1, "0000"), (2, "field.required"), (1, "0000"), (0, None), (1, "0000")
    ]  # fmt: skip


async def test_a_look_that_is_refused_is_told_without_a_value(table: Path) -> None:
    sql(table, "ALTER TABLE t_out RENAME TO t_gone")
    with pytest.raises(PollError, match="absent"):
        await table_poller(FLAGS, carrying(f"sqlite:///{table}")).next("", 3)


def test_a_plan_has_one_way_of_knowing_how_far_it_is() -> None:
    for wrong in ({"position": ("n",)}, {"verdict": None}, {"verdict": None, "position": ("other",)}):
        with pytest.raises(ValueError, match="position"):
            replace(FLAGS, **wrong)
    with pytest.raises(ValueError, match="receipts"):
        replace(DROP, receipts="")


def receipt(sign: str, done: Sequence[tuple[Incoming, Answer]]) -> bytes:
    return ";".join(f"{item.key}={answer.code}" for item, answer in done).encode()


def unpack(sign: str, files: Mapping[str, bytes]) -> tuple[Incoming, ...]:
    return tuple(incoming(name) for name in files[sign.replace(".ok", ".zip")].decode().split())


DROP = FolderPlan(
    "out/*.ok", lambda sign: (sign, sign.replace(".ok", ".zip")), unpack, "receipt/*.xml",
    lambda sign: sign.replace("out/", "receipt/").replace(".ok", ".xml"), receipt,
)  # fmt: skip


def lay(remote: Remote, name: str, content: str) -> None:
    (remote.folder / "out").mkdir(exist_ok=True)
    for ending, octets in ((".zip", content.encode()), (".ok", b"")):
        (remote.folder / "out" / f"{name}{ending}").write_bytes(octets)


async def test_packages_are_settled_by_their_receipts(remote: Remote) -> None:
    carry = carrying(remote.base, remote.credentials)
    assert (await folder_poller(DROP, carry).next("", 9)).items == (), "no folder yet"
    lay(remote, "p1", "a b")
    lay(remote, "p3", "d")
    (remote.folder / "out" / "p2.ok").write_bytes(b"")  # its zip is not there yet
    poller = folder_poller(DROP, carry)
    assert isinstance(poller, Settles)
    first = await poller.next("", 9)
    assert [one.key for one in first.items] == ["a", "b", "d"], "the one that is not whole holds up nobody"
    assert [one.key for one in (await folder_poller(DROP, carry).next("", 9)).items] == ["a", "b", "d"]
    await poller.settle(list(zip(first.items, (GOOD, BAD, Answer(429, "hub.rate")), strict=True)))
    assert {one.name: one.read_bytes() for one in (remote.folder / "receipt").iterdir()} == {
        "p1.xml": b"a=0000;b=field.required"
    }
    lay(remote, "p2", "c")
    rest = await poller.next("", 1)
    assert ([one.key for one in rest.items], rest.more) == (["c"], True)
    await poller.settle([(one, AGAIN) for one in rest.items])
    assert [one.key for one in (await poller.next("", 9)).items] == ["d"]


async def test_without_receipts_names_grow_and_none_is_passed_by(mounted: Remote) -> None:
    plan = replace(DROP, receipts="", receipt=None, verdict=None)
    carry = carrying(mounted.base)
    lay(mounted, "p1", "a")
    lay(mounted, "p3", "c")
    (mounted.folder / "out" / "p2.ok").write_bytes(b"")
    poller = folder_poller(plan, carry)
    assert not isinstance(poller, Settles)
    first = await poller.next("", 9)
    assert [one.key for one in first.items] == ["a"], "what comes after an unfinished one waits"
    lay(mounted, "p2", "b")
    rest = await poller.next(first.watermark, 9)
    assert [one.key for one in rest.items] == ["b", "c"]
    assert (await poller.next(rest.watermark, 9)).items == ()
