"""What befalls CAs, lists, clocks and gateways while certificates are in use: made with the simulators' own
faults and management, one after the other at one hub."""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from hub.ca.belief import POLICY
from hub.errors import SettingsError
from hub.message import wall
from tests.e2e.paths import asking
from tests.e2e.paths.house import House
from tests.hub.server.ca_kit import b64

DATA = "投标文件".encode()
DAY = timedelta(days=1)


@dataclass
class Trial:
    """One certificate in use at one CA, with a session that began while all was well."""

    house: House
    ident: str = "C01"
    holder: str = "builder"
    token: str = ""
    begun: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    jump: timedelta = timedelta(0)
    damaged: bool = False

    @property
    def key(self) -> Any:
        return self.house.ca(self.ident).signer(self.holder)

    @property
    def serial(self) -> int:
        return read_certificate(self.key.certificate).serial

    def faults(self, name: str, path: str) -> None:
        self.house.fleet.systems[self.ident].faults.arm(name, times=None, match={"path": path})

    def listed(self, *without: str, asks: bool = False, crls: bool = True, **changed: Any) -> None:
        """The centre's list; `asks`: it names responders; `crls`: the lists of who issues lie here."""
        stage = self.house.stage
        content = stage.content([one for one in ("C01", "C02", "C03", "C04", "C05") if one not in without])
        for one in content["cas"]:
            door = self.house.fleet.main.doors.get(one["id"])
            if asks and door:
                one["revocation"] = {"ocsp": [f"{door}/pki/ocsp"], "crl": []}
        content |= changed
        lists = [(one, stage.vendor(one)) for one in ("C01", "C02", "C03", "C04", "C05")]
        raws = []
        for name, vendor in lists:
            own = list(vendor.crls())
            issuing = len(vendor.algorithms)
            if name in self.house.fleet.systems and name != "C05":
                ca = self.house.ca(name)
                own[-issuing:] = [ca.crl(one, self.house.world.clock()) for one in vendor.algorithms]
            raws += own if crls else own[:-issuing]
        self.files = {"trustlist.json": stage.signed(content), "centre.der": stage.centre.certificate}
        self.files |= {f"{at:02}.crl": raw for at, raw in enumerate(raws)}

    async def believe(self, gateways: str = "never") -> None:
        await self.house.believe(self.files, gateways=gateways, **self.rules)

    async def challenged(self) -> dict[str, Any]:
        asked = {"action": "login"}
        said: dict[str, Any] = (await self.house.world.asked("T01", "POST", "/v1/auth/challenges", asked))[1]
        return said

    async def log_in(self, challenge: dict[str, Any] | None = None) -> tuple[str, frozenset[str]]:
        ask, challenge = self.house.world.asked, challenge or await self.challenged()
        octets = base64.b64decode(challenge["challenge"])
        body = {
            "challengeId": challenge["challengeId"],
            "form": "raw",
            "signature": b64(self.key.sign(octets)),
            "certificate": b64(self.key.certificate),
        }
        status, said = await ask("T01", "POST", "/v1/auth/logins", body)
        if status == 200 and said["state"] == "used":
            self.token = said["session"]["token"]
        return of(status, said.get("result") if isinstance(said.get("result"), Mapping) else said)


def of(status: int, said: Any) -> tuple[str, frozenset[str]]:
    """The word, and the codes that go with it: of a yes what was let pass or left out."""
    if not isinstance(said, Mapping) or "result" not in said:
        return "refused", frozenset((str((said or {}).get("code")),))
    if said["result"] != "valid":
        return said["result"], frozenset(one["code"] for one in said["reasons"])
    marks = {one["code"] for one in said["forgiven"]} - {"encoding"}
    marks |= {f"{one['check']}:skipped" for one in said["checks"]
              if one["check"] == "second-engine" and one["outcome"] == "skipped"}  # fmt: skip
    return "valid", frozenset(marks)


# -- what is asked ---------------------------------------------------------------------------------------


async def recognise(trial: Trial) -> tuple[str, frozenset[str]]:
    body = {"certificate": b64(trial.key.certificate)}
    return of(*await trial.house.world.asked("T01", "POST", "/v1/ca/recognise", body))


