"""One call through a system's armed fault, its own answer and its journal: the same on every kind of line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from simulators.faults import Act
from simulators.system import System
from simulators.wire import Reply, Request

Clock = Callable[[], datetime]


async def serve(
    system: System, request: Request, clock: Clock, drawn: tuple[str, Act] | None = None
) -> tuple[Reply | None, Act]:
    """The reply as the fault leaves it, and the act: it says whether and where the line is to be cut.

    A cut is journalled without a reply, although what was cut off is returned. `drawn` is the fault, where
    the caller has asked for it already.
    """
    name, act = drawn or system.faults.next(request)
    if act.before:
        await asyncio.sleep(act.before)
    reply = met(system, request, clock(), name, act)
    if act.after:
        await asyncio.sleep(act.after)
    return reply, act


def met(system: System, request: Request, now: datetime, name: str, act: Act) -> Reply | None:
    """The answering itself, without any waiting: the system's answer under this fault, journalled."""
    reply = system.answer(request, now, act)
    system.note(now, request, None if act.cut else reply, name)
    return reply
