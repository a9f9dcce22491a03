"""Who is given which proof: of a message, of a file, of an event of the hub's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.evidence.notary import Notary
from hub.evidence.proof import Wanted
from hub.index.port import MessageRow
from hub.index.questions import SqliteIndex
from hub.index.views import CENTRE, may_see
from hub.journal.port import Journal
from hub.operations import entries_of


@dataclass(frozen=True, slots=True)
class Proving:
    """`provable` is the receipt of a message as anybody can check it."""

    index: SqliteIndex
    journal: Journal
    notary: Notary
    provable: Callable[[MessageRow], Mapping[str, Any]]

    def proof(self, principal: str, hub_id: str) -> dict[str, Any] | None:
        """None for strangers, and before the first head over it."""
        row = self.index.by_hub_id(hub_id)
        if row is None:
            return self._of_file(principal, hub_id) or self._of_event(principal, hub_id)
        if not may_see(principal, row):
            return None
        # The bytes themselves are handed to their sender only.
        return self.notary.prove(
            Wanted(
                entries_of(self.index, row),
                {"hubId": row.hub_id, "from": row.sender, "msgId": row.msg_id},
                raw=principal == row.sender,
                receipt=self.provable(row),
            )
        )

    def _of_file(self, principal: str, hub_id: str) -> dict[str, Any] | None:
        """That a file came is proved to who sent it."""
        row = self.index.file_entry(hub_id)
        if row is None or principal != row.owner:
            return None
        return self.notary.prove(Wanted([row.seq], {"hubId": hub_id}, raw=False))

    def _of_event(self, principal: str, hub_id: str) -> dict[str, Any] | None:
        """An event is proved to the centre and to the systems it is about."""
        seq = self.index.event(hub_id)
        entry = self.journal.entry(seq) if seq else None
        if entry is None:
            return None
        payload = entry.facts["payload"]
        about = {payload.get("system"), *payload.get("systems", ())}
        if principal != CENTRE and principal not in about:
            return None
        return self.notary.prove(Wanted([seq], {"hubId": hub_id}, raw=False))
