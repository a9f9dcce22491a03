"""Each receiver gets the time its papers give it, never more than the setting allows."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from core_kit import Bench, FakePeer, FakeTransport, until

from hub import catalogue
from hub.catalogue.papers import Papers
from hub.delivery.limits import CONNECT, MAX_ANSWER, Limits, limits
from hub.delivery.transport import HttpTransport, TransportError
from hub.ports import WireRequest
from tests.rows import each

ISSUED = catalogue.load().with_papers()


@each("dialect", ISSUED)
def test_the_papers_of_every_dialect_say_how_long(dialect):
    stated = Papers.load(dialect).facts["limits"]
    found = limits(stated, 60.0)
    assert (found.total, found.connect) == (stated["total_s"], stated["connect_s"])
    assert found.answer == stated["max_answer_bytes"]


def test_dialects_differ_and_the_setting_is_the_ceiling():
    totals = {dialect: limits(Papers.load(dialect).facts["limits"], 60.0).total for dialect in ISSUED}
    assert len(set(totals.values())) > 2, "one limit for all would pass unseen"
    assert limits({"total_s": 15.0, "connect_s": 3.0}, 2.0) == Limits(2.0, 2.0, MAX_ANSWER)
    assert limits({}, 7.0) == Limits(7.0, CONNECT, MAX_ANSWER)


class Watching(FakeTransport):
    """Remembers how much patience came with each call."""

    def __init__(self) -> None:
        super().__init__()
        self.patience: dict[str, float] = {}

    async def send(self, system, request, limits):
        self.patience[system] = limits.total
        return await super().send(system, request, limits)


async def test_a_delivery_is_bounded_by_the_papers_of_its_receiver(tmp_path):
    bench = Bench(tmp_path, delivery_timeout=9.0, head_pulse=0.1)
    bench.transport = Watching()
    hub = await bench.open("T01")
    try:
        answer = await bench.send(hub, "eng-project")
        assert answer.status == 202
        # The department gets the record, the chain the tree head over it.
        await until(lambda: len(bench.transport.patience) > 1 and "B01" in bench.transport.patience)
    finally:
        await hub.drain()
    for system, total in bench.transport.patience.items():
        stated = Papers.load(catalogue.load().system(system).dialect).facts["limits"]["total_s"]
        assert total == min(stated, 9.0), system
    assert set(bench.transport.patience.values()) == {5.0, 9.0}


class One:
    """The only peer."""

    def __init__(self, base):
        self.base = base

    def get(self, system):
        return FakePeer(self.base)


async def test_a_silent_receiver_is_given_up_at_its_own_limit_and_a_long_answer_at_its_size():
    async def handle(request):
        if request.path == "/long":
            return web.Response(body=bytes(2000))
        await asyncio.sleep(3600)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    transport = HttpTransport(One(f"http://127.0.0.1:{runner.addresses[0][1]}"))
    try:
        with pytest.raises(TransportError) as told:
            await transport.send("B01", WireRequest("GET", "/silent"), Limits(1.0))
        assert (told.value.code, told.value.sent) == ("network.timeout", True)
        whole = await transport.send("B01", WireRequest("GET", "/long"), Limits(60.0, answer=2000))
        assert len(whole.body) == 2000
        with pytest.raises(TransportError) as told:
            await transport.send("B01", WireRequest("GET", "/long"), Limits(60.0, answer=1999))
        assert told.value.code == "receiver.answer-too-large"
    finally:
        await transport.close()
        await runner.cleanup()
