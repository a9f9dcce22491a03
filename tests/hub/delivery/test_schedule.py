"""The published schedule, sentence by sentence: jitter, Retry-After, 502, HTML with 200, one probe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web
from core_kit import Bench, FakePeer, quiet, until
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.backoff import PATIENCE, SPREAD, asked_for, retry_after, wait
from hub.delivery.breaker import Breaker
from hub.delivery.limits import Limits
from hub.delivery.transport import HttpTransport, TransportError
from hub.dialects import find
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest
from hub.settings import Settings
from tests.rows import each

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
HTML = "<!DOCTYPE html><html><title>登录</title></html>".encode()


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 8))
def test_jitter_never_earlier_than_published_and_never_later_than_a_fifth(chance, tries):
    schedule = Settings().retry_schedule
    pause = wait(schedule, tries, chance)
    assert schedule[tries - 1] <= pause <= schedule[tries - 1] * (1 + SPREAD)


def test_jitter_really_spreads():
    assert len({wait((1.0,), 1, chance / 100) for chance in range(100)}) == 100


@each(
    ("text", "seconds"),
    [
        ("120", 120.0), ("0", 0.0), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0), ("", 0.0), ("soon", 0.0),
        ("-5", 0.0), ("1e9", 0.0), ("٣", 0.0), ("9" * 400, 999999999.0), ("Wed, 99 Foo", 0.0),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_a_date_or_nothing(text, seconds):
    assert retry_after({"retry-after": text}, NOW) == seconds


def test_a_receiver_may_ask_for_longer_not_for_shorter_and_not_for_ever():
    assert asked_for(5.0, 120.0) == 120.0
    assert asked_for(300.0, 1.0) == 300.0
    assert asked_for(5.0, 1e9) == PATIENCE


async def test_a_receivers_retry_after_is_waited_for(tmp_path):
    bench = Bench(tmp_path, retry_schedule=(1.0, 1.0), breaker_failures=100)
    plain = bench.transport.send

    async def busy(system, request, limits):
        reply = await plain(system, request, limits)
        return WireReply(reply.status, {"retry-after": "120"}, reply.body)

    bench.transport.send = busy
    bench.transport.behave["D01"] = lambda said: {"kind": "retry", "code": "receiver.busy"}
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project")
    await until(lambda: len(bench.transport.got["D01"]) == 1)
    await quiet(hub, "D01")
    bench.clock.on(100)
    await quiet(hub, "D01")
    assert len(bench.transport.got["D01"]) == 1, "not before it asked for"
    bench.clock.on(21)
    await until(lambda: len(bench.transport.got["D01"]) == 2)
    await hub.drain()


@each("status", [500, 502, 503, 504])
@each("name", sorted(find().loaded))
def test_a_gateways_error_page_is_tried_again_and_never_taken_for_an_answer(name, status):
    assert _decoded(name, WireReply(status, {"content-type": "text/html"}, HTML)).kind in {
        Kind.RETRY,
        Kind.UNKNOWN,
    }


@each("name", sorted(find().loaded))
def test_html_with_200_is_tried_again_and_never_taken_for_an_answer(name):
    assert _decoded(name, WireReply(200, {"content-type": "text/html; charset=utf-8"}, HTML)).kind in {
        Kind.RETRY,
        Kind.UNKNOWN,
    }


def _decoded(name: str, reply: WireReply) -> Outcome:
    call = Call("D01", "", {}, NOW, "0" * 32, "key-1")
    return find().loaded[name].decode(reply, Outgoing("project.info", "eng-project", "insert", 1, {}), call)


def test_half_open_is_one_probe_and_its_outcome_decides():
    breaker = Breaker(failures=3, pause=10)
    for _ in range(3):
        breaker.failed(0)
    assert not breaker.allows(9.99)
    assert [breaker.allows(10) for _ in range(5)] == [True, False, False, False, False]
    breaker.failed(10)
    assert breaker.state(19.9) == "open" and breaker.allows(20)
    breaker.passed()
    assert breaker.state(20) == "closed"


async def test_one_destination_open_leaves_the_others_alone(tmp_path):
    bench = Bench(tmp_path, breaker_failures=1, breaker_pause=1e6, retry_schedule=(0.01,) * 9)
    bench.transport.behave["D01"] = lambda said: TransportError("network.refused", sent=False)
    hub = await bench.open("T01")
    for seed in range(1, 6):
        await bench.send(hub, "eng-project", seed=seed)
    await until(lambda: len(bench.transport.got["D09"]) == 5)
    await until(lambda: hub._parts.dispatcher.avoided(bench.clock().timestamp()) == {"D01"})
    await hub.drain()


async def test_a_redirect_leads_nowhere_not_even_inside():
    """A listed peer that answers with addresses of its own choosing: none of them is ever called."""
    trapped, seen = [], []

    async def trap(request: web.Request) -> web.Response:
        trapped.append(request.path)
        return web.Response()

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.path)
        raise web.HTTPTemporaryRedirect(f"http://127.0.0.1:{inner}/latest/meta-data/")

    runners = []
    for handler in (trap, elsewhere):
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        runners.append(web.AppRunner(app))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], "127.0.0.1", 0).start()
    inner, outer = (runner.addresses[0][1] for runner in runners)

    class Peers:
        def get(self, system: str) -> FakePeer:
            return FakePeer(f"http://127.0.0.1:{outer}")

    transport = HttpTransport(Peers())
    try:
        reply = await transport.send("D01", WireRequest("POST", "/put", {}, b"x"), Limits(2))
        assert (reply.status, len(seen), trapped) == (307, 1, [])
    finally:
        await transport.close()
        for runner in runners:
            await runner.cleanup()
