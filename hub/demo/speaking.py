"""Records said to the hub: for members who speak natively by us, for the others by their simulators."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.catalogue import load as load_catalogue
from hub.client import HubClient
from hub.demo.facts import project
from hub.demo.steering import Steering
from hub.message import CST, Key, canonical, sign
from hub.standard.sample import wrap

PATIENCE = 40.0
LOOK = 0.1


@dataclass(slots=True)
class Said:
    """One record and what the hub answered; `fields` as the hub must understand them."""

    sender: str
    stage: str
    region: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    msg_id: str = ""
    hub_id: str = ""
    why_not: str = ""

    @property
    def message(self) -> dict[str, Any]:
        """As the judges of effects and proofs want it."""
        return {"stage": self.stage, "fields": self.fields, "msgId": self.msg_id, "hubId": self.hub_id}


@dataclass(frozen=True, slots=True)
class Speaking:
    """`client` and `keys` for those who speak natively; `sims` has the others speak for themselves."""

    client: Callable[[str], HubClient]
    keys: Mapping[str, Key]
    sims: Steering

    def say(self, sender: str, stage: str, region: str) -> Said:
        """One record of the region's tender, until the hub has answered it."""
        catalogue = load_catalogue()
        native = catalogue.dialects[catalogue.system(sender).dialect].native
        said = Said(sender, stage, region)
        return self.natively(said) if native else self.itself(said)

    def natively(self, said: Said, fields: Mapping[str, Any] | None = None) -> Said:
        """Said by us with the member's key: a record of the region's tender, or one with these fields."""
        said.key = f"demo-{said.region}-{said.stage}-{secrets.token_hex(4)}"
        said.msg_id = f"{said.sender}-{said.key}"
        said.fields = project(said.region).record(said.stage) if fields is None else fields
        envelope = wrap(
            dict(said.fields),
            stage=said.stage,
            key=said.key,
            sender=said.sender,
            msg_id=said.msg_id,
            time=datetime.now(CST),
            nonce=secrets.token_hex(12),
        )
        sent = self.client(said.sender).send(canonical(sign(envelope, self.keys[said.sender])))
        said.hub_id = sent.hub_id
        said.why_not = "" if sent.ok else f"{sent.status} {sent.code} {sent.findings[:2]}"
        return said

    def itself(self, said: Said, fields: Mapping[str, Any] | None = None, to: str = "") -> Said:
        """The simulated system says it in its own dialect and keeps the receipt."""
        told = project(said.region).record(said.stage) if fields is None else fields
        said.msg_id = self.sims.say(
            said.sender, said.stage, fields=dict(told), to=to, stamp=secrets.token_hex(4)
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            row = next(row for row in self.sims.sayings(said.sender) if row["msgId"] == said.msg_id)
            if row["done"]:
                said.fields, said.key, said.hub_id = row["fields"], row["key"], row["hubId"]
                said.why_not = "" if row["ok"] else f"{row['status']} {row['code']} {row['told']}"
                return said
            time.sleep(LOOK)
        said.why_not = "没有等到应答"
        return said
