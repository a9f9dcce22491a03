"""Rules that need the head beside the body: which stage, which service, which version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.standard.book import Book, nearest
from hub.standard.check.flaw import Flaw
from hub.standard.check.observed import quoted
from hub.standard.model import Service, Stage

RECORD_PUT = "record.put"


@dataclass(frozen=True, slots=True)
class Message:
    """Head and body, and what the standard has under their names (None when it has nothing)."""

    standard: Book
    head: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def stage(self) -> Stage | None:
        name = self.head.get("stage")
        return self.standard.by_id.get(name) if isinstance(name, str) else None

    @property
    def service(self) -> Service | None:
        name = self.head.get("msgType")
        return self.standard.services.get(name) if isinstance(name, str) else None


def stage_unknown(message: Message) -> Iterator[Flaw]:
    """The stage is one of the 51."""
    name = message.head.get("stage")
    if isinstance(name, str) and message.stage is None:
        words = _near(name, message.standard.by_id)
        yield Flaw("stage.unknown", "/head/stage", quoted(name, personal=False), words)


def service_unknown(message: Message) -> Iterator[Flaw]:
    """The message type is record.put or one of the 105."""
    name = message.head.get("msgType")
    if isinstance(name, str) and name != RECORD_PUT and message.service is None:
        words = _near(name, message.standard.services)
        yield Flaw("service.unknown", "/head/msgType", quoted(name, personal=False), words)


def service_stage(message: Message) -> Iterator[Flaw]:
    """A service that carries records carries only the stages listed for it."""
    service, stage = message.service, message.stage
    if service is None or service.body != "record" or "*" in service.carries:
        return
    if stage is None and "stage" in message.head:
        return
    if stage is None or stage.id not in service.carries:
        found = quoted(message.head.get("stage", ""), personal=False)
        yield Flaw("service.stage", "/head/stage", found, {"stages": "、".join(service.carries)})


def version(message: Message) -> Iterator[Flaw]:
    """Versions begin with the insertion; later operations count on."""
    number, op = message.body.get("version"), message.body.get("op")
    if message.stage is None or not isinstance(number, int) or isinstance(number, bool):
        return
    if (op == "insert" and number != 1) or (op in ("update", "delete") and number < 2):
        yield Flaw("record.version", "/body/version", f"{op} {number}", {})


def file_role(message: Message) -> Iterator[Flaw]:
    """Attachments play one of the roles the stage lists; others are let through with a word."""
    files, stage = message.body.get("files"), message.stage
    if stage is None or not stage.attachments or not isinstance(files, list):
        return
    for index, row in enumerate(files):
        role = row.get("role") if isinstance(row, dict) else None
        if isinstance(role, str) and role not in stage.attachments:
            words = {"roles": "、".join(stage.attachments)}
            yield Flaw("file.role", f"/body/files/{index}/role", quoted(role, personal=False), words)


def _near(name: str, known: Mapping[str, object]) -> dict[str, str]:
    near = "、".join(nearest(name[:64], known))
    return {"nearest": f":{near}" if near else ""}


HEAD_RULES: dict[str, Callable[[Message], Iterator[Flaw]]] = {
    "stage.unknown": stage_unknown,
    "service.unknown": service_unknown,
    "service.stage": service_stage,
    "record.version": version,
    "file.role": file_role,
}