async def verify(trial: Trial, purpose: str = "signing") -> tuple[str, frozenset[str]]:
    body = {"kind": "raw", "certificate": b64(trial.key.certificate), "data": b64(DATA),
            "signature": b64(trial.key.sign(DATA)), "purpose": purpose}  # fmt: skip
    return of(*await trial.house.world.asked("T01", "POST", "/v1/ca/verify", body))


async def seal(trial: Trial) -> tuple[str, frozenset[str]]:
    return await verify(trial, "sealing")


async def login(trial: Trial) -> tuple[str, frozenset[str]]:
    return await trial.log_in()


async def under_way(trial: Trial) -> tuple[str, frozenset[str]]:
    """A login that was begun while all was well."""
    return await trial.log_in(trial.begun)


async def session(trial: Trial) -> tuple[str, frozenset[str]]:
    status, said = await trial.house.world.asked("T01", "POST", "/v1/auth/sessions", {"token": trial.token})
    if status == 200:
        return "valid", frozenset(("noted",) if "note" in said else ())
    return "refused", frozenset((str(said.get("code")),))


async def service(trial: Trial) -> tuple[str, frozenset[str]]:
    fields = {
        "requestNo": secrets.token_hex(6), "verifyKind": "certificate", "usage": "sign",
        "atTime": wall(trial.house.world.clock()), "revocationRequired": True,
        "certificate": await trial.house.kept(trial.key.certificate),
    }  # fmt: skip
    _, said = await asking.served(trial.house, "ca.verify", fields)
    data = said.get("body") or {}
    if "verdict" not in data:
        return "refused", frozenset((str(said.get("code")),))
    return ("valid" if data["verdict"] == "valid" else "invalid"), frozenset(
        one["code"].removeprefix("certificate.") for one in data["reasons"] if one["severity"] == "error"
    )


async def state(trial: Trial) -> tuple[str, frozenset[str]]:
    one = read_certificate(trial.key.certificate)
    fields = {"caId": trial.ident, "issuer": str(one.issuer), "serialNo": f"{one.serial:X}",
              "digest": "sm3:" + "0" * 64, "medium": "token", "usage": "sign",
              "notBefore": wall(one.not_before), "notAfter": wall(one.not_after)}  # fmt: skip
    _, said = await asking.served(trial.house, "ca.status", {"certificate": fields})
    data = said.get("body") or {}
    if "status" not in data:
        return "refused", frozenset((str(said.get("code")),))
    words = {"good": "valid", "unknown": "indeterminate"}
    return words.get(data["status"], "invalid"), frozenset((data["status"],)) - {"good"}


ASKED: Mapping[str, Callable[[Trial], Awaitable[tuple[str, frozenset[str]]]]] = {
    "recognise": recognise, "verify": verify, "login": login, "under-way": under_way, "session": session,
    "service": service, "status": state, "when-open": verify, "always": verify,
    "open-seal": seal, "open-login": login, "open-session": session,
}  # fmt: skip


# -- what happens -----------------------------------------------------------------------------------------


def revoked(trial: Trial) -> None:
    trial.house.ca(trial.ident).revoke(trial.serial, trial.house.at - timedelta(minutes=1))
    trial.listed()


def frozen(trial: Trial) -> None:
    trial.house.ca(trial.ident).freeze(trial.serial, trial.house.at - timedelta(minutes=1))
    trial.listed()


def unfrozen(trial: Trial) -> None:
    trial.house.ca(trial.ident).happened[trial.serial] = [
        (trial.house.at - timedelta(minutes=2), HOLD), (trial.house.at - timedelta(minutes=1), None),
    ]  # fmt: skip
    trial.listed()


def removed(trial: Trial) -> None:
    trial.listed("C01", sequence=8)


def jump(days: int) -> Callable[[Trial], None]:
    """The hub's clock alone is moved, while it runs."""

    def happens(trial: Trial) -> None:
        trial.jump = days * DAY

    return happens


def responder(fault: str) -> Callable[[Trial], None]:
    def happens(trial: Trial) -> None:
        trial.listed(asks=True, crls=False)
        trial.rules["fetch"] = "listed"
        trial.faults(fault, "/pki/ocsp")

    return happens


