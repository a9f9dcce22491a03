"""Before the opening: can anybody learn who signed up, paid or delivered, or how many?

Looked for from outside, in everything that can be seen: every other system's own records and
exchanges, the hub's public pages and metrics, what another member and the officer may read, and the
log files. `field-policy.md` section 2, rules 2, 6 and 7.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.client import HubClient
from hub.demo.flows import sealed_class
from hub.demo.steering import Steering
from hub.demo.world import World
from hub.message import Finding

PAGES = ("/", "/v1/status", "/metrics", "/directory", "/centre", "/vendor", "/standard")
# Names of bodies and their codes. Names of persons are too short to be anybody's alone.
BIDDER = ("BIDDER_ORG_CODE", "BIDDER_NAME", "BIDDER_CODE", "BIDDER_ORG_NAME")
# Asked about bidders before the opening by law's own purpose; it must not learn for which project.
CREDIT = frozenset({"R01", "R02", "N03"})


@dataclass(frozen=True, slots=True)
class Secret:
    """What must not be seen: the sealed messages' ids and the bidders' names and codes."""

    sender: str
    hub_ids: tuple[str, ...]
    words: tuple[str, ...]
    projects: tuple[str, ...]


def secret_of(sender: str, sent: Sequence[Mapping[str, Any]]) -> Secret:
    sealed = [message for message in sent if message.get("stage") and sealed_class(message["stage"])]
    words = {str(m["fields"][name]) for m in sealed for name in BIDDER if m["fields"].get(name)}
    projects = {
        str(m["fields"]["TENDER_PROJECT_CODE"]) for m in sealed if m["fields"].get("TENDER_PROJECT_CODE")
    }
    return Secret(sender, tuple(m["hubId"] for m in sealed), tuple(sorted(words)), tuple(sorted(projects)))


class Watch:
    """Everything that can be seen from outside; what was there before the tenders began is no leak."""

    def __init__(self, world: World, sims: Steering, centre: HubClient, other: HubClient) -> None:
        self.world, self.sims = world, sims
        self.readers = (centre, other)
        self.before = self._look()

    def find_leaks(self, secrets: Sequence[Secret]) -> list[Finding]:
        """All places where a sealed thing shows; empty when the seal holds."""
        seen = self._look()
        own = {secret.sender: set(secret.words) for secret in secrets}
        findings = []
        for secret in secrets:
            for place, text in seen.items():
                owner = place.split("/")[0]
                if owner == secret.sender:
                    continue
                words = secret.projects if owner in CREDIT else (*secret.words, *secret.hub_ids)
                earlier = self.before.get(place, "")
                findings += [
                    _leak(place, word)
                    for word in words
                    if text.count(word) > earlier.count(word) and word not in own.get(owner, ())
                ]
            findings += self._readable(secret)
        return findings

    def _readable(self, secret: Secret) -> list[Finding]:
        found = []
        for reader in self.readers:
            found += [_leak(f"trace as {reader.principal}", h) for h in secret.hub_ids if reader.trace(h)]
            found += [_leak(f"proof as {reader.principal}", h) for h in secret.hub_ids if reader.proof(h)]
        return found

    def _look(self) -> dict[str, str]:
        centre = self.readers[0]
        seen = {f"{one}/records": _text(self.sims.records(one)) for one in self.world.simulated}
        seen |= {f"{one}/journal": _text(self.sims.journal(one)) for one in self.world.simulated}
        seen |= {path: centre.page(path) for path in PAGES}
        seen["outbox"] = _text(centre.outbox())
        return seen | {f"logs/{path.name}": path.read_text("utf-8", "replace") for path in self.world.logs()}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _leak(place: str, word: str) -> Finding:
    return Finding(
        "seal.leak", place, "开标前不得出现", word[:4] + "…", "电子招标投标办法:开标前不得泄露投标人情况"
    )
