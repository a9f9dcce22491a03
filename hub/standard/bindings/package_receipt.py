"""The answer to a package: a result for every record with all its findings, or why none was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from hub.message import Finding, Key, canonical, refusing, sign, wall
from hub.standard.bindings.package_directory import LIMITS, Limits
from hub.standard.bindings.package_read import Inspection, inspect, messages

FORMAT = "hutong-package-receipt"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record; `state` is a receipt state such as accepted, refused, duplicate."""

    at: str
    state: str
    msg_id: str = ""
    hub_id: str = ""
    findings: tuple[Finding, ...] = ()

    def public(self) -> dict[str, Any]:
        told: dict[str, Any] = {"at": self.at, "msgId": self.msg_id, "state": self.state}
        if self.hub_id:
            told["hubId"] = self.hub_id
        return told | {"findings": [finding.public() for finding in self.findings]}


Receive = Callable[[dict[str, Any], str], Result]


def take_package(
    stream: BinaryIO,
    name: str,
    receive: Receive,
    *,
    key_of: Callable[[str], Key | None] | None = None,
    limits: Limits = LIMITS,
) -> tuple[Inspection, list[Result]]:
    """Inspect a package, hand its messages over one by one, and collect the results.

    With `key_of` the manifest must be signed by the sender it names. `receive` gets a message and where
    it stands; a line that is no message is refused without asking it.
    """
    inspection = inspect(stream, name, limits)
    if key_of is not None and inspection.manifest is not None:
        findings = (*inspection.findings, *inspection.manifest.signed_by(key_of))
        inspection = Inspection(name, inspection.manifest, findings)
    results = []
    for entry in messages(stream, inspection, limits):
        if entry.message is None or refusing(list(entry.findings)):
            results.append(Result(entry.at, REFUSED, _msg_id(entry.message), findings=entry.findings))
            continue
        result = receive(entry.message, entry.at)
        told = (*entry.findings, *result.findings)
        results.append(Result(entry.at, result.state, result.msg_id, result.hub_id, told))
    return inspection, results


def receipt(
    inspection: Inspection, results: Iterable[Result], now: datetime, key: Key | None = None
) -> bytes:
    """The receipt file; signed when there is a key to sign with."""
    rows = list(results)
    body = {
        "ok": inspection.sound and all(row.state != REFUSED for row in rows),
        "states": dict(sorted(Counter(row.state for row in rows).items())),
        "findings": [finding.public() for finding in inspection.findings],
        "records": [row.public() for row in rows],
    }
    head = {"format": FORMAT, "ver": "1", "package": inspection.name, "time": wall(now)}
    told: dict[str, Any] = {"head": head, "body": body}
    return canonical(told if key is None else sign(told, key)) + b"\n"


def _msg_id(message: dict[str, Any] | None) -> str:
    head = message.get("head") if message is not None else None
    found = head.get("msgId") if isinstance(head, dict) else None
    return found[:64] if isinstance(found, str) else ""
