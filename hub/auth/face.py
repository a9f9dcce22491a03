"""A real-person check before a confirmation: asked of the provider (C04), its material kept nowhere.

Until it has passed no confirmation counts; the provider's word of one is fetched again afterwards.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certs.algorithms.digest import digest
from hub.ports import Answer

TRIES = 3
LIVENESS = ("action", "silent", "video")


@dataclass(slots=True)
class Face:
    """How far it is: `evidence` is the provider's number of a check that has passed."""

    evidence: str = ""
    failed: int = 0

    def judge(self, said: Answer) -> str:
        """The code of the refusal, none for passed. What nobody answered is no failure of the person's."""
        if said.status >= 500:
            return "provider.away"
        passed = said.data.get("pass") is True and said.data.get("livenessPass") is True
        if said.status < 300 and passed and said.data.get("verifyNo"):
            self.evidence = str(said.data["verifyNo"])
            return ""
        self.failed += 1
        return "face.refused"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page sends of a person, told to the provider and forgotten."""

    person: Mapping[str, Any] = field(repr=False)
    requester: Mapping[str, Any]
    material: bytes = field(repr=False)
    liveness: str
    consent: str

    def fields(self, number: str, action: str) -> dict[str, Any]:
        """The question of the standard (`real-person.verify`)."""
        stated = f"sm3:{digest(self.material).hex()}"
        return {
            "requestNo": number, "person": dict(self.person), "faceDigest": stated,
            "faceMaterial": {
                "name": "face", "digest": stated, "size": len(self.material),
                "media": "application/octet-stream",
                "data": base64.b64encode(self.material).decode("ascii"),
            },
            "liveness": self.liveness, "scene": "login" if action == "login" else "sign",
            "purpose": "统一身份认证", "requester": dict(self.requester), "consentNo": self.consent,
        }  # fmt: skip
