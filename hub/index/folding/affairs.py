"""The hub's own affairs: files, events of members, heads and stamps of the log, keys, watermarks."""

from __future__ import annotations

import json
from uuid import UUID

from hub.index.folding.deliveries import Deliveries
from hub.index.folding.sums import Facts, Sums
from hub.index.gathered import Gathered
from hub.index.persons import ERASE, PersonRows, erased_by


class Affairs:
    def __init__(self, rows: Gathered, sums: Sums, persons: PersonRows, deliveries: Deliveries) -> None:
        self._run, self._sums = rows.run, sums
        self._persons, self._deliveries = persons, deliveries

    def file(self, seq: int, facts: Facts) -> None:
        self._run(
            "INSERT OR IGNORE INTO file VALUES(?,?,?,?,?,?)",
            (seq, UUID(facts["hubId"]).bytes, facts["owner"], facts["digest"], facts["size"], facts["at"]),
        )
        self._run("DELETE FROM file_erased WHERE digest = ?", (facts["digest"],))
        self._sums.news = seq

    def event(self, seq: int, facts: Facts) -> None:
        """`payload`: `system` or `systems`, their `state` now, and the whole `record` where there is one."""
        payload = facts["payload"]
        self._run("INSERT INTO event VALUES(?,?)", (UUID(facts["hubId"]).bytes, seq))
        self._persons.erase(seq, facts["at"], erased_by(facts))
        if facts["event"] == ERASE:
            self._erase(payload)
        for system in payload.get("systems") or ([payload["system"]] if "system" in payload else []):
            row = self._run("SELECT state, data FROM member WHERE system = ?", (system,)).fetchone()
            state = payload.get("state", row[0] if row else "none")
            record = payload.get("record") or {
                **(json.loads(row[1]) if row else {}),
                "system": system,
                "state": state,
            }
            text = json.dumps({**record, "event": facts["hubId"]}, ensure_ascii=False, sort_keys=True)
            self._run("INSERT OR REPLACE INTO member VALUES(?,?,?)", (system, state, text))
        self._sums.news = seq

    def _erase(self, payload: Facts) -> None:
        """`bids`: entries of bids; `files`: digests of theirs that nothing else names."""
        for entry in payload.get("bids", ()):
            self._run("INSERT OR IGNORE INTO bid_erased VALUES(?)", (entry,))
        for digest in payload.get("files", ()):
            self._run("INSERT OR IGNORE INTO file_erased VALUES(?)", (digest,))
            self._run("DELETE FROM file WHERE digest = ?", (digest,))

    def head(self, seq: int, facts: Facts) -> None:
        text = json.dumps({"head": facts["head"]}, ensure_ascii=False, sort_keys=True)
        self._run("INSERT INTO tree VALUES(?,?,?)", (facts["head"]["size"], seq, text))
        if facts.get("pulse"):
            self._run("INSERT INTO pulse VALUES(?,?)", (facts["head"]["size"], facts["at"]))
        self._deliveries.plan(seq, seq, facts["at"], facts["deliveries"])

    def stamp(self, seq: int, facts: Facts) -> None:
        self._run("INSERT OR IGNORE INTO stamp VALUES(?,?,?)", (facts["size"], seq, facts["stamped"]))

    def key(self, seq: int, facts: Facts) -> None:
        self._run("INSERT INTO log_key VALUES(?,?)", (seq, facts["change"]["to"]))

    def watermark(self, seq: int, facts: Facts) -> None:
        self._run("INSERT OR REPLACE INTO watermark VALUES(?,?,?)", (facts["system"], facts["source"], seq))
