"""P11, L03, D02 and C05 towards the hub: records and questions under either way of signing."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import wall
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.dialects.hmac_open import BASE, NAME
from simulators.dialects.hmac_proof import Proof, XCa, XClient
from simulators.jsonform import complete, objects_or_null
from simulators.nested import service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire
from simulators.wire import Request

_OP = {"insert": "create", "update": "modify", "delete": "remove"}
_AGAIN = frozenset(
    {"1003", "1005", "1007", "2013", "2014", "3001", "9999", "4104", "4203", "4207", "4213", "4301"}
)


class HmacVoice:
    """Calls to `/in/{id}/openapi/v1/{resource}`; the signature covers the path from `/openapi/v1`."""

    late_duplicate_every = 0

    def __init__(
        self, desk: Desk, standard: Standard, nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        self._desk, self._standard, self._nonce = desk, standard, nonce
        self._operations: dict[str, str] = Papers.load(NAME).facts["operations"]
        self._proof: Proof = (XCa if desk.variant == "x-ca" else XClient)(desk.credentials)

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(
            NAME, self._standard, saying.stage, service(NAME, saying.stage, "in").abroad(saying.fields)
        )

    def write(self, saying: Saying, now: datetime) -> Wire:
        text = json.dumps(self._body(saying, now), ensure_ascii=False, separators=(",", ":"))
        path, body = BASE + self._operations[saying.stage], text.encode("utf-8")
        headers = self._proof.headers(Request("POST", path, "", {}, body), now, self._nonce())
        return Wire(f"/in/{self._desk.id}{path}", headers, body)

    def _body(self, saying: Saying, now: datetime) -> dict[str, Any]:
        form = service(NAME, saying.stage, "request" if saying.service else "in")
        deleted = saying.op == "delete"
        said = {} if deleted else complete(form, form.abroad(saying.fields), lambda row: None)
        if saying.service:
            octets = saying.fields.get("content.data")  # of ca.sync: the file itself may come along
            if octets and isinstance(said.get("content"), dict):
                said["content"]["content"] = octets
            return objects_or_null(said)
        head = {
            "requestId": saying.key,
            "operation": _OP[saying.op],
            "version": saying.version,
            "source": self._desk.id,
            "sendTime": wall(saying.said_at or now),
        }
        return head | said

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        told = jsonread.read(body)
        if status == 429 or not isinstance(told, dict) or "code" not in told:
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code, data = str(told["code"]), told.get("data")
        data = data if isinstance(data, dict) else {}
        if code not in ("0", "2010"):
            return Heard(code not in _AGAIN, False, status, code, told=dict(data))
        said = service(NAME, saying.stage, "reply").home(data) if saying.service else {}
        return Heard(True, True, status, "0000", str(data.get("receiptNo") or ""), said, code == "2010")
