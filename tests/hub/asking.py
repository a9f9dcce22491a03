"""Questions for the tests of services, and a steady clock that can be moved on."""

from __future__ import annotations

import time
from dataclasses import replace

from core_kit import NOW, Bench

from hub.engine import Hub
from hub.message import wall

FOUND = {
    "found": True, "PROJECT_NAME": "示例项目", "LEGAL_PERSON": "示例单位", "APPROVAL_AUTHORITY": "示例局",
    "approvalResult": "approved", "asOf": wall(NOW),
}  # fmt: skip
CREDIT = {"creditCheckNo": "C1", "barred": False, "hits": [], "sourceSystem": "R01", "asOf": wall(NOW)}
SECTION = "E6210262602013950001001"
PARTY = {"type": "1", "code": "91620700MAXG7RXC17", "name": "示例公司"}
ASKED = {
    "project.query": {
        "queryKind": "invest-code",
        "INVEST_PROJECT_CODE": "2602-621026-89-01-491212",
        "purpose": "招标",
    },
    "credit.query": {"party": PARTY, "point": "sign-up", "atTime": wall(NOW), "purpose": "报名核验"},
    "ca.status": {
        "certificate": {
            "caId": "C01",
            "issuer": "CN=示例",
            "serialNo": "01",
            "digest": "00",
            "medium": "token",
            "usage": "sign",
            "notBefore": wall(NOW),
            "notAfter": wall(NOW),
        }
    },
}


def good(data):
    return lambda said: {"kind": "delivered", "data": data}


def asking(bench: Bench, service="project.query", number="q1", sender="T01", ext=None, **fields):
    head = {
        "ver": "1", "realm": "sandbox", "from": sender, "msgId": number, "msgType": service,
        **bench.circumstance(),
    }  # fmt: skip
    body = {"fields": {**ASKED[service], **fields}}
    return {"head": head, "body": {**body, **({"ext": ext} if ext else {})}}


async def ask(bench: Bench, hub: Hub, *wanted, **more):
    return await hub.service(bench.signed(asking(bench, *wanted, **more)))


def story(hub: Hub, reader, sender, number):
    """How the last answer to a question came about, as `reader` is told."""
    return hub.find(reader, sender, number)["answers"][-1]


class Steady:
    """The steady clock, moved on when told; put into a hub's services."""

    def __init__(self, hub: Hub) -> None:
        self.ahead = 0.0
        desk = hub.live.services
        sources = replace(desk.sources, ticks=self)
        hub._parts.live = replace(hub.live, services=replace(desk, sources=sources))
        sources.chain.ticks = self

    def __call__(self) -> float:
        return time.monotonic() + self.ahead
