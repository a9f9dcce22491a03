"""T01 speaks natively: a signed envelope, fresh time and nonce in each attempt, the rest unchanged."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.message import Key, canonical, sign, wall
from simulators.trading.voice import Fields, Heard, Saying, Wire

JSON = {"Content-Type": "application/json"}


class NativeVoice:
    """Envelopes to `/v1/messages`, questions to `/v1/services/{message}`."""

    late_duplicate_every = 0

    def __init__(self, ident: str, own_key: Callable[[], Key | None], realm: str) -> None:
        self._ident = ident
        self._own_key = own_key
        self._realm = realm

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = f"{stamp}-{stage}" if bidder is None else f"{stamp}-{stage}-{bidder}"
        return f"{self._ident}-{key}", key

    def meant(self, saying: Saying) -> Fields:
        return dict(saying.fields)

    def write(self, saying: Saying, now: datetime) -> Wire:
        head: dict[str, Any] = {
            "ver": "1",
            "realm": self._realm,
            "from": self._ident,
            "msgId": saying.msg_id,
            "msgType": saying.stage if saying.service else "record.put",
            "time": wall(now),
            "nonce": secrets.token_hex(12),
        }
        if saying.to:
            head["to"] = saying.to
        body: dict[str, Any] = {"fields": saying.fields}
        if not saying.service:
            head["stage"] = saying.stage
            body = {"op": "insert", "key": saying.key, "version": 1, **body, "ext": {}, "files": []}
        key = self._own_key()
        if key is None:
            raise RuntimeError(f"{self._ident} has no key of its own; start with --keys")
        path = f"/v1/services/{saying.stage}" if saying.service else "/v1/messages"
        return Wire(path, JSON, canonical(sign({"head": head, "body": body}, key)))

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            return Heard(False, False, status, "broken-answer")
        code = str(answer.get("code", ""))
        if status in (200, 202) and code == "0000":
            receipt = answer.get("receipt")
            told = answer.get("body") or (receipt if saying.service else None) or {}
            return Heard(True, True, status, code, str(answer.get("hubId", "")), dict(told), status == 200)
        again = status >= 500 or status == 429
        return Heard(not again, False, status, code or str(status), told=answer)
