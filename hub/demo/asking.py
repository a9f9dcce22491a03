"""Questions and notices of the vocabulary, put to the hub as one of its members, for one system."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.client import HubClient, Sent
from hub.message import CST, Key, canonical, sign, wall
from hub.standard import load as load_standard


def section_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The section a service speaks of, as its record (eng-section) names it."""
    deal = record.get("UNIFIED_DEAL_CODE", "")
    named = {"UNIFIED_DEAL_CODE": deal, "BID_SECTION_CODE": record["BID_SECTION_CODE"]}
    return {
        "tradeClass": deal.split("-")[0] or "A01",
        **{name: value for name, value in named.items() if value},
        "name": record["BID_SECTION_NAME"],
    }


@dataclass(frozen=True, slots=True)
class Asking:
    """A question, or a notice, to one system ("": to the hub itself). `key` is the asker's own for it: the
    same question asked again under the same key finds the answer that was not there yet."""

    message: str
    to: str
    fields: Mapping[str, Any]
    key: str

    def signed(self, key: Key) -> dict[str, Any]:
        head = {
            "ver": "1",
            "realm": "sandbox",
            "from": key.owner,
            **({"to": self.to} if self.to else {}),
            "msgId": f"{key.owner}-{self.message}-{secrets.token_hex(8)}",
            "msgType": self.message,
            "time": wall(datetime.now(CST)),
            "nonce": secrets.token_hex(12),
        }
        return sign({"head": head, "body": {"key": self.key, "fields": dict(self.fields)}}, key)


def is_question(message: str) -> bool:
    """Is it answered in the same exchange, or taken and passed on?"""
    return load_standard().services[message].pattern == "request-reply"


def put(client: HubClient, key: Key, asking: Asking) -> Sent:
    """Say it, to the door that is right for its kind."""
    raw = canonical(asking.signed(key))
    return client.service(asking.message, raw) if is_question(asking.message) else client.send(raw)
