"""City platforms towards the hub in static-token-rest, in clear or (P12, M04, M07) enciphered as a whole."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from certs.algorithms.sm2_encryption import encrypt
from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.dialects.sm2_aes import TYPE, VARIANT, decipher
from simulators.dialects.static_token_rest import NAME
from simulators.jsonform import complete
from simulators.nested import service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "add", "update": "edit", "delete": "del"}
_AGAIN = frozenset({"E006", "E007", "E012", "E500"})
# what P12 adds to its alerts beyond the table
_BESIDE = ("ruleid", "entityids")


class RestVoice:
    """Calls to `/in/{id}/rest/{table}/push`."""

    late_duplicate_every = 0

    def __init__(self, desk: Desk, standard: Standard) -> None:
        facts = Papers.load(NAME).facts
        self._desk, self._standard = desk, standard
        self._tables: dict[str, str] = facts["tables"]
        plain = facts["variant"].get(desk.variant, facts["variant"]["plain"])
        self._type, self._closed = str(plain["content_type"]), desk.variant == VARIANT
        self._beside = _BESIDE if desk.id == "P12" else ()

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        digest = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).digest()
        key = str(uuid.UUID(bytes=digest[:16]))
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        return meant(NAME, self._standard, saying.stage, self._params(saying, None))

    def write(self, saying: Saying, now: datetime) -> Wire:
        path = f"/in/{self._desk.id}/rest/{self._tables[saying.stage]}/push"
        told = {"token": self._desk.credentials["token"], "params": self._params(saying, now)}
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        headers = {"Content-Type": self._type, "Accept": "application/json"}
        if not self._closed:
            return Wire(path, headers, body)
        public = bytes.fromhex(self._desk.secret("hub_public"))
        closed = encrypt(public, base64.b64encode(body), "c1c3c2").hex().encode("ascii")
        return Wire(path, {**headers, "Content-Type": TYPE, "encrypt": "1"}, closed)

    def _params(self, saying: Saying, now: datetime | None) -> dict[str, Any]:
        form, at = service(NAME, saying.stage, "in"), saying.said_at or now
        head = {
            "rowguid": saying.key,
            "opertype": _OP[saying.op],
            "version": saying.version,
            "fromsys": self._desk.id,
            "sendtime": "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}",
        }
        if saying.op == "delete":
            return head
        beside = {name: saying.fields[name] for name in self._beside if name in saying.fields}
        return head | complete(form, form.abroad(saying.fields), lambda row: "") | beside

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """E004 means that it is there; what cannot be opened is no answer."""
        told = jsonread.read(self._opened(body))
        if not isinstance(told, dict) or not isinstance(told.get("status"), dict):
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        custom = told.get("custom") or {}
        receipt = str(custom.get("receiptno", ""))
        if str(told["status"].get("code")) in ("1", "200"):
            return Heard(True, True, status, "0000", receipt)
        code = str(custom.get("errorno", ""))
        if code == "E004":
            return Heard(True, True, status, "0000", receipt, repeat=True)
        return Heard(code not in _AGAIN, False, status, code, told=dict(told["status"]))

    def _opened(self, body: bytes) -> bytes:
        if not self._closed or body.lstrip()[:1] in (b"{", b"<"):
            return body
        given = self._desk.credentials
        try:
            return decipher(given["aes_key"].encode("ascii"), given["aes_iv"].encode("ascii"), body)
        except ValueError:
            return b""