def crl_late(trial: Trial) -> None:
    """Revoked a minute ago at a CA that publishes at midnight; nothing of it lies here."""
    trial.house.ca("C03").revoke(trial.serial, trial.house.at - timedelta(minutes=1))
    trial.listed(crls=False)


def gateway(fault: str, *, known: bool, holder: str = "builder") -> Callable[[Trial], None]:
    """`known`: our own data are at hand."""

    def happens(trial: Trial) -> None:
        trial.holder = holder
        trial.listed(crls=known)
        if fault:
            trial.faults(fault, "/sof")

    return happens


def slow(trial: Trial) -> None:
    """Two seconds, and it is given half a one."""
    gateway("slow", known=False)(trial)
    trial.house.gateway.patience = 0.5


def gateway_says_no(trial: Trial) -> None:
    """Our list is current and knows nothing of it."""
    trial.listed()
    trial.house.ca(trial.ident).freeze(trial.serial, trial.house.at - timedelta(minutes=1))


def policy_damaged(trial: Trial) -> None:
    trial.damaged = True


HAPPENS: Mapping[str, Callable[[Trial], None]] = {
    "revoked-in-use": revoked, "frozen-in-use": frozen, "unfrozen": unfrozen, "ca-removed": removed,
    "list-expired": jump(40), "clock-forward": jump(8), "clock-back": jump(-10),
    "ocsp-down": responder("ca-down"), "ocsp-stale": responder("ocsp-stale"),
    "ocsp-stranger": responder("ocsp-wrong-key"), "ocsp-try-later": responder("ocsp-try-later"),
    "crl-late": crl_late,
    "gateway-down": gateway("http-503", known=False), "gateway-slow": slow,
    "gateway-silent": gateway("http-503", known=True),
    "gateway-wrong-code": gateway("wrong-code", known=False),
    "gateway-forged": gateway("sof-forged", known=False),
    "gateway-lies-yes": gateway("gateway-lying", known=True, holder="revoked"),
    "gateway-lies-alone": gateway("gateway-lying", known=False, holder="revoked"),
    "gateway-lies-no": gateway_says_no,
    "policy-damaged": policy_damaged,
}  # fmt: skip


@asynccontextmanager
async def happening(house: House, name: str) -> AsyncIterator[Trial]:
    """All is well and in use; then it happens; afterwards all is well again."""
    trial = Trial(house, "C03" if name == "crl-late" else "C01")
    ahead, kept, patience = house.world.clock.ahead, house.fleet.clock.keep(), house.gateway.patience
    hierarchy = house.ca(trial.ident)
    assert not hierarchy.happened, "nothing has befallen anybody yet"
    trial.listed()
    await trial.believe()
    for ask in (login, state, service):  # and what was answered may be remembered somewhere
        assert (await ask(trial))[0] == "valid", (name, ask)
    trial.begun = await trial.challenged()
    HAPPENS[name](trial)
    try:
        yield trial
    finally:
        house.fleet.systems[trial.ident].faults.lift()
        hierarchy.happened.clear()
        house.world.clock.ahead, house.gateway.patience = ahead, patience
        house.fleet.clock.recall(kept)


async def answer(trial: Trial, path: str) -> tuple[str, frozenset[str]]:
    """Asked under the policy that the path is about."""
    house = trial.house
    rule = "when-open" if path.startswith("open-") else path
    await trial.believe(rule if rule in ("when-open", "always") else "never")
    if trial.damaged:
        (house.folder / POLICY).write_bytes(b'{"policy": {"gateways": "never"')
        with pytest.raises(SettingsError):  # so it is refused, and whoever starts now has nothing to say
            house.hub.ca.read()
    clock, days = house.world.clock, trial.jump // DAY
    clock.ahead += trial.jump
    house.fleet.clock.set(f"{'-' if days >= 0 else '+'}{abs(days)}d")
    try:
        return await ASKED[path](trial)
    finally:
        clock.ahead -= trial.jump
        house.fleet.clock.set(f"{'+' if days >= 0 else '-'}{abs(days)}d")
