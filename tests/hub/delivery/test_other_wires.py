"""What is not HTTP goes the same way: lanes, retries, breakers, questions, and the guard of production."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from importlib.metadata import EntryPoint
from ipaddress import ip_network

import pytest
from asking import FOUND, ask
from core_kit import FakeDialect, until
from wire_kit import RowDialect, RowPeers, bench_over, make, sql

from hub import catalogue, transports
from hub.delivery import chooser
from hub.delivery.attempt import HOPELESS, Caller
from hub.delivery.chooser import Chooser
from hub.delivery.limits import Limits
from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.errors import DriverMissingError
from hub.failpoints import FailPoints
from hub.peers import Peer
from hub.ports import Blame, Kind, Outcome, Outgoing, WireReply, WireRequest

RECEIVER = "D09"
QUICK = Limits(5.0)


class Wire:
    """A carrier that notes where it is told to go."""

    methods = frozenset({"TCP", "FILES", "ROWS"})

    def __init__(self, does=None):
        self.places, self.closed, self.does = [], False, does

    async def carry(self, place, request, bounds):
        self.places.append((place.base, place.addresses))
        if self.does:
            await self.does()
        return WireReply(200, {}, request.body)

    async def close(self):
        self.closed = True


class Http:
    async def send(self, system, request, limits):
        return WireReply(204)

    async def close(self):
        self.closed = True


class Peers:
    def __init__(self, peer):
        self.peer = peer

    def get(self, system):
        return self.peer


def choosing(peer, wire=None, *, strict=False):
    return Chooser(Peers(peer), Http(), lambda name: lambda onward: wire or Wire(), strict)


def tcp(base="tcp://127.0.0.1:9", method="TCP"):
    return choosing(Peer(base)).send("F02", WireRequest(method, "", {}, b"x"), QUICK)


async def failed(sending):
    with pytest.raises(TransportError) as caught:
        await sending
    return caught.value.code, caught.value.sent


async def test_the_scheme_says_who_carries_and_the_method_must_fit():
    assert (await tcp()).body == b"x"
    assert (await tcp("http://127.0.0.1:9", "POST")).status == 204
    assert await failed(tcp("http://127.0.0.1:9")) == ("peer.scheme", False)
    assert await failed(tcp(method="POST")) == ("peer.scheme", False)
    assert await failed(tcp("")) == ("peer.unlisted", False)
    assert "peer.scheme" in HOPELESS


async def test_files_go_to_the_folder_of_a_system_that_has_one_beside_its_tables():
    wire = Wire()
    both = choosing(Peer("sqlite:////x.db", files="ftp://127.0.0.1:21/in"), wire)
    for method in ("ROWS", "FILES"):
        await both.send("X16", WireRequest(method, ""), QUICK)
    assert wire.places == [("sqlite:////x.db", ()), ("ftp://127.0.0.1:21/in", ("127.0.0.1",))]
    named = Peer("sqlite:////x.db", {"files": "sftp://127.0.0.1/up"})
    await choosing(named, wire).send("X16", WireRequest("FILES", ""), QUICK)
    assert wire.places[-1] == ("sftp://127.0.0.1/up", ("127.0.0.1",))
    await both.close()
    assert wire.closed and both.http.closed


@pytest.mark.parametrize("scheme", ["tcp", "ftp", "sftp", "postgresql"])
async def test_in_production_a_name_leads_only_where_its_row_allows(scheme):
    wire, name = Wire(), f"{scheme}://localhost:1/x"
    asked = WireRequest("FILES", "")
    assert await failed(choosing(Peer(name), wire, strict=True).send("X", asked, QUICK)) == (
        "peer.forbidden-address", False,
    )  # fmt: skip
    inner = Peer(name, reach=(ip_network("127.0.0.0/8"),))
    await choosing(inner, wire, strict=True).send("X", asked, QUICK)
    await choosing(Peer(f"{scheme}://127.0.0.1:1/x"), wire, strict=True).send("X", asked, QUICK)
    await choosing(Peer(name), wire).send("X", asked, QUICK)
    assert [places for _, places in wire.places][:2] == [("127.0.0.1",), ("127.0.0.1",)]
    assert "127.0.0.1" in wire.places[2][1]


async def test_a_name_nobody_knows_is_a_refused_connection():
    assert await failed(tcp("tcp://no-such-name.invalid:1")) == ("network.refused", False)


async def test_a_carrier_that_breaks_its_word_leaves_the_effect_unknown(monkeypatch, caplog):
    monkeypatch.setattr(chooser, "GRACE", 0.1)

    async def hang():
        await asyncio.sleep(60)

    async def break_down():
        raise KeyError("a secret")

    for does, seconds, code in ((hang, 0.1, "network.timeout"), (break_down, 60.0, "network.reset")):
        sending = choosing(Peer("tcp://127.0.0.1:9"), Wire(does)).send(
            "F02", WireRequest("TCP", ""), Limits(seconds)
        )
        assert await failed(sending) == (code, True)
    assert "a secret" not in caplog.text


async def test_a_missing_library_says_what_to_install_and_the_message_waits(monkeypatch, caplog):
    entry = EntryPoint("sftp", "hutong_no_such_module:carrier", transports.GROUP)
    monkeypatch.setattr(transports, "installed", lambda: {"sftp": entry})
    for name in ("sftp", "gopher"):
        with pytest.raises(DriverMissingError, match="pip install"):
            transports.maker(name)

    class Row:
        id, variant = "X11", ""

    class Dialect(FakeDialect):
        def encode(self, outgoing, call):
            return WireRequest("FILES", "", {}, b"{}")

    peers = Peers(Peer("sftp://127.0.0.1/x"))
    caller = Caller(
        Row(), Dialect(), Chooser(peers, Http(), transports.maker), peers, lambda: None, str, FailPoints(),
        QUICK,
    )  # fmt: skip
    outcome = await caller.deliver(Outgoing("m", "s", "insert", 1, {}), "k", unsure=False)
    assert (outcome.kind, outcome.code, outcome.blame) == (Kind.RETRY, "peer.driver-missing", Blame.HUB)
    assert "hutong_no_such_module" in outcome.foreign and "pip install" in outcome.foreign


@pytest.mark.parametrize(("name", "module", "package"), [
    ("sftp", "adapters.transports.files_sftp", "asyncssh"),
    ("ftp", "adapters.transports.files_ftp", "aioftp"),
    ("postgresql", "adapters.transports.postgresql", "asyncpg"),
])  # fmt: skip
def test_each_installed_carrier_does_without_its_library_until_it_is_asked(
    monkeypatch, name, module, package
):
    for loaded in (module, *[one for one in sys.modules if one.partition(".")[0] == package]):
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    made = transports.maker(name)
    del sys.modules[module]  # made without its library: nobody else shall meet it
    with pytest.raises(DriverMissingError, match=package):
        made(None)


async def test_a_record_becomes_a_row_and_is_delivered_when_the_receiver_has_judged_it(tmp_path):
    table = tmp_path / "front.db"
    make(table)
    bench = bench_over(tmp_path / "data", RowPeers(RECEIVER, table), RowDialect(), _dialect_of(RECEIVER),
                       retry_schedule=(0.05,) * 200)  # fmt: skip
    bench.transport = None  # the hub's own choice
    hub = await bench.open("T01")
    with closing(sqlite3.connect(table, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        hub_id = (await bench.send(hub, "eng-project")).data["hubId"]
        await until(lambda: bench.clock.on(1) or "receiver.locked" in _codes(hub, hub_id), seconds=60)
        other.execute("ROLLBACK")
    await until(lambda: bench.clock.on(1) or "receiver.pending" in _codes(hub, hub_id), seconds=60)
    assert sql(table, "SELECT count(*), min(stage) FROM inbox") == [(1, "eng-project")]
    sql(table, "UPDATE inbox SET flag = 1")
    await until(lambda: bench.clock.on(1) or _told(hub, hub_id)["state"] == "delivered", seconds=60)
    assert sql(table, "SELECT count(*) FROM inbox") == [(1,)], "however often it was looked at"
    await hub.drain()


class BankDialect(FakeDialect):
    """Asks over a socket."""

    def encode(self, outgoing, call):
        return WireRequest("TCP", "", {}, json.dumps(dict(outgoing.fields), ensure_ascii=False).encode("gbk"))

    def decode(self, reply, outgoing, call):
        return Outcome(Kind.DELIVERED, "ok", data=json.loads(reply.body.decode("gbk")))


async def test_a_question_goes_over_a_socket_as_well(tmp_path):
    heard = []

    async def provider(reader, writer):
        heard.append((await reader.read()).decode("gbk"))
        writer.write(json.dumps(FOUND, ensure_ascii=False).encode("gbk"))
        writer.close()

    server = await asyncio.start_server(provider, "127.0.0.1", 0)

    class Everywhere:
        def get(self, system):
            return Peer(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    bench = bench_over(tmp_path / "data", Everywhere(), BankDialect())
    bench.dialects = dict.fromkeys(bench.dialects, BankDialect())
    hub = await bench.open("T01")
    told = await ask(bench, hub)
    assert (told.code, told.data["PROJECT_NAME"]) == ("0000", FOUND["PROJECT_NAME"]), told
    assert json.loads(heard[0])["purpose"] == "招标"
    await hub.drain()
    server.close()


def _dialect_of(system):
    return catalogue.load().by_id[system].dialect


def _codes(hub, hub_id):
    return [one["code"] for one in _told(hub, hub_id)["attempts"]]


def _told(hub, hub_id):
    deliveries = hub.trace(Reader("T01"), hub_id)["deliveries"]
    return next(one for one in deliveries if one["receiver"] == RECEIVER)
