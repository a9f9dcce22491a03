"""The fleet's tables and bank as others find them: psql, a GBK terminal, a raw socket; closed at night."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from hub.peers import read_peers
from simulators import peers
from simulators.clock import MovableClock
from simulators.fleet import Fleet, Options


def _neighbour(path: Path) -> Any:
    name = f"hutong_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


postgres = _neighbour(Path(__file__).parents[1] / "adapters" / "transports" / "servers_kit.py").postgres
GOLDEN = {(line["file"], line["id"]): line for line in Papers.load("front-db").golden()}
BANK = {line["id"]: line for line in Papers.load("bank-tcp-xml").golden()}
DAY = datetime(2026, 11, 22, 9, 0, 0, tzinfo=CST)


@pytest.fixture(name="fleet")
async def fleet_fixture(tmp_path: Path) -> AsyncIterator[Fleet]:
    clock = MovableClock(lambda: DAY)
    fleet = Fleet.muster(Options(("F03", "M13", "X37"), places=tmp_path), clock=clock)
    await fleet.start()
    yield fleet
    await fleet.stop()


async def until(what: Callable[[], Any], *, patience: float = 60.0) -> Any:
    """What it says as soon as it says something."""
    async with asyncio.timeout(patience):
        while not (said := what()):
            await asyncio.sleep(0.02)
    return said


def row_of(ident: str) -> tuple[str, dict[str, Any]]:
    put = json.loads(GOLDEN["outward.jsonl", ident]["request"]["body"])["put"][0]
    return put["table"], put["row"]


def sql(fleet: Fleet, ident: str, text: str, values: Any = ()) -> list[Any]:
    with sqlite3.connect(urlsplit(fleet.address(ident)).path, timeout=60) as hand:
        return hand.execute(text, list(values)).fetchall()


def insert(table: str, row: dict[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"


async def test_a_row_laid_down_is_judged_by_itself(fleet: Fleet) -> None:
    table, row = row_of("push-taken")
    sql(fleet, "M13", insert(table, row), row.values())
    text = f"SELECT SYNC_FLAG, SYNC_TIME FROM {table} WHERE SYNC_FLAG <> '0'"
    assert await until(lambda: sql(fleet, "M13", text)) == [("1", "2026-11-22 09:00:00")]
    assert fleet.systems["M13"].journal.received == 1


async def test_the_night_window_locks_everybody_out(fleet: Fleet) -> None:
    fleet.clock.set("+16h")  # 01:00
    path = urlsplit(fleet.address("M13")).path

    def locked() -> bool:
        try:
            with sqlite3.connect(path, timeout=0.01) as hand:
                hand.execute("SELECT 1 FROM XF_BD").fetchall()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        return False

    assert await until(locked)
    fleet.clock.set("+3h")
    assert await until(lambda: not locked())


async def test_the_hub_reads_the_peers_as_they_are_written(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "peers.toml"
    peers.write(path, fleet.peers())
    told = read_peers(path, realm="sandbox", env={})
    assert told["M13"].poll is not None and told["M13"].base.startswith("sqlite://")
    assert told["F03"].listen is not None and told["F03"].base.startswith("tcp://")
    assert len(told["F03"].credentials["auth_code"]) == 6


async def talk(fleet: Fleet, document: bytes, *, half_close: bool) -> tuple[bytes, int]:
    """A raw socket: the answer, and in how many pieces it came at least."""
    at = urlsplit(fleet.address("F03"))
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(document)
    if half_close:
        writer.write_eof()
    received, pieces = b"", 0
    async with asyncio.timeout(60):
        while part := await reader.read(65536):
            received, pieces = received + part, pieces + 1
    writer.close()
    return received, pieces


def account(fleet: Fleet) -> bytes:
    raw = base64.b64decode(BANK["account-ok"]["request"]["body_b64"])
    return raw.replace(b"GS6201", fleet.systems["F03"].desk.credentials["auth_code"].encode())


@pytest.mark.parametrize("half_close", [True, False])
async def test_the_bank_at_a_raw_socket(fleet: Fleet, half_close: bool) -> None:
    fleet.clock.set("+1s")
    said, _ = await talk(fleet, account(fleet), half_close=half_close)
    assert said == base64.b64decode(BANK["account-ok"]["reply"]["body_b64"])


async def test_the_banks_faults_on_the_wire(fleet: Fleet) -> None:
    faults = fleet.systems["F03"].faults
    faults.arm("no-length-prefix")
    said, pieces = await talk(fleet, account(fleet), half_close=True)
    assert said.endswith(b"</root>") and pieces > 1
    faults.arm("half-close-needed")
    before = fleet.systems["F03"].journal.received
    asking = asyncio.create_task(talk(fleet, account(fleet), half_close=False))
    await until(lambda: fleet.systems["F03"].journal.received > before)  # or the next one meets this mood
    await asyncio.sleep(0.2)
    assert not asking.done()
    asking.cancel()
    faults.arm("drop-after-effect")
    effects = fleet.systems["F03"].desk.ledger.effects
    with pytest.raises(ConnectionError):
        if (await talk(fleet, account(fleet), half_close=True))[0] == b"":
            raise ConnectionError
    assert fleet.systems["F03"].desk.ledger.effects == effects == 1


# -- a real PostgreSQL ------------------------------------------------------------------------------


async def psql(server: Any, peer: dict[str, Any], text: str, charset: str = "UTF8") -> str:
    """Statements from a terminal with that charset, as the hub's own account, in the system's schema."""
    code, at = {"UTF8": "utf-8", "GBK": "gbk"}[charset], urlsplit(peer["base"])
    schema = dict(parse_qsl(at.query))["schema"]
    where = f"host={at.hostname} port={at.port} dbname={at.path[1:]} user={at.username}"
    env = {
        "PGCLIENTENCODING": charset,
        "PGPASSWORD": peer["credentials"]["password"],
        "PGOPTIONS": f"-c search_path={schema}",
    }
    command = [str(server.programs / "psql"), where, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]

    def run() -> subprocess.CompletedProcess[bytes]:
        told = text.encode(code)
        return subprocess.run(command, input=told, env=env, capture_output=True, timeout=60, check=False)

    done = await asyncio.get_running_loop().run_in_executor(None, run)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(code, "replace"))
    return done.stdout.decode(code).strip()


def literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


@pytest.fixture(name="served")
async def served_fixture(postgres: Any) -> AsyncIterator[tuple[Any, Fleet]]:
    postgres.sql("ALTER ROLE owner PASSWORD 'own'")
    dsn = f"postgresql://owner:own@127.0.0.1:{postgres.port}/{postgres.database()}"
    fleet = Fleet.muster(Options(("M13", "X14", "D19"), database=dsn), clock=MovableClock(lambda: DAY))
    await fleet.start()
    yield postgres, fleet
    await fleet.stop()


@pytest.mark.parametrize(
    ("ident", "line", "charset"),
    [
        ("M13", "push-taken", "UTF8"),
        ("M13", "push-taken", "GBK"),
        ("X14", "X14-eng-section", "UTF8"),
        ("X14", "X14-eng-section", "GBK"),
    ],
)
async def test_psql(served: tuple[Any, Fleet], ident: str, line: str, charset: str) -> None:
    """A row of the papers laid down by psql is judged and flagged; the terminal may be a GBK one."""
    server, fleet = served
    peer = fleet.peers()["systems"][ident]
    table, row = row_of(line)
    values = ", ".join(literal(value) for value in row.values())
    await psql(server, peer, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values});", charset)

    text = f"SELECT SYNC_FLAG || coalesce(ERR_MSG, '') FROM {table};"
    async with asyncio.timeout(60):
        while (said := await psql(server, peer, text, charset)) == "0":
            await asyncio.sleep(0.05)
    assert said == "1"
    held = next(iter(fleet.systems[ident].desk.ledger)).fields
    told = {name: held[name] for name in row if name not in ("SYNC_FLAG",)}
    assert told == {name: value for name, value in row.items() if name != "SYNC_FLAG"}


async def test_psql_sees_what_gbk_cannot(served: tuple[Any, Fleet]) -> None:
    """The old schema's limits are counted in GBK octets, so the database itself refuses such a character."""
    server, fleet = served
    peer = fleet.peers()["systems"]["M13"]
    table, row = row_of("push-taken")
    row["GGBT"] = "李䶮"
    values = ", ".join(literal(value) for value in row.values())
    with pytest.raises(RuntimeError, match="GBK"):
        await psql(server, peer, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values});")
    with pytest.raises(RuntimeError, match="owner"):
        await psql(server, peer, f"DROP TABLE {table};")


async def test_the_auditors_views_at_a_gbk_terminal(served: tuple[Any, Fleet]) -> None:
    server, fleet = served
    peer = fleet.peers()["systems"]["D19"]
    table, row = row_of("D19-view")
    values = ", ".join(literal(value) for value in row.values())
    await psql(server, peer, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values});")
    await until(lambda: fleet.systems["D19"].journal.received)
    owner = f"SET client_encoding TO 'UTF8'; SELECT ggbt FROM sim_main_front_d19.v_{table[3:].lower()}"
    database = urlsplit(peer["base"]).path[1:]
    assert server.sql(owner, database) == row["GGBT"]
    flag = await psql(server, peer, f"SELECT SYNC_FLAG FROM {table};", "GBK")
    assert flag == "0"
