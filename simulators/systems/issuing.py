"""`ca.issue`: the life of certificates from application to end; responder and list show it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from certs.model.certificate import read_certificate
from certs.testpki.issue import ENCIPHER, SIGN
from simulators.desk import Refusal
from simulators.systems.hierarchy import SUPERSEDED, Hierarchy, Issued
from simulators.systems.material import b64

if TYPE_CHECKING:
    from certs.keys.held import HeldKey
    from certs.model.certificate import Certificate

Fields = dict[str, Any]
NOBODY = "沙箱只为其声明的主体发证"
EXISTS = "同类有效证书已存在"
UNKNOWN = "未查到原证书"
ENDED = "原证书已吊销"


@dataclass(slots=True)
class Issuing:
    """`begun` are holders whose declared pair has been handed out; `pairs` name the halves of what was issued
    at run time: what befalls one half befalls the other."""

    hierarchy: Hierarchy
    begun: set[str] = field(default_factory=set)
    pairs: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def take(self, asked: Fields, now: datetime) -> Fields:
        """One application; `refused` with its reason is an answer, too."""
        kinds: dict[str, Callable[[str, Fields, datetime], Fields]] = {
            "new": self._new,
            "renew": self._renewed,
            "change": self._renewed,
            "freeze": self._changed,
            "unfreeze": self._changed,
            "revoke": self._changed,
        }
        kind, code = str(asked.get("issueKind")), str(asked.get("subject.code", ""))
        if kind not in kinds:
            return {"state": "accepted"}
        holders = self.hierarchy.vendor.holders.values()
        holder = next((one.id for one in holders if one.code == code), None)
        return kinds[kind](holder, asked, now) if holder is not None else _refused(NOBODY)

    def _new(self, holder: str, asked: Fields, now: datetime) -> Fields:
        """The declared pair at first; later only when nothing of his is good any more."""
        if holder not in self.begun:
            self.begun.add(holder)
            vendor = self.hierarchy.vendor
            keys = [vendor.signer(holder), vendor.encrypter(holder)]
            if self._state(keys[0], now) == "good":
                return self._told(keys, asked)
        if any(self._state(key, now) == "good" for key in self._of(holder)):
            return _refused(EXISTS)
        return self._told(self._made(holder, asked), asked)

    def _renewed(self, holder: str, asked: Fields, now: datetime) -> Fields:
        """A new pair; the old one ends with it."""
        old = self._found(holder, asked)
        if old is None:
            return _refused(UNKNOWN)
        if self.hierarchy.standing(old.serial, now)[0] == "revoked":
            return _refused(ENDED)
        keys = self._made(holder, asked)
        for serial in self._both(holder, old):
            self.hierarchy.revoke(serial, now, SUPERSEDED)
        return self._told(keys, asked)

    def _changed(self, holder: str, asked: Fields, now: datetime) -> Fields:
        old = self._found(holder, asked)
        if old is None:
            return _refused(UNKNOWN)
        if self.hierarchy.standing(old.serial, now)[0] == "revoked":
            return _refused(ENDED)
        kind = str(asked["issueKind"])
        act = {
            "freeze": self.hierarchy.freeze,
            "unfreeze": self.hierarchy.unfreeze,
            "revoke": self.hierarchy.revoke,
        }[kind]
        for serial in self._both(holder, old):
            act(serial, now)
        state, told = self.hierarchy.standing(old.serial, now)[0], self.hierarchy.described(old)
        return {"state": "accepted", "certificateRef": told["certificateRef"], "reason": state}

    def _of(self, holder: str) -> list[HeldKey]:
        """All signing keys he has ever had."""
        code = self.hierarchy.vendor.holders[holder].code
        later = [one.key for one in self.hierarchy.issued.values() if one.signs]
        return [self.hierarchy.signer(holder), *(key for key in later if self._code(key) == code)]

    def _code(self, key: HeldKey) -> str:
        return str(self.hierarchy.described(read_certificate(key.certificate))["subject"]["code"])

    def _state(self, key: HeldKey, now: datetime) -> str:
        return self.hierarchy.standing(read_certificate(key.certificate).serial, now)[0]

    def _found(self, holder: str, asked: Fields) -> Certificate | None:
        """The certificate meant: by its number, or his newest."""
        serial = str(asked.get("certificate.serialNo") or "")
        try:
            code = self.hierarchy.vendor.holders[holder].code
            return read_certificate(self.hierarchy.key_of(serial=serial, code=code).certificate)
        except Refusal:
            return None

    def _both(self, holder: str, one: Certificate) -> tuple[int, ...]:
        if one.serial in self.pairs:
            return self.pairs[one.serial]
        vendor = self.hierarchy.vendor
        halves = (vendor.signer(holder), vendor.encrypter(holder))
        return tuple(dict.fromkeys(read_certificate(key.certificate).serial for key in halves))

    def _made(self, holder: str, asked: Fields) -> list[HeldKey]:
        """Keys and numbers come from the application's number: a fleet begun again issues the same."""
        vendor = self.hierarchy.vendor
        algorithm = "rsa-sha256" if asked.get("algorithm") == "rsa" else vendor.algorithms[0]
        if algorithm not in vendor.algorithms:
            raise Refusal("issue.csr")
        halves = [("sign", SIGN), ("encipher", ENCIPHER)]
        if not vendor.declared.pair:
            halves = [("sign", (*SIGN, *ENCIPHER))]
        label = f"{algorithm}/{holder}/{asked.get('requestNo', '')}/{len(self.pairs)}"
        keys = [vendor.issue(holder, usage, algorithm, label=f"{label}/{half}") for half, usage in halves]
        serials = tuple(read_certificate(key.certificate).serial for key in keys)
        for key, serial, (half, _) in zip(keys, serials, halves, strict=True):
            self.hierarchy.issued[serial] = Issued(algorithm, key, half == "sign")
            self.pairs[serial] = serials
        return keys

    def _told(self, keys: list[HeldKey], asked: Fields) -> Fields:
        distinct = list(dict.fromkeys(key.certificate for key in keys))
        return {
            "state": "issued",
            "certificateRef": self.hierarchy.described(read_certificate(distinct[0]))["certificateRef"],
            "certificates": [b64(one) for one in distinct],
            "deliver": "download" if asked.get("medium") == "tokenless" else "post",
        }


def _refused(why: str) -> Fields:
    return {"state": "refused", "reason": why}
