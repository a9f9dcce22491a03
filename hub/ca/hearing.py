"""Notices of `ca.sync` about single certificates at work: laid down, taken in as a message, in force, then
confirmed. Whoever verifies after the answer judges by what was told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from certs.model.der import MalformedError
from certs.model.ocsp import read_answer
from certs.revocation.ocsp import check_ocsp
from hub.ca.belief import folder_of
from hub.ca.bound import judge_bindings
from hub.ca.fetching import ask
from hub.ca.keeping import write_standing
from hub.ca.lists import judge_list
from hub.ca.policy import LISTED
from hub.ca.standing import Standing
from hub.ca.telling import BINDING, DELTA, STATUS, NotTaken, Told, Unproved, judge_changes, lifted
from hub.errors import HubError
from hub.message import Finding
from hub.ports import Answer
from hub.settings import SANDBOX, Settings

if TYPE_CHECKING:
    from hub.ca.judges import Judges

log = logging.getLogger(__name__)
UNKNOWN = "ca.revocation-unknown"
Go = Callable[[], Awaitable[Answer]]


class Desk(Protocol):
    """What is needed of `hub.ca.desk.CaDesk`."""

    async def open(self) -> Judges: ...
    def hold(self, standing: Standing) -> None: ...
    async def work(self, work: Callable[[], Any]) -> Any: ...


class Hearing:
    """One notice at a time: each changes what the one before has left."""

    def __init__(
        self,
        desk: Desk,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        outside: Executor,
    ) -> None:
        self._desk, self._settings, self._clock, self._outside = desk, settings, clock, outside
        self._door = asyncio.Lock()

    async def take(self, system: str, kind: str, fields: Mapping[str, Any], octets: bytes, go: Go) -> Answer:
        """`go` takes the message in like any other, if nothing speaks against it."""
        try:
            async with self._door:
                judges = await self._desk.open()
                found = await self._judged(judges, system, kind, octets)
                if isinstance(found, NotTaken):
                    return _refused(system, kind, found)
                if found.fresh:
                    await asyncio.to_thread(write_standing, folder_of(self._settings()), found.standing)
                answer = await go()
                if found.fresh:
                    self._desk.hold(found.standing)
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
        if answer.status >= 300:
            return answer
        _warn(system, kind, found.findings)
        told: dict[str, Any] = {"appliedVersion": str(fields.get("listVersion", ""))}
        if found.findings:
            told["rejectedEntries"] = [one.public() for one in found.findings]
        return replace(answer, data={**answer.data, **told})

    async def _judged(self, judges: Judges, system: str, kind: str, octets: bytes) -> Told | NotTaken:
        listed, standing, now = judges.belief.listed, judges.belief.standing, self._clock()

        def work() -> Told | NotTaken:
            if kind == STATUS:
                return judge_changes(listed, standing, system, octets, now)
            if kind == BINDING:
                return judge_bindings(listed, standing, system, octets)
            known = (*judges.crls, *(one.raw for one in standing.lists))
            return judge_list(listed, standing, known, system, octets, now, delta=kind == DELTA)

        found: Told | NotTaken = await self._desk.work(work)
        if isinstance(found, NotTaken) or not found.unproved:
            return found
        return await self._proved(judges, found)

    async def _proved(self, judges: Judges, found: Told) -> Told | NotTaken:
        """Their responders say whether a hold is over; a notice that nobody proves is to be sent again."""
        fetch = judges.belief.policy.fetch == LISTED
        strict = self._settings().realm != SANDBOX
        loop = asyncio.get_running_loop()
        good = [
            one.mark
            for one in found.unproved
            if fetch and await loop.run_in_executor(self._outside, _good, one, self._clock, strict)
        ]
        open_ = len(found.unproved) - len(good)
        standing = lifted(found.standing, good)
        advice = "稍后重发,或先发该 CA 签发的新吊销列表"
        lacking = Finding(UNKNOWN, "/content/changes", "OCSP 签名证明", f"{open_}", advice)
        if open_ and standing == judges.belief.standing:
            return NotTaken(UNKNOWN, (lacking,))
        findings = (*found.findings, lacking) if open_ else found.findings
        fresh = standing != judges.belief.standing
        return replace(found, standing=standing, fresh=fresh, findings=findings)


def _good(one: Unproved, clock: Callable[[], datetime], strict: bool) -> bool:
    """Has its CA signed, after we were told otherwise, that it is good? For a thread."""
    for url in one.responders:
        raw, now = ask(url, one.certificate, one.issuer, strict=strict), clock()
        if raw is None or not check_ocsp(raw, one.certificate.raw, one.issuer.raw, at=now).ok:
            continue
        try:
            _, answer = read_answer(raw)
        except MalformedError:
            continue
        if answer is not None and all(single.this_update >= one.mark.told for single in answer.singles):
            return True
    return False


def _refused(system: str, kind: str, found: NotTaken) -> Answer:
    _warn(system, kind, found.findings)
    if found.code == UNKNOWN:
        return Answer(
            503, UNKNOWN, "解冻未经 OCSP 证实,现行状态不变", retry_after=30, findings=found.findings
        )
    return Answer(422, found.code, "未采用,现行状态不变", findings=found.findings)


def _warn(system: str, kind: str, findings: Sequence[Finding]) -> None:
    if findings:
        log.warning("%s of %s not taken: %s", kind, system, ", ".join(sorted({one.code for one in findings})))
