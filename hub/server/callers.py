"""Who asks, when the request itself carries no envelope: signed headers, checked once and only once.

The signature covers method, path with query, time, nonce and the digest of the body if there is
one (`sm3:<hex>`). A nonce counts once per key within the time window; what is older than the window
is refused by its time, so nothing older needs remembering. Nonces of what changes something are
used up durably, before it is done; those of questions, and of parts of files, are kept in memory.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from certs.algorithms.digest import digest
from hub.errors import OverloadError, SenderError
from hub.message import Finding, Key, check_time, verify_request

CLAUSE = "EX-SIG-06"
STATED = "X-Hutong-Body"
_DIGEST = re.compile(r"(?:sm3|sha256):[0-9a-f]{64}")
_REMEMBERED, _EACH = 800_000, 200_000


class Nonces:
    """What has been used in the window; never more than a bounded number, and of one key never so many that
    others are not served: before a deadline a member could else keep everybody out by asking."""

    def __init__(self, window: timedelta) -> None:
        # Both sides of the window: a request may be signed up to `window` in our future.
        self._keep = 2 * window
        self._used: OrderedDict[bytes, tuple[datetime, str]] = OrderedDict()
        self._each: Counter[str] = Counter()

    def fresh(self, key_id: str, nonce: str, now: datetime) -> bool:
        """Note the nonce; False when it was there already."""
        self._forget(now - self._keep)
        place = blake2b(f"{key_id}\0{nonce}".encode("utf-8", "replace"), digest_size=16).digest()
        if place in self._used:
            return False
        if len(self._used) >= _REMEMBERED or self._each[key_id] >= _EACH:
            # Forgetting early would reopen a replay, so we would rather not serve for a moment.
            raise OverloadError("稍后再试 / try again later", code="hub.busy", retry_after=5)
        self._used[place] = now, key_id
        self._each[key_id] += 1
        return True

    def _forget(self, before: datetime) -> None:
        while self._used:
            when, key_id = next(iter(self._used.values()))
            if when >= before:
                return
            self._used.popitem(last=False)
            self._each[key_id] -= 1
            if not self._each[key_id]:
                del self._each[key_id]


SAFE = frozenset({"GET", "HEAD"})


class Callers:
    """Tells the principal of a signed request or raises SenderError 401.

    `use_nonce` uses one up for good; False when it was used before, also before a restart.
    """

    def __init__(
        self,
        key_of: Callable[[str], Key | None],
        clock: Callable[[], datetime],
        window: timedelta,
        use_nonce: Callable[[str, str], Awaitable[bool]],
    ) -> None:
        self._key_of = key_of
        self._clock = clock
        self._window = window
        self._nonces = Nonces(window)
        self._use_nonce = use_nonce

    def expect(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        """Before a body is read: refuse a caller whose headers cannot come to anything."""
        _, findings = verify_request(method, target, headers, self._key_of)
        if findings and findings[0].code in {"auth.missing", "auth.key"}:
            raise _refused(findings)

    def expected(self, method: str, target: str, headers: Mapping[str, str]) -> bool:
        """The same as a question."""
        try:
            self.expect(method, target, headers)
        except SenderError:
            return False
        return True

    async def identify(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> str:
        """The owner of the key that signed; `target` is path and query exactly as requested."""
        if method in SAFE:
            return self.asking(method, target, headers, body)
        key = self._proved(method, target, headers, body_digest(body))
        if not await self._use_nonce(key.key_id, headers["X-Hutong-Nonce"]):
            raise _refused([_reused(headers["X-Hutong-Nonce"])])
        return key.owner

    def ahead(self, method: str, target: str, headers: Mapping[str, str]) -> str:
        """Before the body has come: its digest is stated, and whoever reads it must hold it to that.

        The signed text is the same as when the body is read first. For requests only that do the same
        however often they come: an entry in the journal for each would show in the size of the log how
        much is being sent while nobody may know that anything is.
        """
        stated = headers.get(STATED, "")
        if not _DIGEST.fullmatch(stated):
            expected, advice = "sm3:<64 位十六进制> | sha256:<…>", "写明请求体摘要并据此签名"
            raise _refused(
                [Finding("auth.missing", f"/headers/{STATED}", expected, stated, advice, "EX-SIG-08")]
            )
        return self._once(method, target, headers, stated)

    def asking(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> str:
        """The same of a request that changes nothing."""
        return self._once(method, target, headers, body_digest(body))

    def _once(self, method: str, target: str, headers: Mapping[str, str], proof: str) -> str:
        key = self._proved(method, target, headers, proof)
        if not self._nonces.fresh(key.key_id, headers["X-Hutong-Nonce"], self._clock()):
            raise _refused([_reused(headers["X-Hutong-Nonce"])])
        return key.owner

    def _proved(self, method: str, target: str, headers: Mapping[str, str], proof: str) -> Key:
        key, findings = verify_request(method, target, headers, self._key_of, body_digest=proof)
        if key is not None:
            stated = headers["X-Hutong-Time"]
            findings = check_time(stated, self._clock(), "/headers/X-Hutong-Time", self._window)
        if key is None or findings:
            raise _refused(findings)
        return key


def _reused(nonce: str) -> Finding:
    advice = "每次请求使用新的随机数并重新签名"
    return Finding("auth.nonce-reused", "/headers/X-Hutong-Nonce", "未用过的随机数", nonce, advice, CLAUSE)


def _refused(findings: list[Finding]) -> SenderError:
    return SenderError(
        "请求签名不成立 / the request signature does not hold",
        code=findings[0].code,
        status=401,
        findings=tuple(findings),
    )


def body_digest(body: bytes) -> str:
    """What the body contributes to the signed text: nothing when there is none."""
    return f"sm3:{digest(body).hex()}" if body else ""
