"""The desk of the certificate services: reads what is asked, has it judged beside the loop, answers."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from certs.cli.report import Report
from certs.timestamp.model import Digest
from certs.trust import Trust
from hub.ca.agreeing import agreed
from hub.ca.believing import Believing
from hub.ca.explaining import judged, report
from hub.ca.fetching import wanting
from hub.ca.gateways import Gateways
from hub.ca.judges import Judges
from hub.ca.policy import LISTED
from hub.ca.question import (
    EXPLAIN,
    MOST_ITEMS,
    RECOGNISE,
    STAMP,
    VERIFY,
    Circumstances,
    Proof,
    Reading,
    circumstances,
    proof,
)
from hub.ca.stamping import opened, stamp
from hub.ca.syncing import Syncing
from hub.ca.told import told
from hub.ca.verifying import SLOW, Judged, recognised, verified
from hub.ca.workshop import Result, Workshop
from hub.errors import SenderError
from hub.evidence.authority import Authority, StampError
from hub.message import Finding, wall
from hub.settings import Settings

log = logging.getLogger(__name__)
ROOM = 32 << 20  # octets of files named in one question
_HELD = timedelta(seconds=30)  # its lists are read again then
Done = tuple[Judged, dict[str, Any], Proof | None, Circumstances]
Shown = TypeVar("Shown")
Known = TypeVar("Known", bound=tuple[Judged, *tuple[Any, ...]])
_TOGETHER = 64  # questions of a batch that one thread takes at a time


class Beside(Protocol):
    """Files named by digest, with their octets as far as the asker may have them (`hub.files.enclosed`)."""

    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any: ...


class CaDesk(Believing):
    """One for a hub; its coroutines belong to the hub's loop, its work to the workshop."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        workshop: Workshop,
        authority: Authority | None,
        files: Beside,
    ) -> None:
        super().__init__(settings, clock, workshop)
        self._authority, self._files = authority, files
        self._held: tuple[datetime, Trust] | None = None
        self.syncing = Syncing(self, settings, clock)
        self.gateways: Gateways | None = None

    async def work(self, work: Callable[[], Result], *, slow: bool = False) -> Result:
        """Something of somebody else's at this desk, in the workshop."""
        return await self._workshop.do(work, slow=slow)

    async def beside(self, asker: str, value: Any) -> Any:
        """The same with the octets of the files it names, as far as the asker may have them."""
        return await self._files.beside(asker, value, [ROOM])

    async def close(self) -> None:
        await self.syncing.close()
        self._outside.shutdown(wait=False, cancel_futures=True)
        await self._workshop.close()

    async def recognise(self, asker: str, value: Any, *, alone: bool = False) -> dict[str, Any]:
        """`alone`: no gateway is asked, whatever the policy says."""
        judges, value = await self._ready(asker, value)

        def work(ocsp: tuple[bytes, ...]) -> Done:
            reading = Reading(value, RECOGNISE)
            raw, about = reading.octets("certificate", needed=True), circumstances(reading, self._clock())
            reading.refuse()
            found = recognised(judges, raw or b"", replace(about, ocsp=(*about.ocsp, *ocsp)))
            return found, told(judges, found), None, about

        return await self._answer(asker, judges, work, slow=False, alone=alone)

    async def verify(self, asker: str, value: Any) -> dict[str, Any]:
        """One question, or `{"items": [...]}` with a result for each in their order."""
        judges, value = await self._ready(asker, value)
        if isinstance(value, dict) and set(value) == {"items"}:
            return {"results": await self._several(judges, value["items"])}
        slow = isinstance(value, dict) and value.get("kind") in (*SLOW, None, "auto")
        return await self._answer(asker, judges, lambda ocsp: self._verified(judges, value, ocsp), slow=slow)

    async def _answer(
        self,
        asker: str,
        judges: Judges,
        work: Callable[[tuple[bytes, ...]], Done],
        *,
        slow: bool,
        alone: bool = False,
    ) -> dict[str, Any]:
        """Local first; then whoever may know more: responders, and the CA's gateway where policy says so."""
        found, said, asked, about = await self._informed(asker, judges, work, slow=slow)
        heard = found if alone else await self.confirmed(judges, found, asked, about)
        return said if heard is found else await self._workshop.do(lambda: told(judges, heard))

    async def _informed(
        self, asker: str, judges: Judges, work: Callable[[tuple[bytes, ...]], Known], *, slow: bool
    ) -> Known:
        """Where revocation alone is open, the responder of the listed CA is asked, and it is judged once
        more."""
        done = await self._workshop.do(lambda: work(()), slow=slow)
        found, now = done[0], self._clock()
        if judges.belief.policy.fetch != LISTED or not wanting(found):
            return done
        raws = await self.heard(asker, found, now)
        if raws:
            done = await self._workshop.do(lambda: work(raws), slow=slow)
            if wanting(done[0]):
                self._answers.forget(asker, done[0])
        return done

    async def confirmed(
        self, judges: Judges, found: Judged, asked: Proof | None, about: Circumstances
    ) -> Judged:
        """The same, or with the word of the CA's own gateway in it (`hub.ca.agreeing`)."""
        if self.gateways is None:
            return found
        policy = judges.belief.policy
        heard = await self.gateways.beside(policy.gateways, found, asked, about)
        return found if heard is None else agreed(found, heard, enough=about.purpose in policy.gateway_yes)

    async def _several(self, judges: Judges, items: Any) -> list[dict[str, Any]]:
        if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
            finding = Finding("ca.request", "/items", f"1 至 {MOST_ITEMS} 项", "", "拆分后再问")
            raise SenderError("请求不成立", code=finding.code, findings=(finding,))

        def work(part: list[Any]) -> list[dict[str, Any]]:
            return [self._one(judges, one) for one in part]

        parts = [items[place : place + _TOGETHER] for place in range(0, len(items), _TOGETHER)]
        found = [await self._workshop.do(lambda part=part: work(part)) for part in parts]  # type: ignore[misc]
        return [one for part in found for one in part]

    def _one(self, judges: Judges, value: Any) -> dict[str, Any]:
        """Of a batch: one that is no question is told so in its place, and stops nobody."""
        try:
            return self._verified(judges, value)[1]
        except SenderError as error:
            return {"code": error.code, "findings": [one.public() for one in error.findings]}

    def _verified(self, judges: Judges, value: Any, ocsp: tuple[bytes, ...] = ()) -> Done:
        reading = Reading(value, VERIFY)
        asked, about = proof(reading), circumstances(reading, self._clock())
        reading.refuse()
        if ocsp:
            about = replace(about, ocsp=(*about.ocsp, *ocsp))
        found = verified(judges, asked, about, self.own)
        return found, told(judges, found), asked, about

    async def stamp(self, asker: str, value: Any) -> dict[str, Any]:
        """`data` or `digest` -> a token, judged; `data` never leave the hub."""
        judges, value = await self._ready(asker, value)
        reading = Reading(value, STAMP)
        data, about = reading.octets("data"), reading.digest("digest")
        policy, full = reading.text("policy", 100), reading.flag("certificates", True)
        nonce = reading.nonce("nonce")
        if (data is None) == (about is None):
            reading.findings.append(
                Finding("ca.request", "/digest", "data 与 digest 恰好其一", "", "给出原文或其摘要")
            )
        admitted = judges.belief.policy.digests
        if about is not None and about.algorithm not in admitted:
            advice = "换用准用的摘要算法"
            finding = Finding(
                "tsa.algorithm", "/digest", " | ".join(sorted(admitted)), about.algorithm, advice
            )
            reading.findings.append(finding)
        reading.refuse()
        meant = about or Digest.of(data or b"", "sm3")
        reply, nonce = await stamp(self._authority, meant, nonce=nonce, policy=policy, full=full)

        def work() -> dict[str, Any]:
            believed = judges.stamps(judges.belief.policy.revocation["stamping"], self.own())
            made = opened(reply, meant, nonce, believed, self._clock())
            span = made.info.accuracy.span if made.info.accuracy is not None else None
            return {
                "token": base64.b64encode(made.token).decode("ascii"),
                "genTime": wall(made.info.at),
                "serialNo": f"{made.info.serial:x}",
                "policy": made.info.policy,
                "digest": f"{meant.algorithm}:{meant.value.hex()}",
                "accuracyMs": None if span is None else round(span.total_seconds() * 1000),
                "checks": [one.as_dict() for one in made.verdict.checks],
            }

        return await self._workshop.do(work)

    async def explain(
        self, asker: str, value: Any, how: Callable[[Judges, Report, Proof, Circumstances], Shown]
    ) -> Shown:
        """Whatever is dropped on the page: what it is, its chain drawn, each step with its clause. `how`
        makes of the report what the asker wants to see, in a thread. Responders are asked as by `verify`."""
        judges, value = await self._ready(asker, value)

        def work(ocsp: tuple[bytes, ...]) -> tuple[Judged, Report, Proof, Circumstances]:
            reading = Reading(value, EXPLAIN)
            raw, data = reading.octets("file", needed=True), reading.octets("data")
            name, about = reading.text("name"), circumstances(reading, self._clock())
            reading.refuse()
            asked, about = Proof("auto", raw or b"", data), replace(about, ocsp=(*about.ocsp, *ocsp))
            made = report(judges, name or "", asked, about, self.own)
            return judged(judges, made, asked, about), made, asked, about

        _, made, asked, about = await self._informed(asker, judges, work, slow=True)
        return await self._workshop.do(lambda: how(judges, made, asked, about), slow=True)

    async def trust_list(self, have: str = "") -> bytes:
        """The centre's list, byte for byte as it was signed; or what changed since the one of this digest."""
        raw = (await self.open()).belief.raw
        return await self.syncing.given(raw, have) if have else raw

    async def _ready(self, asker: str, value: Any) -> tuple[Judges, Any]:
        """What to judge under, and the question with the octets of the files it names."""
        judges = (await self.open()).of(asker)
        if isinstance(value, Mapping) and not all(type(one) is str for one in value.values()):
            value = await self._files.beside(asker, value, [ROOM])
        return judges, value

    def own(self) -> Trust | None:
        """Whom the hub's own time-stamp service has to be, None where there is none; for a thread."""
        if self._authority is None:
            return None
        now, held = self._clock(), self._held
        if held is None or not timedelta(0) <= now - held[0] < _HELD:
            try:
                held = self._held = now, self._authority.trust(now)
            except StampError:
                return None
        return held[1]
