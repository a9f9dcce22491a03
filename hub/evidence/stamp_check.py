"""The time stamp in a proof: what it proves of the head and of each entry, and what it does not.

Judged at the moment it was taken in, on the validation data kept with it: that is what a stamp is worth
years later. Whose authority to believe is the verifier's to say; without, it is said to be unconfirmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.proof import Kept, read_kept, verify_proof
from certs.proof.originals import judge_kept
from certs.testpki.mark import refuse
from certs.trust import Revocation, Trust
from certs.verdict import Moment
from certs.verdict import Verdict as Judged
from hub.evidence import merkle
from hub.evidence.heads import holds
from hub.evidence.strict import members, node, number, octets
from hub.evidence.verdict import Verdict
from hub.message import CST, canonical

_CLOCKS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Roots to believe for time stamps (DER; empty: the one inside), and a kept archive record of this
    stamp with the lists that judge its newest authority, if there is one."""

    roots: tuple[bytes, ...] = ()
    record: bytes | None = None
    crls: tuple[bytes, ...] = ()
    now: datetime | None = None


NO_ANCHORS = Anchors()


def check_stamp(
    stamp: Any, head: Mapping[str, Any], leaves: Sequence[int], keys: Mapping[str, str], anchors: Anchors,
    verdict: Verdict,
) -> None:  # fmt: skip
    """All clauses of a stamp; none where there is none, and that is said."""
    if stamp is None:
        verdict.open.append(("stamp.missing", "没有时间戳:时间仅由枢纽自己声明,尚无第三方证明"))
        return
    members(stamp, "head", "consistency", "kept")
    over = stamp["head"]
    _joined(over, head, stamp["consistency"], keys, verdict)
    try:
        kept = read_kept(octets(stamp["kept"]))
    except MalformedError:
        verdict.fault("stamp.malformed", "时间戳容器不可读")
        return
    if kept.kind != "timestamp" or kept.content != canonical(dict(over)):
        verdict.fault("stamp.other", "时间戳不是盖在所附树头上的")
        return
    judged = _judged(kept, anchors, verdict)
    if judged is None:
        return
    proved = datetime.fromisoformat(judged.facts["original.genTime" if anchors.record else "genTime"])
    _told(proved, over, leaves, verdict)


def _joined(
    over: Mapping[str, Any], head: Mapping[str, Any], nodes: Any, keys: Mapping[str, str], verdict: Verdict
) -> None:
    """The stamped head is the log's, and the proof's head only added to it."""
    if not any(holds(over, pem) for pem in keys.values()):
        verdict.fault("stamp.head", "盖了时间戳的树头不是该枢纽签名的")
    path = [node(text) for text in nodes]
    sizes = number(over["size"]), number(head["size"])
    same = over["alg"] == head["alg"] and over["log"] == head["log"]
    roots = node(over["root"]), node(head["root"])
    whole = same and merkle.consistent(sizes[0], roots[0], sizes[1], roots[1], path, head["alg"])
    verdict.ask(
        whole,
        f"盖有时间戳的树头({sizes[0]} 叶)与本证明树头({sizes[1]} 叶)前后一致,只增未改",
        "stamp.consistency",
        "盖有时间戳的树头与本证明的树头不一致",
    )


def _judged(kept: Kept, anchors: Anchors, verdict: Verdict) -> Judged | None:
    """The token itself, by its archive record if there is one; None (and a fault) if it does not hold."""
    own = tuple(raw for raw in kept.data.certificates if _self_issued(raw))
    roots = anchors.roots or own
    lists = Revocation.REQUIRED if kept.data.crls or kept.data.ocsp else Revocation.IF_KNOWN
    trust = Trust(roots, lists, crls=anchors.crls)
    if anchors.record is not None:
        judged = verify_proof(anchors.record, kept.raw, trust=trust, at=anchors.now or datetime.now(UTC))
    else:
        judged = judge_kept(kept, trust=trust, at=Moment(kept.at, "archive", known_at=kept.at))
    how = f"归档记录({judged.facts.get('stamps', '')} 层)" if anchors.record else "当时留存的验证数据"
    who = judged.facts.get("original.tsa" if anchors.record else "tsa", "?")
    claim = f"时间戳由 {who} 签发,按{how}核验成立(签名、证书链、用途、摘要)"
    if not verdict.ask(judged.ok, claim, "stamp.invalid", f"时间戳不成立:{judged.sentence()}"):
        return None
    _reservations(kept, judged, anchors, lists, verdict)
    return judged


def _reservations(kept: Kept, judged: Judged, anchors: Anchors, lists: Revocation, verdict: Verdict) -> None:
    """What a good stamp leaves open."""
    if not anchors.roots:
        verdict.open.append(("tsa.unconfirmed", "时间戳根证书取自证明本身,请以另行取得的核对(--tsa-anchor)"))
    if lists is Revocation.IF_KNOWN:
        verdict.open.append(("tsa.revocation", "时间戳服务证书的吊销状态未查(未留存 CRL 或 OCSP)"))
    chain = [raw for raw in kept.data.certificates if not _self_issued(raw)]
    if any(refuse(raw) for raw in kept.data.certificates):
        verdict.open.append(("tsa.sandbox", "这是沙箱时间戳,对外没有证明力"))
    ended = [one.not_after for one in map(read_certificate, chain)]
    if anchors.now is not None and anchors.record is None and ended and min(ended) < anchors.now:
        told = f"时间戳服务证书已于 {min(ended):%Y-%m-%d} 到期,此后须凭归档记录核验(evidence archive)"
        verdict.open.append(("tsa.ended", told))


def _told(proved: datetime, over: Mapping[str, Any], leaves: Sequence[int], verdict: Verdict) -> None:
    """What the time means for the head and for each entry."""
    when = proved.astimezone(CST).isoformat()
    covered = [index for index in leaves if index < over["size"]]
    what = f"其中 {len(covered)} 条记录" if leaves else f"日志的前 {over['size']} 叶"
    verdict.claims.append(f"第三方时间戳证明:{what}不晚于 {when} 已经存在")
    if len(covered) < len(leaves):
        verdict.open.append(
            (
                "stamp.partial",
                f"最新的 {len(leaves) - len(covered)} 条记录还没有时间戳覆盖,时间由枢纽自己声明",
            )
        )
    if datetime.fromisoformat(over["time"]) > proved + _CLOCKS:
        verdict.open.append(("head.clock", f"枢纽自报的树头时间 {over['time']} 晚于时间戳,以时间戳为准"))


def _self_issued(raw: bytes) -> bool:
    one = read_certificate(raw)
    return one.subject == one.issuer
