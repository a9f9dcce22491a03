"""The user: takes the next planned call, waits for its instant, signs, sends, writes down what came.

Many of these are the pool of an open-arrival plan. A call whose instant passed while every user was
waiting for the hub is sent late, and its latency still counts from the instant it was meant for.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from urllib.parse import quote

import gevent
from locust import FastHttpUser, task

from hub.message import canonical, sign, sign_request, wall
from loadtests.ledger import NEVER_SENT, Planned, Result
from loadtests.shapes import Op
from loadtests.users.bench import Bench

SIGN_AHEAD = 0.05  # seconds before the instant: signing is then over in time, and the time in it is true


class Sender(FastHttpUser):
    """One connection, one call at a time."""

    abstract = False
    max_redirects = 0
    max_retries = 0
    concurrency = 1
    bench: Bench  # set on the class by the worker before users are spawned

    @task
    def next_call(self) -> None:
        row = self.bench.queue.get()
        if row is None:
            self.bench.queue.put(None)  # the next user finds it too
            self.bench.leave()
            gevent.sleep(3600)  # the runner ends us; asking for more tasks would spin
            return
        taken = perf_counter() - self.bench.t0
        if taken > self.bench.give_up:
            self.bench.record(Result(row.n, taken, taken, taken, 0, error=NEVER_SENT), good=False)
            return
        _until(self.bench.t0 + row.due - SIGN_AHEAD)
        method, path, body, headers = self._request(row)
        _until(self.bench.t0 + row.due)
        self._send(row, taken, method, path, body, headers)

    def _send(
        self, row: Planned, taken: float, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> None:
        sent = perf_counter() - self.bench.t0
        payload: Any = body  # bytes go through unchanged, whatever Locust's annotation says
        with self.client.request(
            method, path, name=row.op, data=payload, headers=headers, catch_response=True
        ) as answer:
            done = perf_counter() - self.bench.t0
            result = judged(row, taken, sent, done, answer.status_code or 0, answer.content or b"")
            # Locust's own figures count from the planned instant as well.
            answer.request_meta["response_time"] = (done - row.due) * 1000
            good = self.bench.good(row, result)
            if good:
                answer.success()
            else:
                answer.failure(f"{result.status} {result.code or result.error}")
        self.bench.record(result, good=good)

    def _request(self, row: Planned) -> tuple[str, str, bytes | None, dict[str, str]]:
        """Method, path, body and headers; time, nonce and signature are made now."""
        now, nonce, key = datetime.now(UTC), self.bench.nonce(), self.bench.key
        if row.op == Op.ASK:
            path = f"/v1/messages?from={quote(key.owner)}&msgId={quote(row.msg_id)}"
            return "GET", path, None, sign_request("GET", path, key, now=now, nonce=nonce)
        assert row.envelope is not None  # noqa: S101  (a put without envelope is a broken plan)
        head = {**row.envelope["head"], "time": wall(now), "nonce": nonce}
        body = canonical(sign({**row.envelope, "head": head}, key))
        return "POST", "/v1/messages", body, {"Content-Type": "application/json"}


def judged(row: Planned, taken: float, sent: float, done: float, status: int, body: bytes) -> Result:
    """Read the answer; what is kept are codes and ids, never values of the message."""
    if status == 0:
        return Result(row.n, taken, sent, done, 0, error="no-answer")
    try:
        answer: Any = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return Result(row.n, taken, sent, done, status, error="not-json")
    receipt = answer.get("receipt")
    receipt = receipt if isinstance(receipt, dict) else {}
    return Result(
        row.n,
        taken,
        sent,
        done,
        status,
        code=str(answer.get("code", ""))[:64],
        hub_id=str(answer.get("hubId", ""))[:64],
        state=str(receipt.get("receiptState", ""))[:32],
        digest=str(receipt.get("digest", ""))[:80],
    )


def _until(instant: float) -> None:
    left = instant - perf_counter()
    if left > 0:
        gevent.sleep(left)
