"""T02: a token for each call, the tender document as an enciphered form, and now and then a token used again.

Written from `dialects/token-sm4/rules.md` as the *caller*. P01, P04 and M09 speak the same way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.standard import Standard
from simulators.dialects import jsonread
from simulators.dialects.token_sm4 import BASE, NAME, TYPE
from simulators.dialects.token_sm4_file import Sm4, compact, form, package
from simulators.nested import Body, service
from simulators.trading.meaning import meant
from simulators.trading.voice import NO_ANSWER, Fields, Heard, Saying, Turns, Wire

AGAIN = frozenset(
    {"10010", "10011", "10015", "10050", "10051", "10052", "10091", "500", "50011", "50012", "50013"}
)
_TOKEN = frozenset({"10050", "10051", "10052"})
AGAIN = _TOKEN | {"10010", "10011", "10015", "10091", "500", "50011", "50012", "50013"}
_OP = {"insert": "I", "update": "U", "delete": "D"}
REUSE_EVERY = 3


class TokenVoice:
    """Calls to `/in/{id}/gsggzy/api/…`; `reuses_tokens`: every third saying tries the last token first."""

    late_duplicate_every = 0

    def __init__(self, ident: str, credentials: Mapping[str, str], standard: Standard) -> None:
        facts = Papers.load(NAME).facts
        own = facts["systems"].get(ident, {})
        self._ident, self._standard = ident, standard
        self._two = {name: credentials[name] for name in ("platform", "api_key")}
        self._sm4 = Sm4(credentials["sm4_key"], credentials["sm4_iv"])
        self._operations: Mapping[str, str] = facts["operations"]
        self._reuses = bool(own.get("reuses_tokens"))
        self._last = ""
        self._said = 0

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        """Its own 32 hex digits per row; the hub's message number follows from it."""
        key = hashlib.sha256(f"{self._ident}/{stamp}/{stage}/{bidder}".encode()).hexdigest()[:32]
        return f"{key}:1:insert", key

    def meant(self, saying: Saying) -> Fields:
        if saying.service:
            return dict(saying.fields)
        return meant(NAME, self._standard, saying.stage, self._form(saying).abroad(saying.fields))

    def speak(self, saying: Saying, clock: Callable[[], datetime]) -> Turns:
        """A token, then the call; a token that is refused is replaced once."""
        self._said += 1
        token = self._last if self._reuses and self._last and self._said % REUSE_EVERY == 0 else ""
        heard = NO_ANSWER
        for _ in range(2):
            token = token or (yield from self._fetch())
            if not token:
                return NO_ANSWER
            got = yield self.say(saying, token, clock())
            self._last = token
            heard = NO_ANSWER if got is None else self.read(saying, *got)
            if heard.code not in _TOKEN:
                break
            token = ""
        return heard

    def _fetch(self) -> Generator[Wire, tuple[int, bytes] | None, str]:
        got = yield self._wire("getToken", TYPE, compact(self._two).encode("utf-8"))
        told = jsonread.read(got[1]) if got is not None and got[0] == 200 else None
        data = told.get("data") if isinstance(told, dict) and str(told.get("code")) == "200" else None
        return str(data["token"]) if isinstance(data, dict) and data.get("token") else ""

    def write(self, saying: Saying, now: datetime) -> Wire:
        """The call with the token it had last (`speak` fetches one for each)."""
        return self.say(saying, self._last, now)

    def say(self, saying: Saying, token: str, now: datetime) -> Wire:
        operation, three = self._operations[saying.stage], {**self._two, "token": token}
        body = self._form(saying).abroad(saying.fields) if saying.op != "delete" else {}
        if saying.service:
            return self._wire(operation, TYPE, compact(three | body).encode("utf-8"))
        data = self._head(saying, now) | body
        if saying.stage != "eng-tender-document":
            return self._wire(operation, TYPE, compact(three | data).encode("utf-8"))
        return self._wire(operation, *form(self._sm4, three, data, package(body) if body else b""))

    def _form(self, saying: Saying) -> Body:
        return service(NAME, saying.stage, "request" if saying.service else "in")

    def _head(self, saying: Saying, now: datetime) -> dict[str, Any]:
        at = saying.said_at or now
        return {
            "dataKey": saying.key,
            "operateType": _OP[saying.op],
            "dataVersion": saying.version,
            "fromSystem": self._ident,
            "pushTime": f"{at:%Y-%m-%d %H:%M:%S}",
        }

    def _wire(self, operation: str, kind: str, body: bytes) -> Wire:
        return Wire(f"/in/{self._ident}{BASE}{operation}", {"Content-Type": kind}, body)

    def read(self, saying: Saying, status: int, body: bytes) -> Heard:
        told = jsonread.read(body)
        if not isinstance(told, dict) or "code" not in told:
            refused = status in (403, 404, 405, 413)
            return Heard(refused, False, status, f"http-{status}" if status != 200 else "broken-answer")
        code, data = str(told["code"]), told.get("data")
        data = data if isinstance(data, dict) else {}
        if code in ("200", "20010"):
            said = service(NAME, saying.stage, "reply").home(data) if saying.service else {}
            return Heard(True, True, status, "0000", str(data.get("receiptNo", "")), said, code == "20010")
        return Heard(code not in AGAIN, False, status, code, told={"msg": told.get("msg", ""), **data})
