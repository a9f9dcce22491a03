"""Messages that are right in every field: one seed is one tender, connected across its stages."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from hub.standard.book import Book
from hub.standard.sample.calendar import CST, Times, written
from hub.standard.sample.project import Project

__all__ = ["CST", "Project", "Times", "envelope", "record_key", "wrap", "written"]


def envelope(
    standard: Book,
    stage: str,
    seed: int,
    *,
    sender: str,
    msg_id: str | None,
    time: datetime | None,
    start: datetime | None,
    region: str | None,
    bidder: int | None,
    op: str,
) -> dict[str, Any]:
    """A whole unsigned native envelope; `Standard.sample` is the way in."""
    standard.stage(stage)
    project = Project(seed, start, region, standard=standard)
    fields = project.record(stage, bidder) if op != "delete" else {}
    return wrap(
        fields, stage=stage, key=record_key(stage, seed, bidder), sender=sender,
        msg_id=msg_id or f"{sender}-{record_key(stage, seed, bidder)}-{op[0]}",
        time=time or project.happens(stage, bidder), op=op, version=1 if op == "insert" else 2,
    )  # fmt: skip


def record_key(stage: str, seed: int, bidder: int | None = None) -> str:
    """The sender's own key of a record."""
    return f"{stage}-{seed}" if bidder is None else f"{stage}-{seed}-{bidder}"


def wrap(
    fields: dict[str, Any],
    *,
    stage: str,
    key: str,
    sender: str,
    msg_id: str,
    time: datetime,
    op: str = "insert",
    version: int = 1,
    realm: str = "sandbox",
    nonce: str | None = None,
) -> dict[str, Any]:
    """Fields of a stage in the native envelope, without a signature."""
    nonce = nonce or hashlib.sha256(f"{sender}/{msg_id}".encode()).hexdigest()[:24]
    head = {
        "ver": "1", "realm": realm, "from": sender, "msgId": msg_id, "msgType": "record.put", "stage": stage,
        "time": written(time), "nonce": nonce,
    }  # fmt: skip
    body = {"op": op, "key": key, "version": version, "fields": fields, "ext": {}, "files": []}
    return {"head": head, "body": body}
