"""Is this person who the signature says? Judged here and never by whoever brought it: token and telephone are
judged by the same rules and told in the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from certs.algorithms.digest import digest
from certs.cli.facts import contents
from certs.cli.kinds import recognise_kind
from certs.verdict import FAILED, Check, Reason, Verdict
from hub.auth.asking import Proof
from hub.auth.binding import Binding, text_of
from hub.ca.belief import Belief

LOGIN = "login"
_NOBODY = Check("subject", FAILED, "certificate", "", None, (Reason("identity-none", "certificate"),))
_PURPOSES = {LOGIN: "login", "sign": "signing", "seal": "sealing"}


class Verifier(Protocol):
    """`hub.ca.desk.CaDesk`"""

    @property
    def belief(self) -> Belief | None: ...
    async def verify(self, asker: str, value: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Body:
    """A body by its licence: `provider` is who says whether that is still so."""

    provider: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Established:
    """What came of a judgement; `code` why not, "" where it holds. `certificate` is the signer's: a session
    lasts no longer than it does; `body` is whose licence was shown, where one was."""

    result: Mapping[str, Any]
    code: str = ""
    certificate: bytes = b""
    body: Body | None = None

    @property
    def medium(self) -> str | None:
        return self.result.get("medium")

    def who(self) -> dict[str, Any]:
        """What a session says of who is in it."""
        bound = (self.result.get("subject") or {}).get("bound")
        return {"subject": bound, "medium": self.medium, "ca": (self.result.get("ca") or {}).get("id")}


async def judge(desk: Verifier, bound: Binding, proof: Proof, holder: str = "") -> Established:
    """The signature over the octets that were bound, under the rules of today."""
    said: dict[str, Any] = {}
    for data in (bound.imprint, bound.octets) if proof.imprint else (bound.octets,):
        # Told a digest, a service may take it for the data, or for the digest of the data. Both bind all.
        said = await desk.verify(bound.owner.platform, _question(bound, proof, holder, data))
        if said["result"] == "valid":
            break
    if bound.action == LOGIN and said["result"] == "valid" and not _named(said):
        belief = desk.belief
        if belief is None or LOGIN not in belief.policy.unnamed:
            return Established(with_step(said, _NOBODY), "login.nobody", certificate=_signer(proof, said))
    return replace(established(said), certificate=_signer(proof, said))


def _named(said: Mapping[str, Any]) -> bool:
    """Does the certificate say, by the rules of its CA, whose it is? Who signs for a digest is asked for by
    whoever needs it; who logs in *is* whoever the session says, and that may not be nobody."""
    return (said.get("subject") or {}).get("bound") is not None


def with_step(said: Mapping[str, Any], step: Check) -> dict[str, Any]:
    """A result with one step more; what was good before it is as good as the step."""
    told = {**said, "checks": [*said["checks"], step.as_dict()]}
    if not step.reasons or said["result"] == "invalid":
        return told
    worse = Verdict(False, list(step.reasons), checks=(step,))
    one = worse.as_dict()
    return told | {
        "result": worse.state, "sofCode": worse.sof_code, "subIndication": worse.sub_indication,
        "zh": one["zh"], "en": one["en"], "reasons": [*one["reasons"], *said["reasons"]],
    }  # fmt: skip


def _signer(proof: Proof, said: Mapping[str, Any]) -> bytes:
    """The certificate the judgement was about, out of what came along."""
    wanted = (said.get("certificate") or {}).get("sm3")
    brought = (proof.certificate or b"", *proof.chain)
    inside = () if proof.form == "raw" else contents(recognise_kind(proof.signature)).certificates
    return next((raw for raw in (*brought, *inside) if raw and digest(raw).hex() == wanted), b"")


def established(said: Mapping[str, Any]) -> Established:
    if said["result"] == "valid":
        return Established(said)
    open_yet = said["result"] == "indeterminate"
    return Established(said, "login.indeterminate" if open_yet else "login.refused")


def _question(bound: Binding, proof: Proof, holder: str, data: bytes) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "kind": "raw" if proof.form == "raw" else "detached",
        "signature": text_of(proof.signature),
        "data": text_of(data),
        "purpose": _PURPOSES[bound.action],
        "medium": proof.medium,
        "chain": [text_of(one) for one in proof.chain],
    }
    if proof.certificate is not None:
        asked["certificate"] = text_of(proof.certificate)
    if holder:
        asked["subject"] = holder
    return asked
