"""What every function works with: the certificate desk, the asker's keys, clock and chance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from certs.verdict import Reason
from hub.ca.desk import CaDesk
from hub.ca.platform import Keeper
from hub.sof.call import Call
from hub.sof.keys import Pair, ServiceKeys

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Bench:
    """For one question of one application; `random` gives that many octets nobody can foretell, `platform`
    is asked only which certificate bids are sealed to."""

    application: str
    desk: CaDesk
    keys: ServiceKeys
    now: datetime
    random: Callable[[int], bytes]
    platform: Keeper
    last_error: int = 0

    async def work(self, work: Callable[[], Found], *, slow: bool = False) -> Found:
        """Cryptography and devices never run on the loop."""
        return await self.desk.work(work, slow=slow)

    def pair(self) -> Pair:
        """For a thread. Raises RefusedError where this application has no keys."""
        return self.keys.of(self.application)


@dataclass(frozen=True, slots=True)
class Told:
    """What a function results in; `error` is what GetLastError will say, `verdict` the result object of
    `/v1/ca` where something was judged; `hint` what the asker may have meant instead; `forgiven` what was let
    pass where the result is no verdict."""

    data: Any
    error: int = 0
    verdict: Mapping[str, Any] | None = None
    hint: str = ""
    forgiven: Sequence[Reason] = ()


Work = Callable[[Bench, Call], Awaitable[Told]]
