"""`STEPS`: rows and files in their order, for systems that announce in a table what lies in a folder.

The body is `{"steps": [{"method": "ROWS" | "FILES", "body": {…}}…]}`; the answer `{"steps": [{…}…]}` with one
answer a step. The rows go to the peer's `base`, the files to its `files`. A step that is refused ends it, and
its status is the status of the whole, so that a codec reads one answer. Each step is safe to repeat, so the
whole is.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from adapters.transports.said import Refused, read_json, refusal, told
from hub.delivery.transport import TransportError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

_METHODS = frozenset({"ROWS", "FILES"})
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Left:
    """What of the bounds is left for the next step."""

    total: float
    connect: float
    answer: int


@dataclass(frozen=True, slots=True)
class Steps:
    """`onward` brings each step to the carrier of its address."""

    onward: Onward
    methods = frozenset({"STEPS"})

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError: `sent` as soon as any step before it was done."""
        try:
            steps = _read(request.body)
        except Refused as error:
            return refusal(error.word)
        ticks = asyncio.get_running_loop().time
        end, answers = ticks() + bounds.total, list[Any]()
        for step in steps:
            left = Left(max(end - ticks(), 0.001), bounds.connect, bounds.answer)
            try:
                reply = await self.onward(place.system, step, left)
            except TransportError as error:
                sent = error.sent or bool(answers)
                raise TransportError(error.code, sent=sent, detail=error.detail) from error
            answers.append(json.loads(reply.body))
            if reply.status != 200:
                return WireReply(reply.status, {}, json.dumps({**answers[-1], "steps": answers}).encode())
        return told({"steps": answers})

    async def close(self) -> None:
        """The carriers of the steps are closed by whoever made them."""


def _read(body: bytes) -> list[WireRequest]:
    steps = read_json(body, frozenset({"steps"})).get("steps")
    if not isinstance(steps, list) or not 0 < len(steps) <= MOST_STEPS:
        raise Refused("request")
    return [_step(one) for one in steps]


def _step(one: Any) -> WireRequest:
    if not isinstance(one, dict) or set(one) != {"method", "body"} or one["method"] not in _METHODS:
        raise Refused("request")
    return WireRequest(one["method"], "", {}, json.dumps(one["body"]).encode("ascii"))


def carrier(onward: Onward) -> Steps:
    """For the entry point."""
    return Steps(onward)
