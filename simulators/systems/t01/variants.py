"""T01 done wrong, one mistake each: what a conformance suite must be able to tell from the good one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from hub.message import Finding
from simulators.systems.t01.inbound import Seen, answer
from simulators.systems.t01.outbox import Outbox, Sending
from simulators.systems.t01.seal import Kept
from simulators.systems.t01.system import ReferenceSystem
from simulators.wire import Reply


class ForgetsDuplicates(ReferenceSystem):
    """重复报文当作新报文:新的回执,再生效一次。"""

    def seen(self, envelope: dict[str, Any]) -> Seen | None:
        return None

    def nonce(self, envelope: dict[str, Any], now: datetime) -> list[Finding]:
        told_before = (envelope["head"]["from"], envelope["head"]["msgId"]) in self.memory.seen
        return [] if told_before else super().nonce(envelope, now)


class AcceptsBadSignature(ReferenceSystem):
    """不验签名。"""

    def signature(self, envelope: dict[str, Any]) -> list[Finding]:
        return []


class AcceptsStaleTime(ReferenceSystem):
    """不看报文时间。"""

    def time(self, envelope: dict[str, Any], now: datetime) -> list[Finding]:
        return []


class AcceptsReusedNonce(ReferenceSystem):
    """不记随机串。"""

    def nonce(self, envelope: dict[str, Any], now: datetime) -> list[Finding]:
        return []


class FirstFindingOnly(ReferenceSystem):
    """只报第一个问题。"""

    def refuse(self, status: int, code: str, findings: list[Finding]) -> Reply:
        return super().refuse(status, code, findings[:1])


class LeaksBeforeOpening(ReferenceSystem):
    """开标前就导出投标人记录。"""

    def tellable(self) -> list[Kept]:
        return self.shelf.everything()


class CountsBeforeOpening(ReferenceSystem):
    """开标前的导出里带着封存记录的条数。"""

    def export(self, asked: Mapping[str, str], now: datetime) -> Reply:
        reply = super().export(asked, now)
        total = str(len(self.shelf.everything())).encode("ascii")
        return replace(reply, body=reply.body[:-1] + b', "total": ' + total + b"}")


class FloatAmounts(ReferenceSystem):
    """导出时把金额写成浮点数。"""

    def row(self, kept: Kept) -> dict[str, Any]:
        shown = super().row(kept)
        stage = self.standard.by_id.get(kept.stage)
        decimals = {f.name for f in stage.fields if f.type == "decimal"} if stage else set()
        shown["fields"] = {
            name: float(value) if name in decimals else value for name, value in shown["fields"].items()
        }
        return shown


class WrongDigest(ReferenceSystem):
    """回执里的摘要算的是原始字节而不是规范化内容。"""

    def digest(self, envelope: dict[str, Any], raw: bytes) -> str:
        return "sm3:" + digest(raw).hex()


class AcceptsUnknownCode(ReferenceSystem):
    """不查代码集。"""

    def judge(self, envelope: dict[str, Any], shape: list[Finding]) -> list[Finding]:
        return [f for f in super().judge(envelope, shape) if not f.code.startswith("code.")]


class LosesRecords(ReferenceSystem):
    """给了回执,却丢掉每第二条收到的记录。"""

    def keep(self, head: Mapping[str, Any], body: dict[str, Any], now: datetime) -> None:
        if head["from"] == self.ident or self.memory.serial % 2:
            super().keep(head, body, now)


class Http200OnError(ReferenceSystem):
    """拒绝时也答 HTTP 200。"""

    def refuse(self, status: int, code: str, findings: list[Finding]) -> Reply:
        return replace(super().refuse(status, code, findings), status=200)


class DropsExtFields(ReferenceSystem):
    """丢掉 body.ext。"""

    def keep(self, head: Mapping[str, Any], body: dict[str, Any], now: datetime) -> None:
        super().keep(head, {**body, "ext": {}}, now)


class IgnoresConflict(ReferenceSystem):
    """同一编号、不同内容的报文也给旧回执。"""

    def again(self, seen: Seen, envelope: dict[str, Any]) -> Reply:
        return answer(200, {"code": "0000", "receipt": seen.receipt})


class FreshNumbers(ReferenceSystem):
    """重发时换报文编号,收方会当成另一份。"""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.outbox = _Renumbering(given["own_key"])


class GivesUp(ReferenceSystem):
    """没有回答就不再发。"""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.outbox = _OneShot(given["own_key"])


class _Renumbering(Outbox):
    _count = 0

    def seal(self, envelope: dict[str, Any]) -> bytes:
        self._count += 1
        head = {**envelope["head"], "msgId": f"{envelope['head']['msgId']}-{self._count}"}
        return super().seal({**envelope, "head": head})


class _OneShot(Outbox):
    async def deliver(self, envelope: dict[str, Any], sending: Sending) -> None:
        import aiohttp

        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5.0)) as session:
            sending.attempts += 1
            sending.status, sending.answer = await self.attempt(session, envelope)
        sending.done = True


def _name(kind: type[ReferenceSystem]) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()


VARIANTS: Mapping[str, type[ReferenceSystem]] = {
    _name(kind): kind
    for kind in (
        ForgetsDuplicates,
        AcceptsBadSignature,
        AcceptsStaleTime,
        AcceptsReusedNonce,
        FirstFindingOnly,
        LeaksBeforeOpening,
        CountsBeforeOpening,
        FloatAmounts,
        WrongDigest,
        AcceptsUnknownCode,
        LosesRecords,
        Http200OnError,
        DropsExtFields,
        IgnoresConflict,
        FreshNumbers,
        GivesUp,
    )
}
