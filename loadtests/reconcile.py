"""After the run every message that was sent is asked back: an acknowledgement is a promise to be checked.

Plain sockets, in the parent process: what asks is not what sent.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hub.message import Key, sign_request
from loadtests.ledger import NEVER_SENT, Asked, Ledger
from loadtests.outcome import acknowledged
from loadtests.target import connect, find_path

ASKERS = 4
PAUSES = (0.0, 0.5, 2.0)  # an index may follow the journal a moment later; after these it is lost


@dataclass(slots=True)
class Asker:
    """One connection for each thread; nonces never repeat within the run."""

    url: str
    key: Key
    run: str
    timeout: float
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _numbers: Iterator[int] = field(default_factory=count)
    _local: threading.local = field(default_factory=threading.local)

    def ask(self, n: int, msg_id: str) -> Asked:
        """Known, unknown, or (`known` None) no answer that says either."""
        path = find_path(self.key.owner, msg_id)
        for _ in range(2):  # a kept connection may have been closed by the other side meanwhile
            try:
                status, body = self._get(path)
            except (OSError, http.client.HTTPException):
                self._local.connection = None
                continue
            if status == 404:
                return Asked(n, False, (), status)
            if status == 200:
                return Asked(n, True, *traced(body))
            return Asked(n, None, (), status)
        return Asked(n, None)

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.url, self.timeout)
        nonce = f"{self.run}-r{next(self._numbers)}"
        connection.request(
            "GET", path, headers=sign_request("GET", path, self.key, now=self.now(), nonce=nonce)
        )
        answer = connection.getresponse()
        return answer.status, answer.read()


def traced(body: bytes) -> tuple[tuple[str, ...], int, str]:
    """The id or ids in a trace answer (one trace, or a list of them), 200, and the last state."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return (), 200, ""
    rows = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]
    state = str(rows[-1].get("state", ""))[:32] if rows else ""
    return tuple(str(row["hubId"]) for row in rows if row.get("hubId")), 200, state


def reconcile(ledger: Ledger, asker: Asker, pause: Callable[[float], None] = time.sleep) -> list[Asked]:
    """Ask for every message once, and again for acknowledged ones not found or not told."""
    sent = {n for n, result in ledger.results.items() if result.error != NEVER_SENT}
    open_ones: Sequence[tuple[int, str]] = [
        (n, row.msg_id) for n, row in ledger.plan.items() if row.op == "put" and n in sent
    ]
    # Only what was acknowledged is owed; the rest is asked once, to say what the hub kept all the same.
    promised = {ledger.plan[n].msg_id for n in sent if acknowledged(ledger.plan[n], ledger.results[n])}
    answers: dict[int, Asked] = {}
    with ThreadPoolExecutor(ASKERS) as pool:
        for wait in PAUSES:
            pause(wait)
            for answer in pool.map(lambda pair: asker.ask(*pair), open_ones):
                answers[answer.n] = answer
            open_ones = [pair for pair in open_ones if pair[1] in promised and not answers[pair[0]].known]
            if not open_ones:
                break
    return [answers[n] for n in sorted(answers)]
