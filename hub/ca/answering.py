"""The services of the standard that the hub answers itself: `ca.verify`, `ca.status`, `tsa.stamp`.

The rows are the standard's (`services.yaml`); the judgement is that of `/v1/ca`, so both say the same.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from certs.algorithms.digest import digest
from certs.trust import Revocation
from hub.ca.desk import ROOM, CaDesk
from hub.ca.judges import Judges
from hub.ca.policy import ALWAYS, NEVER
from hub.ca.question import Circumstances, Proof, octets_of
from hub.ca.replying import answered, moment_of, refused
from hub.ca.status import status
from hub.ca.told import certificate_of
from hub.ca.verifying import Judged, recognised, verified
from hub.errors import HubError
from hub.ports import Answer, Outgoing
from hub.services.local import Said

VERIFY, STATUS, STAMP = "ca.verify", "ca.status", "tsa.stamp"
_KINDS = {"bare-signature": "raw"} | {
    one: one for one in ("attached", "detached", "xml", "seal", "timestamp")
}
_USAGES = {"login": "login", "sign": "signing", "seal": "sealing", "encrypt": "enciphering"}
_DIGESTS = {"01": "sm3", "02": "sha256"}


class Files(Protocol):
    """`hub.files.enclosed.Enclosures`"""

    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any: ...
    async def away(self, owner: str, value: Any) -> Any: ...


class Answering:
    """Fulfils `hub.services.local.Own`."""

    def __init__(self, desk: CaDesk, files: Files, clock: Callable[[], datetime]) -> None:
        self._desk, self._files, self._clock = desk, files, clock

    def answers(self, service: str) -> bool:
        """Where no list lies there is nothing of our own to say, and none is made for a question's sake."""
        return service in (VERIFY, STATUS, STAMP) and self._desk.there()

    def alone(self, service: str) -> bool:
        return False

    def both(self) -> bool:
        belief = self._desk.belief
        return belief is not None and belief.policy.gateways == ALWAYS

    def mark(self) -> int:
        """What was remembered before a list or a revocation list came is not told after it."""
        return self._desk.number

    def conclusion(self, service: str, data: Mapping[str, Any]) -> tuple[str, bool] | None:
        if service == VERIFY and "verdict" in data:
            return str(data["verdict"]), data["verdict"] == "valid"
        if service == STATUS and data.get("status") not in (None, "unknown"):
            return str(data["status"]), data["status"] == "good"
        return None

    async def answer(self, outgoing: Outgoing) -> Said | None:
        """None where we cannot even begin; never raises."""
        try:
            judges = (await self._desk.open()).of(outgoing.sender)
            fields = await self._files.beside(outgoing.sender, dict(outgoing.fields), [ROOM])
            if outgoing.message == STAMP:
                return await self._stamp(outgoing, fields)
            if outgoing.message == VERIFY:
                said = await self._verify(judges, fields)
            else:
                said = await self._desk.work(lambda: status(judges, fields, self._clock()))
        except HubError:
            return None
        if said.settled or judges.belief.policy.gateways != NEVER:
            return said
        return replace(said, settled=True)

    # ca.verify

    async def _verify(self, judges: Judges, fields: Mapping[str, Any]) -> Said:
        raw = _octets(fields.get("certificate"))
        if raw is None or certificate_of(raw) is None:
            return refused("ca.encoding", "证书无法解析")
        asked = self._asked(fields, raw)
        if asked is None:
            return refused("ca.encoding", "签名值或原文缺少,或无法解析")
        proof, about = asked

        def work() -> Judged:
            if proof is None:
                return recognised(judges, raw, replace(about, chain=()))
            return verified(judges, proof, about, self._desk.own)

        found = await self._desk.confirmed(judges, await self._desk.work(work), proof, about)
        return answered(found, fields)

    def _asked(self, fields: Mapping[str, Any], raw: bytes) -> tuple[Proof | None, Circumstances] | None:
        """What is to be judged, and how; None where a part of it is missing."""
        mode = Revocation.REQUIRED if fields.get("revocationRequired") is True else Revocation.IF_KNOWN
        about = Circumstances(
            moment_of(fields.get("atTime"), self._clock()), _USAGES.get(str(fields.get("usage")), "signing"),
            revocation=mode, chain=(raw,),
        )  # fmt: skip
        kind = str(fields.get("verifyKind"))
        if kind == "certificate":
            return None, about
        value, original = _octets(fields.get("signature")), _octets(fields.get("original"))
        if (
            value is None
            or kind not in _KINDS
            or (original is None and kind in ("bare-signature", "detached"))
        ):
            return None
        return Proof(_KINDS[kind], value, original, None, raw), about

    # tsa.stamp

    async def _stamp(self, outgoing: Outgoing, fields: Mapping[str, Any]) -> Said | None:
        name = _DIGESTS.get(str(fields.get("digestAlgorithm")))
        if name is None:
            return refused("tsa.algorithm", "不支持的摘要算法")
        value = str(fields.get("digest", "")).rpartition(":")[2].lower()
        if len(value) != 64:
            return refused("tsa.digest-length", "摘要长度与算法不符")
        body: dict[str, Any] = {"digest": f"{name}:{value}", "nonce": str(fields.get("nonce", ""))}
        body["certificates"] = fields.get("certIncluded") is not False
        if fields.get("policy"):
            body["policy"] = str(fields["policy"])
        try:
            made = await self._desk.stamp("", body)
        except HubError as error:
            if error.status != 422:
                return None
            return refused("tsa.policy" if "policy" in body else "field.format", error.detail)
        octets = base64.b64decode(made["token"])
        file = {
            "name": "timestamp.tst", "digest": f"sm3:{digest(octets).hex()}", "size": len(octets),
            "media": "application/timestamp-reply", "data": made["token"],
        }  # fmt: skip
        data = {"token": file, "genTime": made["genTime"], "serialNo": made["serialNo"]}
        if made["accuracyMs"] is not None:
            data["accuracyMs"] = made["accuracyMs"]
        kept = await self._files.away(outgoing.sender, data)
        return Said(Answer(200, "0000", data=kept), settled=True)


def _octets(value: Any) -> bytes | None:
    if isinstance(value, Mapping):
        value = value.get("data")
    return octets_of(value) if isinstance(value, str) else None
