"""What the entries of a proof tell: each under the head, each about this message, in sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from certs.algorithms.digest import digest
from hub.evidence import merkle
from hub.evidence.strict import members, node, number, octets
from hub.evidence.verdict import Verdict

PER_ENTRY = 64  # a delivery's number is that of the entry that planned it, times this, plus its place


def check(
    document: Mapping[str, Any], head: Mapping[str, Any], original: bytes | None, verdict: Verdict
) -> dict[str, Any] | None:
    """The facts of the entry this proof is about; None (and a fault) when there is none."""
    hub_id, subject = document["subject"]["hubId"], None
    planned: dict[int, str] = {}
    tried: dict[int, list[int]] = {}
    ended: set[tuple[int, int]] = set()
    for row in document["entries"]:
        facts = _entry(row, head, verdict)
        if facts is None:
            continue
        kind, seq = facts["kind"], row["leafIndex"] + 1
        if kind in {"attempt", "outcome"}:
            if facts["delivery"] not in planned:
                verdict.fault("entry.subject", f"第 {row['leafIndex']} 叶的投递不属于 {hub_id}")
                continue
        elif facts.get("hubId") != hub_id:
            verdict.fault("entry.subject", f"第 {row['leafIndex']} 叶不属于 {hub_id}")
            continue
        if kind in {"message", "decision"}:
            legs = facts["decision"]["deliveries"]
            planned |= {seq * PER_ENTRY + place: leg["to"] for place, leg in enumerate(legs)}
        if kind == "attempt":
            tried.setdefault(facts["delivery"], []).append(facts["n"])
        if kind == "outcome":
            ended.add((facts["delivery"], facts["n"]))
        if kind in {"message", "event"}:
            subject = facts
        verdict.claims.append(_said(facts, planned))
        _raw(row, facts, verdict)
    if subject is None:
        verdict.fault("proof.empty", f"证明中没有 {hub_id} 的受理记录")
    else:
        _about(document["subject"], subject, original, verdict)
        _complete(planned, tried, ended, verdict)
    return subject


def _complete(
    planned: Mapping[int, str], tried: Mapping[int, list[int]], ended: set[tuple[int, int]], verdict: Verdict
) -> None:
    """Attempts are numbered: one that was left out of the proof leaves a gap. What is not there is said."""
    for delivery, receiver in planned.items():
        numbers = tried.get(delivery, [])
        if numbers != list(range(1, len(numbers) + 1)):
            verdict.fault("delivery.gap", f"向 {receiver} 的投递记录不连续:有尝试被略去")
        if not numbers:
            verdict.open.append(("delivery.none", f"向 {receiver} 的投递:证明中没有尝试记录"))
        for n in numbers:
            if (delivery, n) not in ended:
                verdict.open.append(
                    ("delivery.open", f"向 {receiver} 的第 {n} 次投递:证明中没有结果(未返回,或当时中断)")
                )


def _about(
    stated: Mapping[str, Any], facts: dict[str, Any], original: bytes | None, verdict: Verdict
) -> None:
    """The document's own words for whom it is about, and the message as somebody holds it."""
    if any(facts.get(name) != value for name, value in stated.items()):
        verdict.fault("proof.subject", "证明抬头所述与受理记录不一致")
    if original is None:
        if facts["kind"] == "message":
            verdict.open.append(("raw.unseen", "未与报文原文核对(--message 给出原文即可)"))
    elif facts.get("raw") != f"sm3:{digest(original).hex()}":
        verdict.fault("raw.differs", "手中的报文与受理时收到的不一致")
    else:
        verdict.claims.append("手中的报文与受理时收到的逐字节一致")


def _entry(row: Any, head: Mapping[str, Any], verdict: Verdict) -> dict[str, Any] | None:
    """The entry's facts, if its leaf is under the head."""
    members(row, "leafIndex", "entry", "path", optional=("raw", "erased"))
    entry, siblings = octets(row["entry"]), [node(text) for text in row["path"]]
    index, size = number(row["leafIndex"]), number(head["size"])
    implied = merkle.implied_root(merkle.leaf(entry, head["alg"]), index, size, siblings, head["alg"])
    if implied is None or implied.hex() != head["root"]:
        verdict.fault("entry.path", f"第 {index} 叶不在树头之下(内容或路径被改动)")
        return None
    return dict(json.loads(entry))


def _raw(row: Mapping[str, Any], facts: Mapping[str, Any], verdict: Verdict) -> None:
    if "erased" in row:
        told = members(row["erased"], optional=("at", "event"))
        when = f"(删除于 {told['at']},依据事件 {told['event']})" if told else ""
        verdict.claims.append(f"原文中的个人信息已应请求删除{when};原文摘要 {facts.get('raw')} 仍在树头之下")
    if "raw" not in row:
        return
    raw = octets(row["raw"])
    verdict.ask(
        f"sm3:{digest(raw).hex()}" == facts.get("raw"),
        f"所附原文 {len(raw)} 字节,与当时记录的逐字节一致({facts.get('raw')})",
        "raw.digest",
        "所附原文与记录的摘要不符",
    )


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
