"""P07 and D11 towards the hub: signed headers, a sealed body; an answer counts when its signature holds."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.dialects.gateway_cipher import USER_ID, Hand, Sealing, compact, holds_in_some_way, thinned
from simulators.dialects.gateway_gm import BASE, NAME, TYPE, gateway_signature
from simulators.jsonform import complete
from simulators.nested import service
from simulators.trading.meaning import meant
from simulators.trading.voice import Fields, Heard, Saying, Wire

_OP = {"insert": "1", "update": "2", "delete": "3"}
_AGAIN = frozenset(
    {"40103", "40104", "42900", "50200", "1007", "1999", "0002", "2012", "2013", "3001", "9001"}
)


class GatewayVoice:
    """Calls to `/in/{id}/ebus/ggzy/{service}`."""

    late_duplicate_every = 0

    def __init__(
        self, desk: Desk, standard: Standard, nonce: Callable[[], str] = lambda: secrets.token_hex(16)
    ) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"].get(desk.id, {})
        self._desk, self._standard, self._nonce = desk, standard, nonce
        self._operations: dict[str, str] = facts["operations"]
        self._sealing = Sealing(desk.credentials["app_id"], desk.credentials["app_secret"])
        user_id = desk.credentials["app_id"] if own.get("sm2_user_id") == "appId" else USER_ID
        self._hand = Hand(user_id, str(own.get("signature_form", facts["signature_form"])))

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        key = hashlib.sha256(f"{self._desk.id}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(NAME, self._standard, saying.stage, self._payload(saying, None))

    def write(self, saying: Saying, now: datetime) -> Wire:
        payload, operation = self._payload(saying, now), self._operations[saying.stage]
        msgid = saying.key or question_number(operation, payload)
        body: dict[str, Any] = {
            "appId": self._sealing.app_id,
            "version": "1.0.0",
            "timestamp": f"{now:%Y%m%d%H%M%S}",
            "msgid": msgid,
            "encType": "SM4",
            "signType": "SM2",
            "data": {"encData": self._sealing.seal(compact(payload))},
        }
        body["signData"] = self._hand.sign(self._sealing.text(body, payload), self._desk.secret("peer_key"))
        path = f"/in/{self._desk.id}{BASE}{operation}"
        return Wire(path, self._headers(now), compact(body).encode("utf-8"))

    def _headers(self, now: datetime) -> dict[str, str]:
        stamp, nonce, given = str(int(now.timestamp())), self._nonce(), self._desk.credentials
        return {
            "Content-Type": TYPE,
            "x-tif-paasid": given["paas_id"],
            "x-tif-timestamp": stamp,
            "x-tif-nonce": nonce,
            "x-tif-signature": gateway_signature(stamp, given["paas_token"], nonce),
            "X-Forwarded-For": given["client_ip"],
        }

    def _payload(self, saying: Saying, now: datetime | None) -> dict[str, Any]:
        form = service(NAME, saying.stage, "request" if saying.service else "in")
        deleted = saying.op == "delete"
        said = {} if deleted else complete(form, form.abroad(saying.fields), lambda row: "")
        if saying.service:
            return said
        at = saying.said_at or now
        head = {
            "msgid": saying.key,
            "oper_type": _OP[saying.op],
            "data_ver": saying.version,
            "src_sys": self._desk.id,
            "send_time": "" if at is None else f"{at:%Y%m%d%H%M%S}",
        }
        return head | said

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """Gateway, protocol, then the signature, then the business; an unproved answer is no answer."""
        told = jsonread.read(body)
        if not isinstance(told, dict):
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code = str(told.get("errcode") or told.get("code", ""))
        if "errcode" in told or code != "0":
            return Heard(code not in _AGAIN, False, status, code, told={"message": told.get("message", "")})
        payload = self._opened(told)
        if payload is None:
            return Heard(False, False, status, "answer-unproved")
        code, result = str(payload.get("bizCode")), payload.get("result") or {}
        if code not in ("0000", "0001"):
            return Heard(code not in _AGAIN, False, status, code, told=dict(result))
        said = service(NAME, saying.stage, "reply").home(result) if saying.service else {}
        return Heard(True, True, status, "0000", str(result.get("rcpt_no", "")), said, code == "0001")

    def _opened(self, told: dict[str, Any]) -> dict[str, Any] | None:
        data = told.get("data")
        plain = self._sealing.open(str(data.get("encData"))) if isinstance(data, dict) else None
        payload = jsonread.strict(plain) if plain is not None else None
        public = self._desk.secret("sign_pub")
        good = payload is not None and holds_in_some_way(
            self._sealing, told, payload, public, self._hand.user_id
        )
        return payload if good else None


def question_number(operation: str, payload: dict[str, Any]) -> str:
    """The same question has the same number: it follows from the service and what is asked."""
    text = compact(thinned(payload), ordered=True)
    return hashlib.sha256(f"{operation}|{text}".encode()).hexdigest()[:32]
