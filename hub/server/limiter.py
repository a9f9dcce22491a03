"""Fair shares: a token bucket per caller, so that one member's loop does not use up everybody's hub."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

_CALLERS = 4096


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limiter:
    """`rate` a second with bursts of one second's worth (at least 1); rate 0 lets everything pass.

    Callers are forgotten least recently seen first: a bucket that old is full anyway.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._burst = max(1.0, rate)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    @property
    def on(self) -> bool:
        """Is anybody limited at all?"""
        return self._rate > 0

    def renew(self, rate: float) -> None:
        """Go on at another rate; what callers have used up so far stays used up."""
        self._rate, self._burst = rate, max(1.0, rate)

    def wait(self, caller: str, now: float, cost: int = 1) -> int:
        """Seconds to wait before this may be asked again; 0 when it may be done now.

        A batch may overdraw the bucket once, and is then paid off before the next request.
        """
        if self._rate <= 0:
            return 0
        bucket = self._buckets.pop(caller, None) or _Bucket(self._burst, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets[caller] = bucket
        while len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return max(1, math.ceil((1 - bucket.tokens) / self._rate))
        bucket.tokens -= cost
        return 0
