"""Checking a proof without the hub: every claim is recomputed, and what fails is named."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from certs.algorithms.digest import digest
from hub.evidence import merkle
from hub.evidence.heads import fingerprint, holds
from hub.evidence.proof import FORMAT


@dataclass(frozen=True, slots=True)
class Verdict:
    """`claims` are the sentences that were proved (zh); `faults` are (code, zh) of what was not."""

    claims: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]

    @property
    def ok(self) -> bool:
        return not self.faults


def verify(document: Any, *, public_pem: str | None = None) -> Verdict:
    """Check a proof document. `public_pem` is the hub's key known from elsewhere; without it the one inside is used."""
    try:
        return _verify(document, public_pem)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        return Verdict((), (("proof.malformed", f"不是可读的存证证明({type(error).__name__})"),))


def _verify(document: Any, public_pem: str | None) -> Verdict:
    if document["format"] != FORMAT:
        return Verdict((), (("proof.format", f"证明格式应为 {FORMAT}"),))
    head, claims, faults = document["head"], [], []
    pem = document["publicKey"]
    if public_pem is not None and public_pem.strip() != pem.strip():
        faults.append(("proof.key", "证明所带公钥不是给定的枢纽公钥"))
        pem = public_pem
    if not holds(head, pem):
        faults.append(("head.signature", "树头签名与枢纽公钥不符"))
    else:
        claims.append(f"树头由枢纽 {head['log']} 于 {head['time']} 签名(公钥指纹 {fingerprint(pem)})")
    hub_id = document["subject"]["hubId"]
    found = False
    for row in document["entries"]:
        entry = base64.b64decode(row["entry"], validate=True)
        siblings = [bytes.fromhex(text) for text in row["path"]]
        implied = merkle.implied_root(
            merkle.leaf(entry, head["alg"]), row["leafIndex"], head["size"], siblings, head["alg"]
        )
        if implied is None or implied.hex() != head["root"]:
            faults.append(("entry.path", f"第 {row['leafIndex']} 叶不在树头之下(内容或路径被改动)"))
            continue
        facts = json.loads(entry)
        if facts.get("hubId", hub_id) != hub_id:
            faults.append(("entry.subject", f"第 {row['leafIndex']} 叶不属于 {hub_id}"))
            continue
        found = found or facts["kind"] in {"message", "event"}
        claims += _said(facts)
        faults += _raw(row, facts, claims)
    if not found:
        faults.append(("proof.empty", f"证明中没有 {hub_id} 的受理记录"))
    return Verdict(tuple(claims), tuple(faults))


def _raw(row: dict[str, Any], facts: dict[str, Any], claims: list[str]) -> list[tuple[str, str]]:
    if "raw" not in row:
        return []
    raw = base64.b64decode(row["raw"], validate=True)
    if f"sm3:{digest(raw).hex()}" != facts["raw"]:
        return [("raw.digest", "所附报文与受理记录的摘要不符")]
    claims.append(f"所附报文 {len(raw)} 字节,与受理时收到的逐字节一致({facts['raw']})")
    return []


def _said(facts: dict[str, Any]) -> list[str]:
    """What one entry proves, in a sentence."""
    kind = facts["kind"]
    if kind == "message":
        return [
            f"枢纽受理了 {facts['from']} 的报文 {facts['msgId']}(编号 {facts['hubId']},"
            f"认证 {facts['auth'].get('by', '')}),结论 {facts['decision']['state']} {facts['decision']['reason']}".rstrip()
        ]
    if kind == "decision":
        return [f"其后的结论:{facts['decision']['state']} {facts['decision']['reason']}".rstrip()]
    if kind == "attempt":
        return [f"第 {facts['n']} 次投递已开始(投递 {facts['delivery']})"]
    if kind == "outcome":
        return [f"第 {facts['n']} 次投递结果:{facts['outcome']} {facts['code']}(投递 {facts['delivery']})"]
    if kind == "answer":
        return [f"服务应答:{facts['code']}"]
    if kind == "event":
        return [f"事件 {facts['event']} 已记录(编号 {facts['hubId']})"]
    return [f"记录:{kind}"]
