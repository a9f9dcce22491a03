"""Which records nobody may see yet: everything of class P until its section has really been opened.

Field policy, rules 2 and 7: the record as a whole is hidden, and so is that it exists, so a sealed
record takes no place in any list, count or cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.standard import Standard

_SECTION_FIELDS = ("BID_SECTION_CODE", "BID_SECTION_CODES", "PACKAGE_CODE", "PACKAGE_CODES")
OPENINGS = frozenset({"eng-bid-opening", "gp-opening"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as T01 keeps it; `visible` is when it could first be told, not when it came."""

    stage: str
    body: Mapping[str, Any]
    visible: datetime

    def shown(self) -> dict[str, Any]:
        """One element of the export's `records`."""
        return {
            "stage": self.stage,
            "key": self.body["key"],
            "version": self.body["version"],
            "op": self.body["op"],
            "fields": self.body["fields"],
            "ext": self.body.get("ext", {}),
            "files": self.body.get("files", []),
            "recordedTime": self.visible.isoformat(timespec="seconds"),
        }


class Shelf:
    """Records in the order they became visible, and behind it those that are not yet."""

    def __init__(self, standard: Standard) -> None:
        self._sealed_stages = {s.id for s in standard.stages if "P" in s.policy.classes}
        self._visible: list[Kept] = []
        self._sealed: list[Kept] = []
        self._opened: set[str] = set()

    def add(self, stage: str, body: Mapping[str, Any], now: datetime) -> None:
        """Keep a record; an opening record brings what waited for it to light, behind itself."""
        kept = Kept(stage, body, now)
        if stage in self._sealed_stages and not sections(body) & self._opened:
            self._sealed.append(kept)
            return
        self._visible.append(kept)
        if stage in OPENINGS:
            self._open(sections(body), now)

    def _open(self, opened: set[str], now: datetime) -> None:
        self._opened |= opened
        waiting, self._sealed = self._sealed, []
        for kept in waiting:
            if sections(kept.body) & opened:
                self._visible.append(Kept(kept.stage, kept.body, now))
            else:
                self._sealed.append(kept)

    def visible(self) -> list[Kept]:
        return self._visible

    def everything(self) -> list[Kept]:
        """For T01's own staff (and the leaking variant), never for the export."""
        return self._visible + self._sealed


def sections(body: Mapping[str, Any]) -> set[str]:
    """The section codes a record names."""
    fields = body.get("fields", {})
    return {code for name in _SECTION_FIELDS for code in str(fields.get(name) or "").split(";") if code}
