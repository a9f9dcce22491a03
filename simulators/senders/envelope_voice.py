"""Banks, guarantee issuers and C01 towards the hub: records and callbacks in sm2-envelope."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import envelope_cipher as cipher
from simulators.dialects import jsonread
from simulators.dialects.sm2_envelope import NAME, PATH, TYPE
from simulators.nested import service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "A", "update": "U", "delete": "D"}
_AGAIN = frozenset({"200004", "300004", "400001", "900006", "999999"})


class EnvelopeVoice:
    """Calls to `/in/{id}/outreach/api`."""

    late_duplicate_every = 0

    def __init__(
        self, desk: Desk, standard: Standard, iv: Callable[[], bytes] = lambda: secrets.token_bytes(16)
    ) -> None:
        facts = Papers.load(NAME).facts
        self._desk, self._standard, self._iv = desk, standard, iv
        self._operations: dict[str, str] = facts["operations"]
        self._serials: dict[str, str] = facts["serial"]
        self._fen = facts["systems"][desk.id].get("amount") == "fen"
        self._key = bytes.fromhex(desk.credentials["sm4_key"])

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(NAME, self._standard, saying.stage, self._body(saying, None))

    def write(self, saying: Saying, now: datetime) -> Wire:
        body, tran = self._body(saying, now), self._operations[saying.stage]
        head = {
            "tranCode": tran,
            "serialNo": self._serial(saying, tran),
            "tranTime": f"{now.astimezone(CST):%Y%m%d%H%M%S}",
        }
        plain = cipher.compact({"head": head, "body": body})
        headers = {
            "Content-Type": TYPE,
            "x-app-id": self._desk.credentials["app_id"],
            "x-sign": cipher.sign(plain, self._desk.secret("peer_private")),
        }
        return Wire(f"/in/{self._desk.id}{PATH}", headers, cipher.close(self._key, self._iv(), plain))

    def _serial(self, saying: Saying, tran: str) -> str:
        """The same in every attempt: of the record and its version, or of the business number."""
        text = f"{saying.key}|{saying.version}|{_OP[saying.op]}"
        if saying.service:
            text = f"{tran}|{saying.fields[self._serials[saying.stage]]}"
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:24].upper()

    def _body(self, saying: Saying, now: datetime | None) -> dict[str, Any]:
        form = service(NAME, saying.stage, "request" if saying.service else "in", fen=self._fen)
        said = {} if saying.op == "delete" else form.abroad(saying.fields)
        if saying.service:
            return said
        at = saying.said_at or now
        head = {
            "bizNo": saying.key,
            "opType": _OP[saying.op],
            "bizVersion": saying.version,
            "sourceSys": self._desk.id,
            "sendTime": "" if at is None else f"{at.astimezone(CST):%Y%m%d%H%M%S}",
        }
        return head | said

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """Unsigned answers count only where nobody could be recognised; 200001 is the first result."""
        clear = body.lstrip().startswith(b"{")
        plain = body if clear else cipher.open_body(self._key, body)
        told = jsonread.read(plain) if plain is not None else None
        if not isinstance(told, dict) or not isinstance(told.get("head"), dict):
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code, content = str(told["head"].get("respCode")), told.get("body") or {}
        if clear and not (code.startswith("9000") or code == "400002"):
            return Heard(False, False, status, "answer-unproved")
        if code not in ("000000", "200001"):
            return Heard(code not in _AGAIN, False, status, code, told=dict(content))
        said = service(NAME, saying.stage, "reply", fen=self._fen).home(content) if saying.service else {}
        number = str(content.get("receiptNo") or content.get("hubId") or "")
        return Heard(True, True, status, "0000", number, said, code == "200001")
