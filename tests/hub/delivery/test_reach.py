"""Only listed peers are called; a listed name leads only where it may; what a vendor writes is no target."""

from __future__ import annotations

import ast
import socket
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from core_kit import FakePeer

from hub.delivery.attempt import HOPELESS
from hub.delivery.limits import Limits
from hub.delivery.reach import allowed
from hub.delivery.transport import HttpTransport, TransportError
from hub.ports import WireRequest
from tests.rows import each

ROOT = Path(__file__).parents[3] / "hub"


@each(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00:ec2::254", "::ffff:169.254.169.254",
        "::ffff:127.0.0.1", "2002:7f00:1::", "ff02::1", "::",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused_unless_listed(address):
    assert not allowed(address, ())
    assert not allowed(address, (ip_network("203.0.113.0/24"),))


def test_outer_ones_and_listed_inner_ones_are_called():
    assert allowed("8.8.8.8", ()) and allowed("2606:4700::1111", ())
    assert allowed("10.1.2.3", (ip_network("10.0.0.0/8"),))
    assert not allowed("169.254.169.254", (ip_network("10.0.0.0/8"),))
    assert allowed("::ffff:10.1.2.3", (ip_network("10.0.0.0/8"),))


class Names(AbstractResolver):
    """A name service that says something else every time."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            {"hostname": host, "host": one, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for one in addresses
        ]

    async def close(self):
        return None


class Peers:
    def __init__(self, base, reach=()):
        self.peer = FakePeer(base)
        object.__setattr__(self.peer, "reach", tuple(map(ip_network, reach)))

    def get(self, system):
        return self.peer


@pytest.fixture
async def inside(monkeypatch):
    """A server on loopback as a stand-in for whatever is inside, and a way to be led to it by name."""
    seen = []

    async def handle(request):
        seen.append(request.headers["Host"])
        return web.Response(headers={"Connection": "close"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = []

    def transport(names, reach=(), host="peer.example"):
        monkeypatch.setattr("aiohttp.DefaultResolver", lambda: names)
        port = runner.addresses[0][1]
        made.append(HttpTransport(Peers(f"http://{host}:{port}", reach), strict=True))
        return made[-1]

    yield transport, seen
    for one in made:
        await one.close()
    await runner.cleanup()


async def test_a_name_that_leads_inside_is_not_called(inside):
    transport, seen = inside
    with pytest.raises(TransportError) as told:
        await transport(Names(["127.0.0.1"])).send("D01", WireRequest("POST", "/x"), Limits(2))
    assert (told.value.code, told.value.sent, seen) == ("peer.forbidden-address", False, [])
    assert told.value.code in HOPELESS, "a person must look, no retry will mend it"


async def test_where_its_row_says_so_it_is_called(inside):
    transport, seen = inside
    reply = await transport(Names(["127.0.0.1"]), ["127.0.0.0/8"]).send(
        "D01", WireRequest("GET", "/x"), Limits(2)
    )
    assert (reply.status, len(seen)) == (200, 1)


async def test_a_name_that_changes_its_mind_finds_nobody_listening(inside):
    """Rebinding: what was looked at is what is called, a second answer is looked at again."""
    transport, seen = inside
    names = Names(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"])
    one = transport(names, ["127.0.0.1/32"])
    await one.send("D01", WireRequest("GET", "/x"), Limits(2))
    assert names.asked == 1, "resolved once for a connection"
    one._session.connector.clear_dns_cache()
    with pytest.raises(TransportError) as told:
        await one.send("D01", WireRequest("GET", "/x"), Limits(2))
    assert (told.value.code, len(seen)) == ("peer.forbidden-address", 1)


async def test_of_several_addresses_only_the_good_ones_are_called(inside):
    transport, seen = inside
    names = Names(["169.254.169.254", "127.0.0.1"])
    await transport(names, ["127.0.0.1/32"]).send("D01", WireRequest("GET", "/x"), Limits(2))
    assert len(seen) == 1


async def test_an_address_written_out_is_listed_by_that(inside):
    transport, seen = inside
    await transport(Names([]), host="127.0.0.1").send("D01", WireRequest("GET", "/x"), Limits(2))
    assert len(seen) == 1


CALLERS = {
    "delivery/transport.py",  # peers.toml
    "client.py",  # the verbs' own hub, HUTONG_URL
    "demo/steering.py",  # our own child
    "evidence/authority.py",  # the time-stamp service of the settings
}


def test_no_other_file_of_the_hub_can_call_anybody():
    """Addresses in an application or a plan stay text: who could call them is on this list."""
    calling = {
        "ClientSession",
        "HTTPConnection",
        "HTTPSConnection",
        "urlopen",
        "create_connection",
        "open_connection",
    }
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.id
                if isinstance(node, ast.Name)
                else ""
            )
            if name in calling:
                found.add(str(path.relative_to(ROOT)))
    assert found <= CALLERS and "delivery/transport.py" in found, found - CALLERS
