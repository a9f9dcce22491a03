"""What the verification services know: bodies, people, faces, one-time codes.

Nobody is made up beforehand but a few who must be refused; anybody else with a valid number is known as
stated, because the tenders of a run bring their own companies. A face belongs to whoever brought it first.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from typing import Any

from certs.identity import resident_ok, uscc_ok
from hub.message import wall
from simulators.desk import Refusal

Fields = dict[str, Any]
REVOKED = "91620100MA71B2C3DD"  # struck off
MISSING = "916200002243000189"  # valid digits, never registered
LOCK, TRIES = timedelta(minutes=30), 5
LIFE = timedelta(hours=2)


class People:
    """The books of one system; numbers are its own, counted up by day."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._serial: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._faces: dict[str, str] = {}
        self._misses: dict[str, list[datetime]] = {}
        self._used: set[str] = set()
        self.revoked = {REVOKED}
        self.withdrawn: Set[str] = frozenset()  # of those whose user the steering port has struck off
        self.missing = {MISSING}

    def number(self, prefix: str, now: datetime) -> str:
        self._serial[prefix] = self._serial.get(prefix, 0) + 1
        return f"{prefix}{now:%Y%m%d}{self._serial[prefix]:08d}"

    def person(self, asked: Fields, now: datetime) -> Fields:
        """`person.verify`: do name and number belong together?"""
        identity, name = _needed(asked, "person.idNo"), _needed(asked, "person.name")
        if not resident_ok(identity):
            raise Refusal("person.not-found")
        match = self._names.setdefault(identity, name) == name
        return {
            "verifyNo": self.number("RY", now),
            "match": match,
            "personStatus": "normal",
            "sourceSystem": self._system,
            "asOf": wall(now),
        }

    def face(self, asked: Fields, now: datetime) -> Fields:
        """`real-person.verify`: five misses lock a person for half an hour."""
        identity, digest = _needed(asked, "person.idNo"), str(asked["faceDigest"])
        if not resident_ok(identity):
            raise Refusal("person.not-found")
        misses = [at for at in self._misses.get(identity, []) if now - at < LOCK]
        if len(misses) >= TRIES:
            raise Refusal("face.locked")
        alive = str(asked.get("liveness", "")) != "none"
        passed = alive and self._faces.setdefault(identity, digest) == digest
        self._misses[identity] = [] if passed else [*misses, now]
        return {
            "verifyNo": self.number("SR", now),
            "pass": passed,
            "score": "97.35" if passed else "31.20",
            "livenessPass": alive,
            "asOf": wall(now),
        }

    def identity(self, asked: Fields, now: datetime) -> Fields:
        """`auth.identity` where the code was issued elsewhere: worth one use."""
        code = str(asked["code"])
        if code in self._used:
            raise Refusal("auth.code-used")
        self._used.add(code)
        return {**somebody(), "token": self.number("tk-", now), "expireTime": wall(now + LIFE)}

    def entity(self, asked: Fields, now: datetime) -> Fields:
        """`entity.verify`: item by item against the register."""
        code = str(asked["LEGAL_CODE"])
        if not uscc_ok(code):
            raise Refusal("verify.code-check")
        if code in self.missing:
            raise Refusal("verify.not-found")
        registered = self._names.setdefault(code, str(asked["LEGAL_NAME"]))
        status = "revoked" if code in self.revoked or code in self.withdrawn else "active"
        results = [_item(str(item), asked, registered, status) for item in asked.get("items", [])]
        return {
            "verifyNo": self.number("QY", now),
            "consistent": all(result["result"] == "match" for result in results),
            "results": results,
            "businessStatus": status,
            "sourceSystem": self._system,
            "asOf": wall(now),
        }


def somebody() -> Fields:
    """Who has logged in, where the sandbox's own user did it."""
    unit = {"type": "1", "code": "916201022243338110", "name": "兰州恒筑建设有限公司"}
    person = {
        "name": "张丽",
        "idType": "01",
        "idNo": "620121198805060174",
        "phone": "13900000002",
        "unit": unit["name"],
        "unitCode": unit["code"],
    }
    return {"subject": unit, "person": person, "roles": ["bidder"], "authLevel": "licence"}


def _item(item: str, asked: Mapping[str, Any], registered: str, status: str) -> Fields:
    stated = str(asked.get(item, ""))
    if item == "LEGAL_NAME" and stated != registered:
        return {"item": item, "stated": stated, "result": "mismatch", "note": "名称已变更"}
    if item == "businessStatus" and status != "active":
        return {"item": item, "result": "mismatch", "note": "已吊销"}
    return {"item": item, "stated": stated, "result": "match"}


def _needed(asked: Mapping[str, Any], name: str) -> str:
    value = str(asked.get(name) or "")
    if not value:
        raise Refusal("field.required", {"field": name})
    return value
