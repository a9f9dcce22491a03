"""`ca.sync` at work: neighbours' lists taken as they are told or fetched, ours given out whole or as a delta.

A neighbour's list that was taken lies in the folder before its message is confirmed; if we fall over between
the two it is told again, and is the same. Asked are only addresses that our own signed list states.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from certs.trustlist import Peer
from certs.trustlist.delta import difference, digest_of
from hub.ca.belief import folder_of
from hub.ca.fetching import fetch
from hub.ca.hearing import Hearing
from hub.ca.neighbours import GAP, Refused, Taken, due, held, judge, lay_down, report
from hub.ca.policy import LISTED
from hub.ca.telling import TOLD_OF
from hub.errors import HubError
from hub.ports import Answer
from hub.settings import SANDBOX, Settings

if TYPE_CHECKING:
    from hub.ca.judges import Judges
    from hub.ca.standing import Standing

log = logging.getLogger(__name__)
SYNC, TRUST_LIST = "ca.sync", "trust-list"
EVERY = timedelta(minutes=4)
FIRST = 2.5  # seconds that the very first question waits for neighbours' lists
_KEPT = 16
_THREADS = 2
Go = Callable[[], Awaitable[Answer]]


class Desk(Protocol):
    """What is needed of `hub.ca.desk.CaDesk`."""

    async def open(self) -> Judges: ...
    def hold(self, standing: Standing) -> None: ...
    def there(self) -> bool: ...
    async def work(self, work: Callable[[], Any]) -> Any: ...
    async def beside(self, asker: str, value: Any) -> Any: ...


class Syncing:
    """`past` are lists of ours that somebody may still have, by digest.

    Who is asked may be silent: waiting for him has threads of its own, those of the loop take bids."""

    def __init__(self, desk: Desk, settings: Callable[[], Settings], clock: Callable[[], datetime]) -> None:
        self._desk, self._settings, self._clock = desk, settings, clock
        self._door = asyncio.Lock()
        self._asked: dict[str, datetime] = {}
        self._outside = ThreadPoolExecutor(_THREADS, "ca-lists")
        self._hearing = Hearing(desk, settings, clock, self._outside)
        self._looks: set[asyncio.Task[None]] = set()
        self._came = False
        self._past: dict[str, bytes] = {}
        self._deltas: dict[str, bytes] = {}

    # theirs

    async def take(self, system: str, fields: Mapping[str, Any], go: Go) -> Answer:
        """A message `ca.sync` of this system; `go` takes it in like any other, if nothing speaks against."""
        kind = fields.get("syncKind")
        if kind not in (TRUST_LIST, *TOLD_OF) or not self._desk.there():
            return await go()
        octets = await self._octets(system, fields.get("content"))
        if octets is None:
            self._asked.clear()  # there is something new: whoever has an address is asked at the next look
            return await go()
        if kind != TRUST_LIST:
            return await self._hearing.take(system, kind, fields, octets, go)
        try:
            found = await self._apply(octets, system)
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
        if isinstance(found, Refused):
            return Answer(422, found.code, "信任列表未采用,现行列表不变", findings=found.findings)
        answer = await go()
        if found is None or answer.status >= 300:
            return answer
        return replace(answer, data={**answer.data, "appliedVersion": str(fields.get("listVersion", ""))})

    async def tend(self, judges: Judges) -> None:
        """Ask the neighbours who are due."""
        if judges.belief.policy.fetch != LISTED:
            return
        now = self._clock()
        for peer in due(judges.listed, self._asked, now, EVERY):
            self._asked[peer.region] = now
            here = await asyncio.to_thread(held, folder_of(self._settings()), peer.region)
            found = await self._fetched(peer, here)
            if isinstance(found, Refused) and found.code == GAP:
                found = await self._fetched(peer, None)
            if isinstance(found, Refused):
                report(found, "its address")

    def soon(self, judges: Judges) -> None:
        """Ours is another than before: whom it names is asked now, not at the next look."""
        self._asked.clear()
        if judges.belief.policy.fetch == LISTED and any(one.location for one in judges.listed.peers):
            task = asyncio.get_running_loop().create_task(self._looked(judges))
            self._looks.add(task)
            task.add_done_callback(self._looks.discard)

    async def _looked(self, judges: Judges) -> None:
        try:
            await self.tend(judges)
        except (HubError, OSError) as error:
            log.warning("lists of neighbours: %s", error)

    async def first(self) -> bool:
        """Wait, not for long, for neighbours of whom nothing lies here yet; did any list come?"""
        if self._looks:
            await asyncio.wait(self._looks, timeout=FIRST)
        return self._came

    async def close(self) -> None:
        for task in self._looks:
            task.cancel()
        await asyncio.gather(*self._looks, return_exceptions=True)
        self._outside.shutdown(wait=False, cancel_futures=True)

    async def _fetched(self, peer: Peer, here: bytes | None) -> Taken | Refused | None:
        strict = self._settings().realm != SANDBOX
        mark = "&" if "?" in peer.location else "?"
        url = peer.location + (f"{mark}have={digest_of(here)}" if here is not None else "")
        work = partial(fetch, url, "application/json", strict=strict)
        raw = await asyncio.get_running_loop().run_in_executor(self._outside, work)
        return None if raw is None else await self._apply(raw, "")

    async def _apply(self, octets: bytes, source: str) -> Taken | Refused | None:
        """One at a time: a delta counts on what lies there when it is put on it. Raises HubError."""
        async with self._door:
            judges, folder = await self._desk.open(), folder_of(self._settings())
            now = self._clock()
            found: Taken | Refused | None = await self._desk.work(
                lambda: judge(judges.listed, folder, octets, now)
            )
            if isinstance(found, Refused) and source:
                report(found, source)
            if isinstance(found, Taken) and found.fresh:
                taken = found
                await asyncio.to_thread(lay_down, folder, taken)
                self._came = True
            return found

    async def _octets(self, system: str, content: Any) -> bytes | None:
        """Of the file that came along or was sent before; None where there is only its name."""
        told = await self._desk.beside(system, content) if isinstance(content, Mapping) else {}
        data = told.get("data")
        return base64.b64decode(data) if isinstance(data, str) else None

    # ours

    def replaced(self, raw: bytes) -> None:
        """Ours is another now; what was so far may still be somebody's."""
        self._past[digest_of(raw)] = raw
        self._deltas.clear()
        while len(self._past) > _KEPT:
            del self._past[next(iter(self._past))]

    async def given(self, raw: bytes, have: str) -> bytes:
        """What changed since the list of that digest; the whole where we do not know it (any more)."""
        if have not in self._deltas:
            base = raw if have == digest_of(raw) else self._past.get(have)
            if base is None:
                return raw
            self._deltas[have] = await self._desk.work(lambda: difference(base, raw))
        return self._deltas[have]
