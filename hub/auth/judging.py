"""Is this person who the signature says? Judged here and never by whoever brought it: token and telephone are
judged by the same rules and told in the same object.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hub.auth.asking import Proof
from hub.auth.binding import Binding

_PURPOSES = {"login": "login", "sign": "signing", "seal": "sealing"}


class Verifier(Protocol):
    """`hub.ca.desk.CaDesk`"""

    async def verify(self, asker: str, value: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Established:
    """What came of a judgement; `code` why not, "" where it holds."""

    result: Mapping[str, Any]
    code: str = ""

    @property
    def medium(self) -> str | None:
        return self.result.get("medium")

    def who(self) -> dict[str, Any]:
        """What a session says of who is in it."""
        bound = (self.result.get("subject") or {}).get("bound")
        return {"subject": bound, "medium": self.medium, "ca": (self.result.get("ca") or {}).get("id")}


async def judge(desk: Verifier, bound: Binding, proof: Proof, holder: str = "") -> Established:
    """The signature over the octets that were bound, under the rules of today."""
    data = bound.octets
    said = await desk.verify(bound.owner.platform, _question(bound, proof, holder, data))
    return established(said)


def established(said: Mapping[str, Any]) -> Established:
    if said["result"] == "valid":
        return Established(said)
    open_yet = said["result"] == "indeterminate"
    return Established(said, "login.indeterminate" if open_yet else "login.refused")


def _question(bound: Binding, proof: Proof, holder: str, data: bytes) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "kind": "raw" if proof.form == "raw" else "detached",
        "signature": _text(proof.signature),
        "data": _text(data),
        "purpose": _PURPOSES[bound.action],
        "medium": proof.medium,
        "chain": [_text(one) for one in proof.chain],
    }
    if proof.certificate is not None:
        asked["certificate"] = _text(proof.certificate)
    if holder:
        asked["subject"] = holder
    return asked


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
