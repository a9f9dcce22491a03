"""The system under test as a case sees it: what can be sent to it, asked of it, told to it.

Cases say what they mean; how it looks on the wire (PROFILE.md) is known here and in the seats only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as member
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from conformance.plan import Plan
from conformance.seats.client import Client, Reply, signed_headers
from conformance.seats.witness import Arrival, Mood, Witness, about
from conformance.verdict import Assumption, Text
from hub.message import Finding, Key, canonical, parse, sign, wall
from hub.standard import Standard

Envelope = dict[str, Any]
PATIENCE = 6.0
COMMANDS = {
    "publish-notice": "eng-tender-notice",
    "sign-up": "eng-bidder-list",
    "open-bids": "eng-bid-opening",
}
MAX_PAGES = 200


@dataclass(slots=True)
class Sut:
    """One run's view of one system. Clock and randomness are arguments."""

    plan: Plan
    standard: Standard
    client: Client
    witness: Witness
    now: Callable[[], datetime]
    unique: Callable[[], str]
    seed: int
    export_flaws: list[Finding] = member(default_factory=list)
    _connected: bool = False

    @property
    def hub_key(self) -> Key:
        """The key the suite signs with, in the hub's seat."""
        if self.plan.hub_key is None:
            raise Assumption(Text("计划中没有 hub_key", "the plan names no hub_key"))
        return self.plan.hub_key

    def key_of(self, key_id: str) -> Key | None:
        """The examined system's own key, by which what it sends is judged."""
        key = self.plan.system_key
        return key if key is not None and key.key_id == key_id else None

    # What is sent to it

    def fresh_seed(self) -> int:
        """A project of its own, so that no case meets the natural keys of another."""
        self.seed += 1
        return self.seed

    @property
    def stage(self) -> str:
        """A declared stage that anybody may know at once: what cases about the envelope send."""
        return self.open_stages[0] if self.open_stages else self.declared[0]

    @property
    def declared(self) -> list[str]:
        """The declared stages that the standard knows; all of them where the plan names none."""
        every = [stage.id for stage in self.standard.stages]
        return [stage for stage in self.plan.stages if stage in every] or every

    @property
    def open_stages(self) -> list[str]:
        """Declared stages without a gate: what is received is tellable at once."""
        return [stage for stage in self.declared if self.standard.stage(stage).policy.gate == "none"]

    def message(self, stage: str = "", *, seed: int | None = None, **changes: Any) -> Envelope:
        """A valid, unsigned record of `stage` with a record key and message id never used before."""
        chosen = self.fresh_seed() if seed is None else seed
        envelope = self.standard.sample(stage or self.stage, chosen, sender=self.hub_key.owner)
        envelope["head"].update(to=self.plan.system, msgId=f"CF-{self.unique()}")
        envelope["body"]["key"] = f"CF-{self.unique()}"
        envelope["body"]["fields"].update(changes)
        return self.afresh(envelope)

    def free_text(self, envelope: Envelope) -> str:
        """A field of the record that may hold any words, so that changing one breaks no other rule."""
        fields = envelope["body"]["fields"]
        for field in self.standard.stage(envelope["head"]["stage"]).fields:
            value = fields.get(field.name)
            plain = field.type in ("string", "text") and not (field.fixed or field.format or field.code_list)
            if plain and isinstance(value, str) and not value.isascii() and "CODE" not in field.name:
                return field.name
        raise Assumption(Text("该环节没有自由文本字段", "the stage has no field of free text"))

    def afresh(self, envelope: Envelope, *, late: timedelta = timedelta()) -> Envelope:
        """The same message in new circumstances: time and nonce anew, the signature gone."""
        head = {k: v for k, v in envelope["head"].items() if k != "sign"}
        head.update(time=wall(self.now() - late), nonce=f"n-{self.unique()}")
        return {**envelope, "head": head}

    def signed(self, envelope: Envelope, key: Key | None = None) -> bytes:
        """Canonical bytes of the signed envelope."""
        return canonical(sign(envelope, key or self.hub_key))

    async def submit(self, envelope: Envelope, *, note: str = "") -> Reply:
        """Sign and send one envelope."""
        return await self.submit_raw(self.signed(envelope), note=note)

    async def submit_raw(self, raw: bytes, *, note: str = "") -> Reply:
        """Send these bytes to inbound."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return await self.client.send(
            "POST", self.plan.endpoints["inbound"], body=raw, headers=headers, note=note
        )

    # What can be asked of it

    async def export_raw(self, stage: str, cursor: str = "") -> Reply:
        """One page of the export."""
        asked = {"stage": stage, **({"cursor": cursor} if cursor else {})}
        url = f"{self.plan.endpoints['export']}?{urlencode(asked)}"
        headers = signed_headers("GET", url, self.hub_key, self.now(), self.unique)
        return await self.client.send("GET", url, headers=headers)

    async def export(self, stage: str) -> list[dict[str, Any]]:
        """All records of one stage, every page; what is wrong with the JSON itself goes to `export_flaws`."""
        rows: list[dict[str, Any]] = []
        self.export_flaws = []
        cursor = ""
        for _ in range(MAX_PAGES):
            reply = await self.export_raw(stage, cursor)
            page = (reply.json or {}).get("records")
            if not reply.ok or not isinstance(page, list):
                raise Assumption(
                    Text(f"export 未给出 records:{reply.said()}", f"export gave no records: {reply.said()}")
                )
            rows += [row for row in page if isinstance(row, dict)]
            self.export_flaws += parse(reply.body).findings
            cursor = str((reply.json or {}).get("next") or "")
            if not cursor:
                break
        return rows

    async def stored(self, stage: str, key: str) -> list[dict[str, Any]]:
        """The exported records of one business key."""
        return [row for row in await self.export(stage) if row.get("key") == key]

    # What it can be told to do

    async def control(self) -> Reply:
        """What the control endpoint shows."""
        url = self.plan.endpoints["control"]
        headers = signed_headers("GET", url, self.hub_key, self.now(), self.unique)
        return await self.client.send("GET", url, headers=headers)

    async def tell(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Have it do something; SKIPs the case when it will not."""
        url = self.plan.endpoints["control"]
        body = json.dumps({"command": command, "arguments": arguments}, ensure_ascii=False).encode()
        headers = signed_headers("POST", url, self.hub_key, self.now(), self.unique, body)
        reply = await self.client.send("POST", url, body=body, headers=headers, note=f"control {command}")
        if not reply.ok or reply.json is None:
            raise Assumption(
                Text(f"control 未执行 {command}:{reply.said()}", f"control did not {command}: {reply.said()}")
            )
        return reply.json

    async def told_to_send(
        self, command: str, *, moods: tuple[Mood, ...] = (), **arguments: Any
    ) -> list[Arrival]:
        """Have it send one record here; all attempts until one was acknowledged (or patience ended)."""
        if not self._connected:
            await self.tell("connect", hub=self.witness.url)
            self._connected = True
        self.witness.moods = moods
        try:
            answer = await self.tell(command, **arguments)
            subject = about(COMMANDS[command], answer.get("key"))
            await self.witness.wait(lambda: len(self.witness.of(subject)) > len(moods), PATIENCE)
        finally:
            self.witness.moods = ()
        return self.witness.of(subject)
