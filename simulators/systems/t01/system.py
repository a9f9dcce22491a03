"""T01 as one class: each step that a clause asks for is one method, so that a variant can get one wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from hub.message import (
    Finding,
    Key,
    check_shape,
    check_time,
    content_digest,
    parse,
    refusing,
    verify,
    verify_request,
    wall,
)
from hub.message.signing import HEADERS
from hub.standard import Standard
from simulators.dialects.hub_unified import cursor, since
from simulators.state import Ledger, Push
from simulators.systems.t01.commands import Commands
from simulators.systems.t01.inbound import Memory, Seen, answer, fingerprint, problem
from simulators.systems.t01.outbox import Outbox
from simulators.systems.t01.seal import Kept, Shelf
from simulators.wire import NO_SUCH_PATH, Reply, Request

HUB_OWNERS = frozenset({"centre", "hub"})
MAX_BODY = 1_048_576
PAGE = 200
# Where a fault of shape leaves nothing whose signature could be asked for.
UNSIGNABLE = frozenset({"", "/head", "/head/from", "/head/msgId", "/head/time", "/head/nonce"})


class ReferenceSystem:
    """inbound, export and control of contracts.md; `build` names this very code (and the variant)."""

    ident = "T01"

    def __init__(
        self,
        *,
        standard: Standard,
        key_of: Callable[[str], Key | None],
        own_key: Callable[[], Key | None],
        realm: str = "sandbox",
        build: str = "",
        ledger: Ledger | None = None,
    ) -> None:
        self.standard = standard
        self.build = build
        self.realm = realm
        self.ledger = ledger if ledger is not None else Ledger()
        self._key_of = key_of
        self.memory = Memory()
        self.shelf = Shelf(standard)
        self.outbox = Outbox(own_key)
        self.commands = Commands(self)

    def answer(self, request: Request, now: datetime) -> Reply:
        """Dispatch by path and method; anything else is 404."""
        place = (request.method, request.path)
        if place == ("POST", "/uis/v1/messages"):
            return self.take(request.body, now)
        if place == ("GET", "/uis/v1/records"):
            return self._signed(request, now) or self.export(request.asked(), now)
        if place == ("GET", "/uis/v1/control"):
            return self._signed(request, now) or answer(200, self.commands.described())
        if place == ("POST", "/uis/v1/control"):
            return self._signed(request, now) or self.commands.run(request.body, now)
        return NO_SUCH_PATH

    # -- inbound ------------------------------------------------------------------------------------

    def take(self, raw: bytes, now: datetime) -> Reply:
        """One native envelope: 202 and a receipt, 200 and the first receipt, or a problem."""
        if len(raw) > MAX_BODY:
            return self.refuse(413, "message.too-large", [_large(len(raw))])
        parsed = parse(raw)
        if parsed.findings or parsed.value is None:
            return self.refuse(400, parsed.findings[0].code, list(parsed.findings))
        envelope = parsed.value
        shape = check_shape(envelope)
        if any(finding.at in UNSIGNABLE or finding.at.startswith("/head/sign") for finding in shape):
            return self.refuse(422, shape[0].code, self.judge(envelope, shape))
        if (wrong := self.signature(envelope)) or (wrong := self.time(envelope, now)):
            return self.refuse(401, wrong[0].code, wrong)
        seen = self.seen(envelope)
        repeated = seen is not None and seen.raw == fingerprint(raw)
        if not repeated and (wrong := self.nonce(envelope, now)):
            return self.refuse(401, wrong[0].code, wrong)
        if seen is not None:
            return self.again(seen, envelope)
        if refusing(findings := self.judge(envelope, shape)):
            return self.refuse(422, findings[0].code, findings)
        return self.acknowledge(raw, envelope, now)

    def signature(self, envelope: dict[str, Any]) -> list[Finding]:
        """Only the hub's seat may write to us, and only with its own key."""
        if envelope["head"]["from"] not in HUB_OWNERS:
            head = envelope["head"]
            return [Finding("auth.key", "/head/from", "centre", head["from"], "只接收枢纽发来的报文")]
        return verify(envelope, self._hub_key)

    def time(self, envelope: dict[str, Any], now: datetime) -> list[Finding]:
        return check_time(envelope["head"]["time"], now, "/head/time")

    def nonce(self, envelope: dict[str, Any], now: datetime) -> list[Finding]:
        head = envelope["head"]
        if self.memory.fresh_nonce(head["from"], head["nonce"], now):
            return []
        return [Finding("auth.nonce", "/head/nonce", "未用过的随机串", head["nonce"], "每次发送换新的随机串")]

    def seen(self, envelope: dict[str, Any]) -> Seen | None:
        """The acknowledged message of this number, if there is one."""
        return self.memory.seen.get((envelope["head"]["from"], envelope["head"]["msgId"]))

    def again(self, seen: Seen, envelope: dict[str, Any]) -> Reply:
        """The same message gets its first receipt; another one under its number is a conflict."""
        if seen.digest == content_digest(envelope):
            return answer(200, {"code": "0000", "receipt": seen.receipt})
        clash = Finding("idempotency.conflict", "/head/msgId", "新的报文编号", envelope["head"]["msgId"])
        return self.refuse(409, clash.code, [clash])

    def judge(self, envelope: dict[str, Any], shape: list[Finding]) -> list[Finding]:
        """Everything that is wrong, not the first thing."""
        findings = list(shape) if shape else []
        for finding in self.standard.check(envelope, signed=True):
            if all((finding.code, finding.at) != (known.code, known.at) for known in findings):
                findings.append(finding)
        head = envelope.get("head") if isinstance(envelope, dict) else None
        if isinstance(head, dict):
            if head.get("to", self.ident) != self.ident:
                findings.append(
                    Finding("head.to", "/head/to", self.ident, str(head["to"]), "核对接收系统编号")
                )
            if head.get("realm") != self.realm:
                findings.append(Finding("realm.mismatch", "/head/realm", self.realm, str(head.get("realm"))))
        return findings

    def acknowledge(self, raw: bytes, envelope: dict[str, Any], now: datetime) -> Reply:
        head = envelope["head"]
        self.memory.serial += 1
        receipt = {
            "receiptNo": f"T01-{now:%Y%m%d}-{self.memory.serial:06d}",
            "receiptState": "accepted",
            "receivedTime": wall(now),
            "from": head["from"],
            "msgId": head["msgId"],
            "digest": self.digest(envelope, raw),
        }
        self.keep(head, envelope["body"], now)
        seen = Seen(content_digest(envelope), fingerprint(raw), receipt)
        self.memory.seen[head["from"], head["msgId"]] = seen
        return answer(202, {"code": "0000", "receipt": receipt})

    def digest(self, envelope: dict[str, Any], _raw: bytes) -> str:
        """SM3 of what was sent, without the circumstances of sending."""
        return "sm3:" + content_digest(envelope).hex()

    def keep(self, head: Mapping[str, Any], body: dict[str, Any], now: datetime) -> None:
        """The effect: the record stands on the shelf, and the ledger counts it."""
        stage = head.get("stage", "")
        if stage:
            push = Push(stage, body["key"], body["version"], body["op"], body, body)
            self.ledger.append(push, now)
            self.shelf.add(stage, body, now)

    def refuse(self, status: int, code: str, findings: list[Finding]) -> Reply:
        return problem(status, code, findings)

    # -- export -------------------------------------------------------------------------------------

    def export(self, asked: Mapping[str, str], _now: datetime) -> Reply:
        """A page of what may be told, in the order it became tellable."""
        rows = self.tellable()
        if asked.get("since") and since(asked["since"]) is None:
            wrong = Finding("export.since", "/query/since", "YYYY-MM-DDTHH:MM:SS+08:00", asked["since"][:40])
            return self.refuse(400, wrong.code, [wrong])
        start = cursor(asked.get("cursor", ""))
        page: list[dict[str, Any]] = []
        at = start
        while at < len(rows) and len(page) < PAGE:
            kept = rows[at]
            at += 1
            if self._wanted(kept, asked):
                page.append(self.row(kept))
        return answer(200, {"records": page, "next": str(at) if at < len(rows) else None})

    def tellable(self) -> list[Kept]:
        return self.shelf.visible()

    def row(self, kept: Kept) -> dict[str, Any]:
        return kept.shown()

    def _wanted(self, kept: Kept, asked: Mapping[str, str]) -> bool:
        if asked.get("stage") and kept.stage != asked["stage"]:
            return False
        after = since(asked.get("since", ""))
        return after is None or kept.visible >= after

    # -- who may ask --------------------------------------------------------------------------------

    def _signed(self, request: Request, now: datetime) -> Reply | None:
        """A refusal for a request whose headers do not prove that the hub asks; None when they do."""
        headers = {name: request.headers.get(name.lower(), "") for name in HEADERS}
        body_digest = "sm3:" + digest(request.body).hex() if request.body else ""
        key, findings = verify_request(
            request.method, request.signed or request.target, headers, self._hub_key, body_digest=body_digest
        )
        findings = findings or check_time(headers[HEADERS[1]], now, f"/headers/{HEADERS[1]}")
        if (
            key is not None
            and not findings
            and not self.memory.fresh_nonce(key.owner, headers[HEADERS[2]], now)
        ):
            findings = [Finding("auth.nonce", f"/headers/{HEADERS[2]}", "未用过的随机串", "")]
        return self.refuse(401, findings[0].code, findings) if findings else None

    def _hub_key(self, key_id: str) -> Key | None:
        key = self._key_of(key_id)
        return key if key is not None and key.owner in HUB_OWNERS else None

    def reset(self) -> None:
        """Forget everything that was received and made; sending stops."""
        self.memory = Memory()
        self.shelf = Shelf(self.standard)
        self.ledger.clear()
        self.outbox.stop()


def _large(size: int) -> Finding:
    return Finding("message.too-large", "", f"<= {MAX_BODY}", str(size), "附件不随报文,按摘要引用")
