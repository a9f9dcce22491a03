"""Checking a proof without the hub: every claim is recomputed, and what fails is named."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from certs.algorithms.digest import UnknownAlgorithmError, digest
from hub.evidence import merkle
from hub.evidence.heads import fingerprint, holds
from hub.evidence.proof import FORMAT

PER_ENTRY = 64  # a delivery's number is that of the entry that planned it, times this, plus its place


@dataclass(slots=True)
class Verdict:
    """`claims` are the sentences that were proved (zh); `faults` are (code, zh) of what was not."""

    claims: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults


def verify(document: Any, *, public_pem: str | None = None, original: bytes | None = None) -> Verdict:
    """Check a proof document; never raises on a hostile one.

    `public_pem` is the hub's key known from elsewhere (else the one inside is used), `original` the
    message as somebody holds it.
    """
    verdict = Verdict()
    try:
        _check(document, public_pem, original, verdict)
    except (
        KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error, RecursionError,
        UnknownAlgorithmError,
    ) as error:  # fmt: skip
        verdict.faults.append(("proof.malformed", f"不是可读的存证证明({type(error).__name__})"))
    return verdict


def _check(document: Any, public_pem: str | None, original: bytes | None, verdict: Verdict) -> None:
    if document["format"] != FORMAT:
        verdict.faults.append(("proof.format", f"证明格式应为 {FORMAT}"))
        return
    head = document["head"]
    _check_head(head, document["publicKey"], public_pem, verdict)
    hub_id, subject = document["subject"]["hubId"], None
    planned: dict[int, str] = {}
    for row in document["entries"]:
        facts = _entry(row, head, verdict)
        if facts is None:
            continue
        kind, seq = facts["kind"], row["leafIndex"] + 1
        if kind in {"attempt", "outcome"}:
            if facts["delivery"] not in planned:
                verdict.faults.append(("entry.subject", f"第 {row['leafIndex']} 叶的投递不属于 {hub_id}"))
                continue
        elif facts.get("hubId") != hub_id:
            verdict.faults.append(("entry.subject", f"第 {row['leafIndex']} 叶不属于 {hub_id}"))
            continue
        if kind in {"message", "decision"}:
            legs = facts["decision"]["deliveries"]
            planned |= {seq * PER_ENTRY + place: leg["to"] for place, leg in enumerate(legs)}
        if kind in {"message", "event"}:
            subject = facts
        verdict.claims.append(_said(facts, planned))
        _check_raw(row, facts, verdict)
    if subject is None:
        verdict.faults.append(("proof.empty", f"证明中没有 {hub_id} 的受理记录"))
    elif original is not None and subject.get("raw") != f"sm3:{digest(original).hex()}":
        verdict.faults.append(("raw.differs", "手中的报文与受理时收到的不一致"))
    elif original is not None:
        verdict.claims.append("手中的报文与受理时收到的逐字节一致")


def _check_head(head: dict[str, Any], pem: str, known: str | None, verdict: Verdict) -> None:
    if known is not None and known.strip() != pem.strip():
        verdict.faults.append(("proof.key", "证明所带公钥不是给定的枢纽公钥"))
        pem = known
    if holds(head, pem):
        verdict.claims.append(
            f"树头({head['size']} 叶,{head['alg']})由枢纽 {head['log']} 于 {head['time']} 签名,"
            f"公钥指纹 {fingerprint(pem)}"
        )
    else:
        verdict.faults.append(("head.signature", "树头签名与枢纽公钥不符"))


def _entry(row: dict[str, Any], head: dict[str, Any], verdict: Verdict) -> dict[str, Any] | None:
    """The entry's facts, if its leaf is under the head."""
    entry = base64.b64decode(row["entry"], validate=True)
    siblings = [bytes.fromhex(text) for text in row["path"]]
    leaf = merkle.leaf(entry, head["alg"])
    implied = merkle.implied_root(leaf, row["leafIndex"], head["size"], siblings, head["alg"])
    if implied is None or implied.hex() != head["root"]:
        verdict.faults.append(("entry.path", f"第 {row['leafIndex']} 叶不在树头之下(内容或路径被改动)"))
        return None
    return dict(json.loads(entry))


def _check_raw(row: dict[str, Any], facts: dict[str, Any], verdict: Verdict) -> None:
    if "raw" not in row:
        return
    raw = base64.b64decode(row["raw"], validate=True)
    if f"sm3:{digest(raw).hex()}" != facts["raw"]:
        verdict.faults.append(("raw.digest", "所附原文与记录的摘要不符"))
    else:
        verdict.claims.append(f"所附原文 {len(raw)} 字节,与当时记录的逐字节一致({facts['raw']})")


def _said(facts: dict[str, Any], planned: dict[int, str]) -> str:
    """What one entry proves, in a sentence."""
    kind = facts["kind"]
    if kind == "message":
        how = {"signature": "验签", "dialect": "方言认证"}.get(facts["auth"].get("by", ""), "认证")
        verdict = f"{facts['decision']['state']} {facts['decision']['reason']}".rstrip()
        named = f"{facts['from']} 的报文 {facts['msgId']}(编号 {facts['hubId']})"
        return f"枢纽经{how}受理了 {named},结论 {verdict}"
    if kind == "decision":
        return f"其后的结论:{facts['decision']['state']} {facts['decision']['reason']}".rstrip()
    if kind == "attempt":
        return f"向 {planned[facts['delivery']]} 的第 {facts['n']} 次投递已开始"
    if kind == "outcome":
        said = f"{facts['outcome']} {facts['code']}"
        return f"向 {planned[facts['delivery']]} 的第 {facts['n']} 次投递:{said}"
    if kind == "answer":
        return f"服务应答:{facts['code']}"
    if kind == "event":
        return f"事件 {facts['event']} 已记录(编号 {facts['hubId']})"
    return f"记录:{kind}"
