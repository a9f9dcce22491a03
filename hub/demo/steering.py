"""The steering port of the simulators, spoken as JSON over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from hub.errors import ReceiverError


class Steering:
    """`base` is the management address the simulators print when they are ready."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    def systems(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", "/systems")
        return found

    def records(self, system: str) -> list[dict[str, Any]]:
        """The system's own records, in its own names: [{message, key, effects, fields, ...}]."""
        found: list[dict[str, Any]] = self._ask("GET", f"/systems/{system}/records")
        return found

    def journal(self, system: str, limit: int = 500) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask(
            "GET", f"/systems/{system}/journal?{urlencode({'limit': limit})}"
        )
        return found

    def asked(self, system: str) -> list[dict[str, Any]]:
        """Questions as the system understood them, oldest first: [{service, asked, told | refused}]."""
        found: list[dict[str, Any]] = self._ask("GET", f"/systems/{system}/asked")
        return found

    def say(self, system: str, stage: str, **how: Any) -> str:
        """Have the system say something to the hub itself; the number of its message."""
        return str(self._ask("POST", f"/systems/{system}/sayings", {"stage": stage, **how})["msgId"])

    def sayings(self, system: str) -> list[dict[str, Any]]:
        """What it said, with the receipts it keeps: [{stage, msgId, fields, done, ok, code, hubId}]."""
        found: list[dict[str, Any]] = self._ask("GET", f"/systems/{system}/sayings")
        return found

    def set_clock(self, said: str) -> None:
        """The simulators' clock: `real`, a moment, or a step such as `+1d`."""
        self._ask("POST", "/clock", {"set": said})

    def fault(self, system: str, name: str, **how: Any) -> None:
        self._ask("POST", f"/systems/{system}/faults", {"name": name, **how})

    def lift(self, system: str) -> None:
        """All its faults."""
        self._ask("DELETE", f"/systems/{system}/faults")

    def user(self, system: str, **act: Any) -> None:
        """The person with the telephone: scans, confirms or refuses the newest ticket there."""
        self._ask("POST", f"/systems/{system}/user", act)

    def certificate(self, system: str, action: str, serial: int) -> str:
        """What befalls a certificate at its CA: revoke, freeze, unfreeze; the state it is in afterwards.
        The CA keeps it to itself: who wants to know has to ask."""
        act = {"action": action, "serial": f"{serial:X}", "tell": False}
        return str(self._ask("POST", f"/systems/{system}/certificates", act)["state"])

    def start_tender(self, system: str, **how: Any) -> str:
        return str(self._ask("POST", f"/trading/{system}/tenders", how)["tender"])

    def tender(self, system: str, tender: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", f"/trading/{system}/tenders/{tender}")
        return found

    def go_on(self, system: str, tender: str) -> None:
        self._ask("POST", f"/trading/{system}/tenders/{tender}/continue", {})

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is our own child's
            self._base + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as reply:  # noqa: S310
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")[:300]
            raise ReceiverError(f"{method} {path}: {error.code} {said}", code="demo.steering") from error


def answers(url: str) -> bool:
    """Is anybody there?"""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own child's address
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
