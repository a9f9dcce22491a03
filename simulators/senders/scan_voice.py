"""scan-oauth towards the hub: halls fetch a token and ask (P23, P24, L02); C04 and N05 call back.

A callback is a `Saying` whose stage is the event (`sign`, `seal`, `cert`, `state`) and whose fields are the
reply members in the standard's names, with `requestNo`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.dialects.envelope_cipher import compact
from simulators.dialects.scan_oauth import NAME, TYPE
from simulators.dialects.scan_proof import signature
from simulators.nested import service
from simulators.trading.voice import NO_ANSWER, Fields, Heard, Saying, Turns, Wire

EVENTS = {"sign": "ca.sign", "seal": "ca.seal", "cert": "ca.issue", "state": "auth.state"}
_AGAIN = frozenset({"4003", "4004", "4010", "4103", "5000", "5001"})
_MARGIN = timedelta(seconds=60)


class ScanVoice:
    """Calls to `/in/{id}/oauth/…`; a token is fetched when the last one is nearly over."""

    late_duplicate_every = 0

    def __init__(
        self, desk: Desk, standard: Standard, nonce: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._desk, self._nonce = desk, nonce
        self._operations: dict[str, str] = Papers.load(NAME).facts["operations"]
        self._token, self._until = "", datetime.min.replace(tzinfo=UTC)

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        number = f"{self._desk.id}-{stamp}-{stage}-{bidder or 0}"
        return number, number

    def meant(self, saying: Saying) -> Fields:
        return dict(saying.fields)

    def write(self, saying: Saying, now: datetime) -> Wire:
        """With the token at hand; `speak` fetches one first."""
        if saying.stage in EVENTS:
            return self._wire("/oauth/callback", self._event(saying), now)
        asked = service(NAME, saying.stage, "request").abroad(saying.fields)
        wire = self._wire(f"/oauth/api/{self._operations[saying.stage]}", asked, now)
        return Wire(wire.path, {**wire.headers, "Authorization": f"Bearer {self._token}"}, wire.body)

    def _event(self, saying: Saying) -> dict[str, Any]:
        data = service(NAME, EVENTS[saying.stage], "reply").abroad(saying.fields)
        if saying.stage == "state":
            data = {"ticket": saying.fields.get("ticket", ""), **data}
        return {"event": saying.stage, "req_no": saying.fields["requestNo"], "data": data}

    def _wire(self, path: str, told: dict[str, Any], now: datetime) -> Wire:
        body, stamp, nonce = compact(told), str(int(now.timestamp() * 1000)), self._nonce()
        given = self._desk.credentials
        headers = {
            "Content-Type": TYPE,
            "X-Client-Id": given["client_id"],
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Sign": signature(given["client_secret"], path, stamp, nonce, body),
        }
        return Wire(f"/in/{self._desk.id}{path}", headers, body)

    def speak(self, saying: Saying, clock: Callable[[], datetime]) -> Turns:
        """One attempt; 4010 costs a new token and one more try."""
        for last in (False, True):
            if saying.stage not in EVENTS and not self._fresh(clock()):
                asked = {"grant_type": "client_credentials"}
                got = yield self._wire("/oauth/token", asked, clock())
                if got is None:
                    return NO_ANSWER
                if not self._take(got[1], clock()):
                    return self.read(saying, *got)
            got = yield self.write(saying, clock())
            if got is None:
                return NO_ANSWER
            heard = self.read(saying, *got)
            if heard.code != "4010" or last:
                return heard
            self._token = ""
        return NO_ANSWER

    def _fresh(self, now: datetime) -> bool:
        return bool(self._token) and now + _MARGIN < self._until

    def _take(self, body: bytes, now: datetime) -> bool:
        told = jsonread.read(body)
        data = told.get("data") if isinstance(told, dict) else None
        if not isinstance(data, dict) or "access_token" not in data:
            return False
        self._token = str(data["access_token"])
        self._until = now + timedelta(seconds=int(data.get("expires_in", 0)))
        return True

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        """200 is success, 4401 the first answer again."""
        told = jsonread.read(body)
        if not isinstance(told, dict) or "code" not in told:
            return Heard(status in (403, 404, 413), False, status, f"http-{status}")
        code, data = str(told["code"]), told.get("data")
        if code not in ("200", "4401"):
            return Heard(code not in _AGAIN, False, status, code, told={"msg": str(told.get("msg", ""))})
        said = {}
        if saying.stage not in EVENTS and isinstance(data, dict):
            said = service(NAME, saying.stage, "reply").home(data)
        return Heard(True, True, status, "0000", str(said.get("hubId", "")), said, code == "4401")
