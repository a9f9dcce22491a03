"""The desk of authentication: challenges, tickets, sessions. Nothing it does is written down anywhere.

No entry, no log line, no count: before an opening any of them would tell how many are getting ready, and who.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hub.auth.asked import Asks
from hub.auth.asking import Wish, challenge_login, stated_token, wish
from hub.auth.binding import Binding, Owner, text_of
from hub.auth.book import CHALLENGE, Book, Entry
from hub.auth.concluding import concluded, out_of
from hub.auth.judging import Body, judge
from hub.auth.licence import Licence, Sign
from hub.auth.refusing import refusal
from hub.auth.sealing import Sealer
from hub.auth.sessions import Sessions
from hub.auth.signing import App, Service
from hub.auth.states import Act, State
from hub.auth.telephone import Telephone
from hub.auth.tickets import Tickets
from hub.auth.way import Way
from hub.ca.desk import CaDesk
from hub.message import wall
from hub.ports import Answer

CHALLENGE_SECONDS = 120
LICENCES, SERVICES, SEALERS = frozenset({"N05"}), frozenset({"C04", "N05"}), frozenset({"C04"})


class AuthDesk:
    """One for a hub. `clock` is the wall clock, `ticks` a steady one, `fresh` makes random octets; `ca`
    judges, `asks` puts questions to providers, `sign` is our signature, `online` tells who is admitted."""

    def __init__(
        self,
        realm: str,
        clock: Callable[[], datetime],
        ticks: Callable[[], float],
        fresh: Callable[[int], bytes],
        ca: Callable[[], CaDesk],
        asks: Asks,
        sign: Sign,
        online: Callable[[str], bool],
    ) -> None:
        self._realm, self._clock, self._ticks, self._fresh = realm, clock, ticks, fresh
        self._ca, self._online = ca, online
        self.book = Book(clock, ticks, fresh)
        self.sessions = Sessions(clock, ticks, fresh)
        self._licence, self._service = Licence(asks, ca, sign), Service(ca, asks)
        self._app, self._sealer = App(ca), Sealer(ca, asks)
        self.tickets = Tickets(self.book, self.sessions, clock, ticks, fresh, self._bound, self._way, asks)
        self.telephone = Telephone(self.book, self._way)

    # by challenge

    def challenge(self, owner: Owner, value: Any) -> dict[str, Any]:
        """`{action, business?, digest?}` -> the octets to be signed."""
        asked = wish(value)
        entry = Entry(CHALLENGE, self._bound(owner, asked, CHALLENGE_SECONDS), self._ticks())
        return {
            "challengeId": self.book.add(entry),
            "challenge": text_of(entry.binding.octets),
            "businessSalt": entry.binding.salt,
            "expireTime": wall(entry.binding.expires),
        }

    async def login(self, owner: Owner, value: Any) -> dict[str, Any] | Answer:
        """A signature over a challenge; one try each, so that nobody tries certificates out."""
        name, proof = challenge_login(value)
        entry = self.book.mine(CHALLENGE, name, owner)
        with self.book.holding(entry):
            if entry.state is not State.CREATED:
                raise out_of(entry)
            found = await judge(self._ca(), entry.binding, proof)
            if self.book.aged(entry).state is State.EXPIRED:
                raise out_of(entry)  # the time ran out while it was being judged
            if not found.code:
                entry.move(Act.CONFIRM)
            return concluded(entry, found, self.sessions)

    # afterwards

    async def session(self, owner: Owner, value: Any) -> dict[str, Any]:
        """`{token}` -> who is logged in; being asked for keeps the session awake, as long as its certificate
        stands: one that was revoked or frozen since, or whose CA is off the list, ends it."""
        token = stated_token(value)
        raw, medium, word = self.sessions.rests_on(owner, token)
        if (body := self.sessions.to_ask(owner, token)) is not None:
            await self._registered(owner, token, body)
        note = await self._standing(owner, token, raw, medium, word=word) if raw else None
        return self.sessions.look(owner, token) | ({"note": note} if note else {})

    async def _standing(
        self, owner: Owner, token: str, raw: bytes, medium: str | None, *, word: bool
    ) -> dict[str, str] | None:
        """Raises unless it stands; returned is what has to be said with the yes. Gateways are not asked: a
        CA need not hear whenever its customer turns a page. But whoever came in on a gateway's word alone
        stays in on nothing else, until a list or an answer is here."""
        asked = {"certificate": text_of(raw), "purpose": "login", "medium": medium}
        said = await self._ca().recognise(owner.platform, asked, alone=not word)
        if said["result"] == "valid":
            alone = (said.get("gateway") or {}).get("alone")
            return {"zh": str(said["zh"]), "en": str(said["en"])} if alone else None
        if said["result"] == "invalid":
            self.sessions.end(owner, token)
            raise refusal("session.unknown", "/token", str(said["zh"]))
        raise refusal("login.indeterminate", "/token", str(said["zh"]))

    async def _registered(self, owner: Owner, token: str, body: Body) -> None:
        """A licence withdrawn since ends what it opened; while nobody says, nobody is let through."""
        stands = await self._licence.stands(body)
        if stands is None:
            raise refusal("login.indeterminate", "/token", "登记状态暂不可知 / the register does not answer")
        if not stands:
            self.sessions.end(owner, token)
            raise refusal("session.unknown", "/token", "营业执照已不在册 / the licence no longer stands")
        self.sessions.stood(owner, token)

    def logout(self, owner: Owner, value: Any) -> dict[str, Any]:
        self.sessions.end(owner, stated_token(value))
        return {"state": "ended"}

    def _way(self, provider: str, action: str) -> Way | None:
        """Who confirms: a licence, a service that signs or seals, or the app of a member."""
        if not provider or not self._online(provider):
            return None
        if provider in LICENCES and action == "login":
            return self._licence
        if provider not in SERVICES:
            return self._app
        if action == "seal":
            return self._sealer if provider in SEALERS else None
        return self._service

    def _bound(self, owner: Owner, asked: Wish, seconds: int) -> Binding:
        now = self._clock().replace(microsecond=0)
        return Binding(
            self._realm, owner, asked.action, asked.business, asked.digest, self._fresh(32).hex(),
            self._fresh(16).hex(), now, now + timedelta(seconds=seconds),
        )  # fmt: skip
