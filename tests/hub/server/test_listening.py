"""Systems that call in over TCP: who may, how much, how long, and what becomes of it over reload and stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.bank_tcp_xml import DIALECT as BANK
from hub import catalogue, standard
from hub.dialects import Found
from hub.message import Finding
from hub.ports import Answer, Call, Incoming, WireReply, WireRequest
from hub.server import listening

HOST = "127.0.0.1"
SYSTEM = next(row for row in catalogue.load().systems if row.dialect == "bank-tcp-xml").id


class Plain:
    """JSON with a password, one document a connection; with `framed` it ends with a full stop."""

    name = "bank-tcp-xml"

    def __init__(self) -> None:
        self.seen: list[WireRequest] = []

    def accept(self, request: WireRequest, call: Call) -> Incoming:
        self.seen.append(request)
        try:
            said = json.loads(request.body.rstrip(b"."))
        except ValueError:
            return Incoming("", "", "", "", 0, "", {}, findings=(Finding("body.malformed"),))
        known = said.get("password") == call.credentials["password"]
        return Incoming(
            "record.put",
            "subject-legal-person",
            "insert",
            "k",
            1,
            said["id"],
            said["fields"],
            authenticated=known,
        )

    def reply(self, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
        told = {"code": answer.code, "id": incoming.message_id, "hubId": answer.data.get("hubId")}
        return WireReply(200, {}, json.dumps(told).encode())


class Stopped(Plain):
    def whole(self, read: bytearray) -> bool:
        return read.endswith(b".")


def asking(number: str = "a-1", **more: Any) -> bytes:
    fields = standard.load().sample("subject-legal-person", 7)["body"]["fields"]
    return json.dumps({"password": "pw", "id": number, "fields": fields, **more}).encode()


def write(world: Any, listen: str | None = f"{HOST}:0", allow: str = HOST) -> None:
    line = f'listen = "{listen}"\n' if listen else ""
    (world.data / "peers.toml").write_text(
        f"[systems.{SYSTEM}]\n{line}"
        f'allow_from = ["{allow}"]\n[systems.{SYSTEM}.credentials]\npassword = "pw"\nauth_code = "pw"\n',
        "utf-8",
    )


async def heard(world: Any) -> int:
    """The port, once it is open."""
    async with asyncio.timeout(60):
        while (port := world.running.listeners.port(SYSTEM)) is None:
            await asyncio.sleep(0.02)
        return int(port)


async def talking(world: Any, count: int) -> None:
    async with asyncio.timeout(60):
        while len(world.running.listeners._talks.get(SYSTEM, ())) != count:
            await asyncio.sleep(0.01)


async def say(port: int, said: bytes, *, close: bool = True) -> Mapping[str, Any] | None:
    """What is answered; None where the hub hung up without a word."""
    reader, writer = await asyncio.open_connection(HOST, port)
    with contextlib.suppress(OSError):
        writer.write(said)
        await writer.drain()
        if close:
            writer.write_eof()
    try:
        async with asyncio.timeout(60):
            told = await reader.read()
    except OSError:
        told = b""
    writer.transport.abort()
    return json.loads(told) if told else None


async def world_with(make_world: Any, dialect: Any, **settings: Any) -> tuple[Any, int]:
    world = await make_world(found=Found({dialect.name: dialect}, {}), **settings)
    write(world)
    return world, await heard(world)


async def test_a_document_is_taken_answered_and_kept_once(make_world: Any) -> None:
    dialect = Plain()
    _, port = await world_with(make_world, dialect)
    first = await say(port, asking())
    assert first is not None and first["code"] == "0000" and first["hubId"], first
    assert (dialect.seen[0].method, dialect.seen[0].path, dialect.seen[0].body) == ("TCP", "", asking())
    assert await say(port, asking()) == first, "the same again is the same message"
    refused = await say(port, asking("a-2", fields={}))
    assert refused is not None and refused["code"] not in {"0000", ""}
    wrong = await say(port, asking("a-3", password="no"))
    assert wrong is not None and wrong["code"] == "auth.failed"
    for odd in (b"", b"\xff\xfe<root/>", b"{"):
        told = await say(port, odd)
        assert told is not None and told["code"] == "auth.failed", (
            "who has not proved itself is told only that"
        )


async def test_what_a_bank_tells_is_taken_once_whatever_its_serial(make_world: Any) -> None:
    """A notice is no question: it is kept, and told again it is the same."""
    world = await make_world(found=Found({"bank-tcp-xml": BANK}, {}))
    write(world)
    port = await heard(world)

    async def told(serial: str, amount: str = "200000.00") -> str:
        body = (
            "<AuthCode>pw</AuthCode><HstSeqNum>HS-1</HstSeqNum><BankName>银行</BankName>"
            "<AcctName>专户</AcctName><AcctNo>6200</AcctNo><SecNo>E6201212611220001001001</SecNo>"
            "<TradeClass>A02</TradeClass><PayerType>1</PayerType><PayerNo>916201022243338110</PayerNo>"
            "<PayerName>兰州恒筑建设有限公司</PayerName><PayerBank>银行</PayerBank><PayerAcct>6201</PayerAcct>"
            f"<Amt>{amount}</Amt><InDate>20261210</InDate><InTime>112000</InTime><PayForm>TRF</PayForm>"
            "<BasicFlag>Y</BasicFlag>"
        )
        head = f"<TransCode>3011</TransCode><SeqNo>{serial}</SeqNo>"
        text = f"<root><head>{head}</head><body>{body}</body></root>"
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(text.encode("gb18030"))
        async with asyncio.timeout(60):
            answer = (await reader.read()).decode("gb2312")
        writer.transport.abort()
        return answer.partition("<body>")[2]

    first, again, other = await told("1"), await told("2"), await told("3", "300000.00")
    assert first.startswith("<Result>1</Result><HubNo>"), first
    assert again == first.replace("<HubNo>", "<Dup>1</Dup><HubNo>").replace("<State>1", "<State>2")
    assert other.startswith("<Result>0</Result><ErrCode>2006"), other


async def test_a_dialect_that_knows_where_it_ends_needs_no_closed_half(make_world: Any) -> None:
    _, port = await world_with(make_world, Stopped())
    told = await say(port, asking() + b".", close=False)
    assert told is not None and told["code"] == "0000"


async def test_who_may_not_speak_is_hung_up_on_unheard(make_world: Any) -> None:
    dialect = Plain()
    world, _ = await world_with(make_world, dialect)
    write(world, allow="10.9.9.9")
    async with asyncio.timeout(60):
        while await say(await heard(world), asking()) is not None:
            await asyncio.sleep(0.05)
    heard_so_far = len(dialect.seen)
    assert await say(await heard(world), asking("b-1")) is None
    assert len(dialect.seen) == heard_so_far


async def test_size_time_and_number_are_bounded(make_world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, port = await world_with(make_world, Plain(), max_body=5000, body_timeout=1.0)
    large = await say(port, b"x" * 20_000)
    assert large is None or large["code"] == "message.too-large"
    slow = await say(port, asking()[:50], close=False)
    assert slow is not None and slow["code"] == "body.timeout"
    monkeypatch.setattr(listening, "MOST_TALKS", 2)
    world, port = await world_with(make_world, Plain(), body_timeout=300.0)
    held = [await asyncio.open_connection(HOST, port) for _ in range(2)]
    for _, writer in held:
        writer.write(b"{")
    await talking(world, 2)
    assert await say(port, asking("c-1")) is None, "the third of two"
    for _, writer in held:
        writer.transport.abort()
    async with asyncio.timeout(60):
        while (told := await say(port, asking("c-1"))) is None:
            await asyncio.sleep(0.05)
    assert told["code"] == "0000"


async def test_ports_follow_the_list_of_peers_and_stop_with_the_hub(make_world: Any) -> None:
    world, port = await world_with(make_world, Plain())
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        other = probe.getsockname()[1]
    write(world, f"{HOST}:{other}")
    async with asyncio.timeout(60):
        while world.running.listeners.port(SYSTEM) != other:
            await asyncio.sleep(0.05)
    told = await say(other, asking())
    assert told is not None and told["code"] == "0000"
    with pytest.raises(OSError, match=str(port)):
        await say(port, asking())
    write(world, None)
    async with asyncio.timeout(60):
        while world.running.listeners.port(SYSTEM) is not None:
            await asyncio.sleep(0.05)
    with pytest.raises(OSError, match=str(other)):
        await say(other, asking())


async def test_a_port_that_is_taken_disables_itself_and_nothing_else(
    make_world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        world = await make_world(found=Found({"bank-tcp-xml": Plain()}, {}))
        write(world, f"{HOST}:{port}")
        async with asyncio.timeout(60):
            while f"cannot listen for {SYSTEM}" not in caplog.text:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.2)
        assert caplog.text.count("cannot listen") == 1
        assert (await world.get("/healthz"))[0] == 200
    told = await say(await heard(world), asking())
    assert told is not None and told["code"] == "0000", "free again, taken up again"


async def test_what_is_under_way_when_the_hub_stops_is_still_answered(make_world: Any) -> None:
    world, port = await world_with(make_world, Stopped())
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(asking("d-1"))
    await writer.drain()
    await talking(world, 1)
    stopping = asyncio.create_task(world.running.stop())
    async with asyncio.timeout(60):
        while world.running.listeners.port(SYSTEM) is not None:
            await asyncio.sleep(0.02)
    writer.write(b".")
    await writer.drain()
    told = json.loads(await reader.read())
    assert told["code"] == "0000" and told["hubId"]
    writer.transport.abort()
    await stopping
