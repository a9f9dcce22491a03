"""Checking a proof without the hub: claims are recomputed, what fails is named, what is missing is said."""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from certs.algorithms.digest import UnknownAlgorithmError
from hub.evidence import story
from hub.evidence.heads import fingerprint, holds
from hub.evidence.proof import FIRST, FORMAT, told
from hub.evidence.ring import change_holds, known_keys
from hub.evidence.stamp_check import NO_ANCHORS, Anchors, check_stamp
from hub.evidence.strict import MalformedProofError, members
from hub.evidence.verdict import Verdict

__all__ = ["Given", "Verdict", "verify", "verify_with"]
_MEMBERS = ("format", "subject", "made", "entries", "later", "receipt", "head", "stamp", "keys", "publicKey",
            "sign")  # fmt: skip
_MOST_CHANGES = 100
_FIRST = ("format", "subject", "entries", "head", "publicKey")
_HOSTILE = (
    KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error, RecursionError,
    UnknownAlgorithmError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """What the verifier has from elsewhere: the log's key (any of its keys, through the changes), the
    message as somebody holds it, whom to believe for time stamps, and the moment."""

    public_pem: str | None = None
    original: bytes | None = None
    anchors: Anchors = NO_ANCHORS
    now: datetime | None = None


def verify(document: Any, *, public_pem: str | None = None, original: bytes | None = None) -> Verdict:
    """Check a proof document; never raises on a hostile one."""
    return verify_with(document, Given(public_pem, original))


def verify_with(document: Any, given: Given) -> Verdict:
    """The same with all that the verifier has."""
    verdict = Verdict()
    try:
        _check(document, given, verdict)
    except _HOSTILE as error:
        verdict.fault("proof.malformed", f"不是可读的存证证明({type(error).__name__})")
    return verdict


def _check(document: Any, given: Given, verdict: Verdict) -> None:
    if document["format"] not in {FORMAT, FIRST}:
        verdict.fault("proof.format", f"证明格式应为 {FORMAT}")
        return
    first = document["format"] == FIRST
    members(document, *(_FIRST if first else _MEMBERS))
    keys = check_keys(document, given.public_pem, verdict)
    if not first:
        whole = holds(document, document["publicKey"]) and fingerprint(document["publicKey"]) in keys
        verdict.ask(
            whole,
            f"证明文件由枢纽于 {document['made']} 整体签名,一字未改",
            "proof.signature",
            "证明文件的整体签名不符(有改动,或不是该枢纽所出)",
        )
    head = check_head(document["head"], keys, verdict)
    subject = story.check(document, head, given.original, verdict)
    if first:
        verdict.open.append(("stamp.missing", "证明为旧格式,不含时间戳:时间仅由枢纽自己声明"))
        return
    if subject is not None:
        _receipt(document["receipt"], subject, keys, verdict)
    if document["later"]:
        verdict.open.append(("entry.later", f"另有 {document['later']} 条后续记录尚未封入树头,不在本证明内"))
    indices = [row["leafIndex"] for row in document["entries"]]
    check_stamp(document["stamp"], head, indices, keys, replace(given.anchors, now=given.now), verdict)


def check_keys(document: Mapping[str, Any], known: str | None, verdict: Verdict) -> dict[str, str]:
    """The log's keys that may be believed, by fingerprint: reached from the one known, or the one inside."""
    changes = document.get("keys", [])
    if len(changes) > _MOST_CHANGES:
        raise MalformedProofError("more key changes than any log has had")
    for place, said in enumerate(changes):
        verdict.ask(
            change_holds(said),
            f"枢纽曾于 {said['time']} 换用存证密钥:{said['from']} → {said['to']},新旧密钥均已签名",
            "keys.change",
            f"第 {place + 1} 次密钥更换的声明不成立",
        )
    inside = document["publicKey"]
    trusted = inside if known is None else known.strip() + "\n"
    keys = known_keys(trusted, changes)
    if fingerprint(inside) not in keys or keys[fingerprint(inside)].strip() != inside.strip():
        verdict.fault("proof.key", "证明所带公钥不是给定的枢纽公钥")
    if known is None:
        verdict.open.append(
            (
                "key.unconfirmed",
                f"公钥取自证明本身(指纹 {fingerprint(inside)}),请与枢纽公布的核对(--log-key)",
            )
        )
    return keys


def check_head(head: dict[str, Any], keys: Mapping[str, str], verdict: Verdict) -> dict[str, Any]:
    """A head signed by one of the log's keys."""
    named = head.get("key")
    candidates = list(keys.values()) if named is None else [keys[named]] if named in keys else []
    signer = next((pem for pem in candidates if holds(head, pem)), None)
    verdict.ask(
        signer is not None,
        f"树头({head['size']} 叶,{head['alg']})由枢纽 {head['log']} 于 {head['time']} 签名,"
        f"公钥指纹 {fingerprint(signer or '')}",
        "head.signature",
        "树头签名与枢纽公钥不符",
    )
    return head


def _receipt(said: Any, facts: Mapping[str, Any], keys: Mapping[str, str], verdict: Verdict) -> None:
    """The receipt is what the message's leaf tells: so the signed head signs the receipt."""
    if facts["kind"] != "message":
        if said is not None:
            verdict.fault("receipt.differs", "事件没有回执")
        return
    words = {name: value for name, value in said.items() if name != "sign"}
    same = words == told(facts)
    verdict.ask(
        same,
        f"回执({words['receiptState']},{words['receivedTime']})与受理记录逐字一致,由树头签名为证",
        "receipt.differs",
        "所附回执与受理记录不一致",
    )
    if "sign" in said and same:
        own = said["sign"].get("keyId", "").removeprefix("hub:")
        block = {name: said["sign"][name] for name in ("alg", "value")}
        good = set(said["sign"]) == {"alg", "keyId", "value"} and own in keys
        verdict.ask(
            good and holds({**words, "sign": block}, keys[own]),
            "回执另有枢纽密钥的直接签名,成立",
            "receipt.signature",
            "回执上的枢纽签名不成立",
        )


def read(text: str) -> Any:
    """A proof from its text; None for what is not JSON, or names a member twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a member twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None
