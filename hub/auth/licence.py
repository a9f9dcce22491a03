"""Login by electronic business licence (N05): a ticket, its state, and a code that is worth one identity.

A state never lets anybody in. The code is redeemed when the ticket is used and not before, so a licence
that was struck off after the scanning is seen; where nobody knows what became of the code, it is over.
Afterwards the register is asked whether the body still stands (`entity.verify`, which N05 answers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from certs.verdict import FAILED, PASSED, Check, Moment, Reason, Verdict
from hub.auth.asked import Asks
from hub.auth.book import Entry
from hub.auth.judging import Body, Established
from hub.auth.refusing import WORDS
from hub.auth.states import Act
from hub.ca.judges import Judges
from hub.ca.told import told
from hub.ca.verifying import Judged
from hub.message import canonical
from hub.ports import Answer

Sign = Callable[[bytes], Mapping[str, str]]
_MOST_CODE = 128
_ENDS = {
    "ticket.expired": (Act.EXPIRE, ""),
    "ticket.unknown": (Act.REFUSE, "ticket.refused"),
    "ticket.other-session": (Act.REFUSE, "ticket.refused"),
    "ticket.cancelled": (Act.REFUSE, "ticket.refused"),
}
_CODES = {
    "licence.revoked": "licence.revoked",
    "role.not-authorised": "role.not-authorised",
    "person.locked": "login.refused",
    "code.used": "login.refused",
    "code.expired": "login.refused",
}


_GONE = frozenset(("verify.not-found", "verify.licence-invalid"))


class Opens(Protocol):
    """`hub.ca.desk.CaDesk`, as far as the form of a result needs it."""

    async def open(self) -> Judges: ...


class Licence:
    """One way to be confirmed; `sign` is the hub's own signature."""

    def __init__(self, asks: Asks, opens: Callable[[], Opens], sign: Sign) -> None:
        self._asks, self._opens, self._sign = asks, opens, sign

    async def begin(self, entry: Entry, name: str) -> str:
        """What the QR code says; "" where none was given."""
        bound = entry.binding
        asked = {
            "requestNo": entry.number, "appId": bound.owner.platform, "scene": bound.action,
            "authMethods": ["licence"], "sessionHash": bound.session, "challenge": bound.imprint.hex(),
            "ttlSeconds": int(entry.life),
        }  # fmt: skip
        said = await self._asks("auth.ticket", entry.provider, asked)
        if said.status >= 300:
            return ""
        entry.ticket = str(said.data["ticket"])
        return str(said.data["qrContent"])

    async def look(self, entry: Entry) -> None:
        asked = {"ticket": entry.ticket, **_session(entry)}
        said = await self._asks("auth.state", entry.provider, asked)
        if said.status < 300:
            await self.hear(entry, said.data)
        elif said.code in _ENDS:
            entry.move(*_ENDS[said.code])

    async def hear(self, entry: Entry, data: Mapping[str, Any]) -> bool:
        """A state, asked for or called back; did it change anything?"""
        match data.get("state"):
            case "scanned":
                return entry.move(Act.SCAN)
            case "confirmed" if 0 < len(str(data.get("code") or "")) <= _MOST_CODE and entry.faced:
                if moved := entry.move(Act.CONFIRM):
                    entry.proof = str(data["code"])
                return moved
            case "cancelled" | "used":  # used, and not by us
                return entry.move(Act.REFUSE, "ticket.refused")
            case "expired":
                return entry.move(Act.EXPIRE)
        return False

    async def establish(self, entry: Entry, now: datetime) -> Established | None:
        """Who it was; None where nobody knows whether the code is used up. It is asked once."""
        code, entry.proof = entry.proof, None
        if not code:
            return None
        asked = {"code": code, **_session(entry), "scope": ["subject"]}
        said = await self._asks(
            "auth.identity", entry.provider, asked | {"signature": self._sign(canonical(asked))}
        )
        judges = await self._opens().open()
        if said.status < 300:
            return self._found(judges, entry, said.data, now)
        why = _CODES.get(said.code)
        return None if why is None else self._no(judges, entry, why, said, now)

    def _found(self, judges: Judges, entry: Entry, data: Mapping[str, Any], now: datetime) -> Established:
        """The person's own values end here: who logged in is the body."""
        code = str(data["subject"]["code"])
        why = Reason("identity-differs", "", entry.holder) if entry.holder not in ("", code) else None
        result = _result(judges, entry, "subject", why, now)
        bound = {"code": code, "kind": "uscc", "place": entry.provider, "rule": "auth.identity", "role": ""}
        result["subject"] = {"bound": bound, "candidates": [], "findings": []}
        body = Body(entry.provider, code, str(data["subject"]["name"]))
        return Established(result, "login.refused" if why else "", body=body)

    async def stands(self, body: Body) -> bool | None:
        """Is it registered and active, as of now? None where nobody says. The body asks about itself; which
        person showed its licence is not known here any more."""
        about = {
            "LEGAL_NAME": body.name, "LEGAL_CODE": body.code, "items": ["businessStatus"],
            "purpose": "登录会话续用前核对登记状态",
            "requester": {"type": "1", "code": body.code, "name": body.name},
        }  # fmt: skip
        said = await self._asks("entity.verify", body.provider, about)
        if said.status < 300:
            return said.data.get("businessStatus") == "active"
        return False if said.code in _GONE else None

    def _no(self, judges: Judges, entry: Entry, code: str, said: Answer, now: datetime) -> Established:
        gone = code == "licence.revoked"
        why = Reason("revoked" if gone else "identity-differs", entry.provider, said.code)
        result = _result(judges, entry, "revocation" if gone else "subject", why, now)
        return Established(result | {"zh": f"无效:{WORDS[code][1]}({said.code})"}, code)


def _session(entry: Entry) -> dict[str, str]:
    return {"appId": entry.binding.owner.platform, "sessionHash": entry.binding.session}


def _result(judges: Judges, entry: Entry, step: str, why: Reason | None, now: datetime) -> dict[str, Any]:
    """The same object as of a certificate; what a licence does not have is null."""
    moment, against = Moment(now, "clock"), [] if why is None else [why]
    outcome = PASSED if why is None else FAILED
    check = Check(step, outcome, entry.provider, "auth.identity", moment, tuple(against))
    said = told(judges, Judged("licence", Verdict(why is None, against, checks=(check,), moment=moment)))
    issuer = {
        "id": entry.provider, "zh": "电子营业执照", "en": "electronic business licence", "region": None,
        "assurance": None, "listSequence": None, "through": None,
    }  # fmt: skip
    return said | {"kindZh": "电子营业执照", "medium": "tokenless", "ca": issuer}
