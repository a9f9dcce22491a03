"""The control switch: what T01 can be told to do, each with its schema, all by the doors a real user has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.message import Finding
from simulators.dialects import jsonread
from simulators.systems.t01.inbound import answer, problem
from simulators.wire import Reply

if TYPE_CHECKING:
    from simulators.systems.t01.system import ReferenceSystem

_SEED = {"type": "integer", "minimum": 0, "description": "样例项目的种子;同一种子是同一个项目"}
_BY_SEED = {
    "type": "object",
    "properties": {"seed": _SEED},
    "required": ["seed"],
    "additionalProperties": False,
}
_STAGE = {"type": "string", "description": "环节编号"}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "connect": {
        "type": "object",
        "properties": {"hub": {"type": "string", "description": "枢纽地址,报文发往 {hub}/v1/messages"}},
        "required": ["hub"],
        "additionalProperties": False,
    },
    "publish-notice": _BY_SEED,
    "sign-up": _BY_SEED,
    "open-bids": _BY_SEED,
    "send": {
        "type": "object",
        "properties": {"seed": _SEED, "stage": _STAGE},
        "required": ["seed", "stage"],
        "additionalProperties": False,
    },
    "sent": {"type": "object", "properties": {"msgId": {"type": "string"}}, "required": ["msgId"]},
    "reset": {"type": "object", "properties": {}, "additionalProperties": False},
}


class Refused(Exception):
    """Arguments that do not fit the schema."""


class Commands:
    """Runs one command at a time; what is sent goes out in the background until acknowledged."""

    def __init__(self, system: ReferenceSystem) -> None:
        self._system = system
        self._bidders: dict[int, int] = {}
        self._made = 0
        self._run: dict[str, Callable[[dict[str, Any], datetime], dict[str, Any]]] = {
            "connect": self._connect,
            "publish-notice": lambda given, now: self._make("eng-tender-notice", given, now),
            "sign-up": self._sign_up,
            "open-bids": lambda given, now: self._make("eng-bid-opening", given, now),
            "send": lambda given, now: self._make(_text(given, "stage"), given, now),
            "sent": self._sent,
            "reset": self._reset,
        }

    def described(self) -> dict[str, Any]:
        """What `GET control` shows: nothing about records."""
        system = self._system
        return {"system": system.ident, "build": system.build, "commands": dict(SCHEMAS)}

    def run(self, raw: bytes, now: datetime) -> Reply:
        try:
            told = jsonread.read(raw)
            command, given = told["command"], told.get("arguments", {})
            if not isinstance(given, dict):
                raise Refused("arguments")
        except (ValueError, KeyError, TypeError, Refused) as error:
            return problem(
                400,
                "control.malformed",
                [Finding("control.malformed", "", "{command, arguments}", str(error))],
            )
        if command not in self._run:
            known = ", ".join(self._run)
            return problem(
                404, "control.unknown", [Finding("control.unknown", "/command", known, str(command))]
            )
        try:
            return answer(200, self._run[command](given, now))
        except Refused as error:
            return problem(422, "control.argument", [Finding("control.argument", f"/arguments/{error}")])

    def _connect(self, given: dict[str, Any], _now: datetime) -> dict[str, Any]:
        self._system.outbox.hub = _text(given, "hub").rstrip("/")
        return {"hub": self._system.outbox.hub}

    def _sign_up(self, given: dict[str, Any], now: datetime) -> dict[str, Any]:
        seed = _seed(given)
        bidder = self._bidders.get(seed, 0)
        self._bidders[seed] = bidder + 1
        return self._make("eng-bidder-list", given, now, bidder=bidder)

    def _make(
        self, stage: str, given: dict[str, Any], now: datetime, bidder: int | None = None
    ) -> dict[str, Any]:
        """A record of the seed's project, kept as our own and handed to the outbox."""
        system, seed = self._system, _seed(given)
        if stage not in system.standard.by_id:
            raise Refused("stage")
        self._made += 1
        number = f"{system.ident}-C{now:%m%d%H%M%S%f}-{self._made}"
        envelope = system.standard.sample(
            stage, seed, sender=system.ident, msg_id=number, time=now, bidder=bidder
        )
        envelope["head"]["realm"] = system.realm
        system.keep(envelope["head"], envelope["body"], now)
        system.outbox.send(envelope)
        return {"msgId": number, "key": envelope["body"]["key"]}

    def _sent(self, given: dict[str, Any], _now: datetime) -> dict[str, Any]:
        return self._system.outbox.state(_text(given, "msgId"))

    def _reset(self, _given: dict[str, Any], _now: datetime) -> dict[str, Any]:
        self._bidders.clear()
        self._system.reset()
        return {}


def _seed(given: Mapping[str, Any]) -> int:
    value = given.get("seed")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused("seed")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(name)
    return value
