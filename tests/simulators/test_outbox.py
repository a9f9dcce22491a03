"""Callbacks: owed by a side, carried to the hub until acknowledged; storms, and early ones."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.standard import load
from simulators.dialects import envelope_cipher as cipher
from simulators.faults.plan import MECHANISMS, known
from simulators.outbox import carry, owed
from simulators.roll import roll
from simulators.senders import sender
from simulators.systems.build import Making, build
from simulators.trading.voice import Wire
from simulators.wire import Request

NOW = datetime.fromisoformat("2026-11-22T09:00:01+08:00")


def applied(ident: str, *moods: str) -> Any:
    """An application for a guarantee at this issuer, under these moods."""
    system = build(roll()[ident], Making())
    line = "apply-fen" if ident == "F04" else "apply-ok"
    golden = next(each for each in Papers.load("sm2-envelope").golden() if each["id"] == line)
    plain = golden["plain"]["request"].encode()
    hub = _hub_private(ident)
    headers = {"x-app-id": system.desk.credentials["app_id"], "x-sign": cipher.sign(plain, hub)}
    body = cipher.close(bytes.fromhex(system.desk.credentials["sm4_key"]), b"i" * 16, plain)
    system.desk.moods = frozenset(moods)
    said = system.side.answer(Request("POST", "/outreach/api", "", headers, body), NOW)
    assert not said.body.startswith(b"{"), said.body
    return system


def _hub_private(ident: str) -> str:
    return str(build(roll()[ident], Making()).desk.credentials["sign_private"])


class Hub:
    """Acknowledges in clear what it can read; the first `busy` times it is busy."""

    def __init__(self, system: Any, busy: int = 0) -> None:
        self._key = bytes.fromhex(system.desk.credentials["sm4_key"])
        self._sign = system.desk.credentials["sign_private"]
        self.busy = busy
        self.heard: list[dict[str, Any]] = []

    async def post(self, wire: Wire) -> tuple[int, bytes] | None:
        plain = cipher.open_body(self._key, wire.body)
        assert plain is not None
        told = json.loads(plain)
        self.heard.append(told)
        self.busy -= 1
        code = "400001" if self.busy >= 0 else "000000"
        answer = cipher.compact(
            {"head": {**told["head"], "respCode": code, "respMsg": ""}, "body": {"hubId": "1"}}
        )
        return 200, cipher.close(self._key, b"j" * 16, answer)


async def test_an_issued_guarantee_is_told_once_and_again_while_the_hub_is_busy() -> None:
    for busy in (0, 2):
        system = applied("F01")
        hub = Hub(system, busy)
        heard = await carry(system.desk, sender(system.desk, load()), hub.post, lambda: NOW)
        assert [one.ok for one in heard] == [True] and len(hub.heard) == busy + 1
        assert {told["head"]["serialNo"] for told in hub.heard} == {hub.heard[0]["head"]["serialNo"]}
        body = hub.heard[0]["body"]
        assert body["applyNo"] == "LGA-2026-0001" and body["plainDigest"].startswith("sm3:")
        assert not owed(system.desk)


async def test_f04_tells_fen() -> None:
    system = applied("F04")
    hub = Hub(system)
    await carry(system.desk, sender(system.desk, load()), hub.post, lambda: NOW)
    assert hub.heard[0]["body"]["lgAmt"] == 20000000


async def test_a_storm_of_callbacks() -> None:
    system = applied("F01", "callback-retry-storm")
    hub = Hub(system)
    await carry(system.desk, sender(system.desk, load()), hub.post, lambda: NOW)
    assert len(hub.heard) == 5 and all(told == hub.heard[0] for told in hub.heard)


def test_a_callback_that_overtakes_the_answer() -> None:
    system = applied("F01", "callback-before-ack")
    assert [callback.early for callback in owed(system.desk)] == [True]
    fault = known("callback-before-ack", "sm2-envelope")
    assert MECHANISMS[fault.mechanism](fault).after == 1.0, "the answer waits, the callback does not"
    assert [callback.early for callback in owed(applied("F01").desk)] == [False]


@pytest.mark.parametrize(("action", "state"), [("confirm", 2), ("refuse", 3)])
async def test_c04_signs_and_calls_back(action: str, state: int) -> None:
    system = build(roll()["C04"], Making())
    side: Any = system.side
    user = system.desk.switches["user"]
    golden = next(each for each in Papers.load("scan-oauth").golden() if each["id"] == "sign-ok")
    asked = json.loads(golden["request"]["body"])
    holder = system.desk.switches["authority"].vendor.holders["builder"]
    asked["certificate"]["subject_code"] = holder.code
    side._serve("ca.sign", asked, NOW)
    user.act(action, next(iter(user.tickets)), NOW)
    sent: list[dict[str, Any]] = []

    async def post(wire: Wire) -> tuple[int, bytes]:
        sent.append(json.loads(wire.body))
        return 200, b'{"code":200,"msg":"ok","data":{"received":true}}'

    heard = await carry(system.desk, sender(system.desk, load()), post, lambda: NOW)
    assert [one.ok for one in heard] == [True]
    assert (sent[0]["event"], sent[0]["req_no"], sent[0]["data"]["state"]) == ("sign", "CAS-0002", state)
    assert ("signature" in sent[0]["data"]) == (action == "confirm")
