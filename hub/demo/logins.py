"""Logging in as a trading system's user does: by a token over a challenge, by a code and a telephone."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass

from hub.client import HubClient, Sent
from hub.demo.holders import Holder, b64
from hub.demo.steering import Steering

PATIENCE = 60.0
LOGINS = "/v1/auth"


@dataclass(frozen=True, slots=True)
class Logins:
    """`client` is the system whose page is logged in at."""

    client: HubClient
    sims: Steering

    def by_token(self, who: Holder) -> Sent:
        """The hub's challenge, signed by the token."""
        said = self.client.ask("POST", f"{LOGINS}/challenges", {"action": "login"})
        if not said.ok:
            return said
        octets = base64.b64decode(said.document["challenge"])
        return self.client.ask(
            "POST",
            f"{LOGINS}/logins",
            {
                "challengeId": said.document["challengeId"],
                "form": "raw",
                "signature": b64(who.message.sign(octets)),
                "certificate": b64(who.signing.certificate),
            },
        )

    def by_code(self, provider: str, who: Holder) -> tuple[Sent, list[str]]:
        """A code on the screen, scanned and confirmed on a telephone; and the states it was seen in."""
        begun = self.client.ask(
            "POST",
            f"{LOGINS}/tickets",
            {"action": "login", "provider": provider, "holder": who.party["code"]},
        )
        if not begun.ok:
            return begun, []
        path = f"{LOGINS}/tickets/{begun.document['ticket']}"
        seen = [str(begun.document["state"])]
        self.sims.user(provider, action="scan")
        self.sims.user(provider, action="confirm")
        self._until(path, "confirmed", seen)
        used = self.client.ask("POST", f"{path}/use", {})
        return used, [*seen, str(used.document.get("state", ""))]

    def _until(self, path: str, state: str, seen: list[str]) -> None:
        until = time.monotonic() + PATIENCE
        while seen[-1] != state and time.monotonic() < until:
            time.sleep(0.1)
            told = str(self.client.ask("GET", path).document.get("state", ""))
            if told != seen[-1]:
                seen.append(told)
