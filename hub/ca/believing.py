"""What the certificate services believe: read when first needed, renewed whole, kept up to date.

The folder `<data>/ca` is read by threads; lists and answers of listed addresses are fetched beside the loop.
Whoever judges gets the `Judges` of the moment and keeps to them until it has answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

from certs.trust import Revocation
from certs.verdict import Moment
from hub.ca import sandbox
from hub.ca.belief import LIST, Belief, folder_of, read_belief
from hub.ca.fetching import Answers, fetch_list, wanting
from hub.ca.judges import Judges
from hub.ca.knowing import Knowing
from hub.ca.policy import LISTED
from hub.ca.question import Circumstances
from hub.ca.standing import Standing
from hub.ca.syncing import Syncing
from hub.ca.verifying import Judged, recognised
from hub.ca.workshop import Workshop
from hub.errors import HubError, SettingsError
from hub.message import Finding
from hub.settings import SANDBOX, Settings

log = logging.getLogger(__name__)
UNREADY = "ca.unready"
_EVERY = timedelta(minutes=4)
_THREADS, _AT_ONCE = 8, 16


class Believing:
    """The part of the desk that believes; `syncing`, which needs the whole desk, is made there."""

    syncing: Syncing

    def __init__(
        self, settings: Callable[[], Settings], clock: Callable[[], datetime], workshop: Workshop
    ) -> None:
        self._settings, self._clock, self._workshop = settings, clock, workshop
        self._judges: Judges | None = None
        self._answers, self._knowing = Answers(), Knowing()
        self._outside, self._asking = ThreadPoolExecutor(_THREADS, "ca-asks"), Counter[str]()
        self._lists: dict[str, tuple[bytes, datetime]] = {}
        self._door, self._reading = asyncio.Lock(), Lock()

    @property
    def belief(self) -> Belief | None:
        """What is in use; None as long as nobody has asked."""
        return self._judges.belief if self._judges is not None else None

    @property
    def number(self) -> int:
        """Counts what has been believed; it changes with everything verdicts rest on. 0: nobody has asked."""
        return self._judges.number if self._judges is not None else 0

    def read(self) -> Belief:
        """Everything anew; for a thread. Raises SettingsError."""
        settings, now = self._settings(), self._clock()
        with self._reading:  # whoever opens and whoever looks for changes may come at once
            if settings.realm == SANDBOX and settings.ca_dir is None:
                sandbox.provide(folder_of(settings), now, sandbox.addresses(settings.peers_file))
            return read_belief(settings, now)

    def again(self) -> Belief | None:
        """The same for a reload; None where nothing lies there and nobody has asked for anything yet."""
        folder = folder_of(self._settings())
        if self._judges is None and not (folder / LIST).exists():
            return None
        return self.read()

    def renew(self, belief: Belief) -> None:
        """Go on with this; what was found out before is forgotten, at once."""
        before = self._judges
        if before is not None and before.belief.standing.number > belief.standing.number:
            # Read before something was told: that stays in force until the file is read again.
            belief = replace(belief, standing=before.belief.standing)
        number = before.number + 1 if before is not None else 1
        fetched = [raw for raw, _ in self._lists.values() if raw not in belief.crls]
        crls = (*belief.crls, *fetched)
        if before is not None and before.belief.raw != belief.raw:
            self.syncing.replaced(before.belief.raw)
        self._judges = Judges(belief, self._settings().realm, crls, belief.ocsp, number)
        self._knowing.forget()
        if before is None or before.belief.raw != belief.raw:
            self.syncing.soon(self._judges)

    def hold(self, standing: Standing) -> None:
        """In force at once, before its file is read again (which writes it down)."""
        if self._judges is not None:
            self.renew(replace(self._judges.belief, standing=standing))

    async def tend(self) -> None:
        """Fetch the lists whose addresses stand in the trust list, each every few minutes; one that has
        changed is in force at once."""
        if self._judges is None and self.there():
            await self.open()  # a list that cannot be used shall be heard of before anybody asks
        judges, now = self._judges, self._clock()
        if judges is None or judges.belief.policy.fetch != LISTED:
            return
        strict = self._settings().realm != SANDBOX
        urls = {url for one in judges.listed.members for url in one.ca.crls}
        due = [url for url in sorted(urls) if url not in self._lists or now - self._lists[url][1] >= _EVERY]
        found = await asyncio.get_running_loop().run_in_executor(
            self._outside, lambda: {url: fetch_list(url, strict=strict) for url in due}
        )
        changed = False
        for url, raw in found.items():
            if raw is not None:
                changed |= url not in self._lists or self._lists[url][0] != raw
                self._lists[url] = raw, now
        self._lists = {url: held for url, held in self._lists.items() if url in urls}
        if changed and self._judges is not None:
            self.renew(self._judges.belief)
        await self.syncing.tend(judges)

    async def open(self) -> Judges:
        """Read when first needed; raises HubError 503 while there is no list that can be used."""
        if self._judges is None:
            async with self._door:
                if self._judges is None:
                    try:
                        self.renew(await asyncio.to_thread(self.read))
                        if await self.syncing.first():
                            self.renew(await asyncio.to_thread(self.read))
                    except SettingsError as error:
                        for one in error.findings or (Finding(error.code, "", "", error.detail),):
                            log.error("certificate services: %s %s: %s", one.at, one.expected, one.observed)
                        raise HubError(
                            "互认数据尚不可用 / no usable trust list",
                            code=UNREADY,
                            status=503,
                            retry_after=10,
                        ) from error
        assert self._judges is not None  # noqa: S101 - renewed above
        return self._judges

    def there(self) -> bool:
        """Is there a list to answer by, without making one?"""
        return self._judges is not None or (folder_of(self._settings()) / LIST).is_file()

    async def heard(self, asker: str, found: Judged, now: datetime) -> tuple[bytes, ...]:
        """What responders say about whoever stands in `found`. In threads of their own, and of one asker
        never many: a responder that is silent shall hold up nobody who reads a file or delivers a bid."""
        if self._asking[asker] >= _AT_ONCE:
            return ()
        strict = self._settings().realm != SANDBOX
        self._asking[asker] += 1
        try:
            work = partial(self._answers.about, asker, found, now, strict=strict)
            return await asyncio.get_running_loop().run_in_executor(self._outside, work)
        finally:
            self._asking[asker] -= 1
            if not self._asking[asker]:
                del self._asking[asker]

    async def informed(self, asker: str, certificates: Sequence[bytes]) -> Judges:
        """Judges of this asker's own, knowing besides what responders say of these now; for who judges by
        himself. What they remember of a certificate answers nobody else: whoever is answered sooner would
        know that it has been looked at, and that may be a bid."""
        common = await self.open()
        judges = self._knowing.of(asker, common, ())
        if judges.belief.policy.fetch != LISTED:
            return judges
        now = self._clock()
        about = Circumstances(Moment(now, "clock"), purpose="anything", revocation=Revocation.REQUIRED)

        def wanted(by: Judges) -> list[Judged]:
            return [one for one in (recognised(by, raw, about) for raw in certificates) if wanting(one)]

        left = await self._workshop.do(lambda: wanted(judges))
        raws: dict[bytes, None] = {}
        for one in left:
            told = self._answers.held(asker, one, now)
            if told is None:
                told = await self.heard(asker, one, now)
            raws |= dict.fromkeys(told)
        if not raws:
            return judges
        knowing = self._knowing.of(asker, common, tuple(raws))
        for one in await self._workshop.do(lambda: wanted(knowing)):
            self._answers.forget(asker, one)
        return knowing
