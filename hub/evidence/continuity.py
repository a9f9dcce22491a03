"""Do two heads seen at different times belong to one log that only grew? Checked without the hub."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from typing import Any

from hub.evidence import merkle
from hub.evidence.heads import fingerprint, holds
from hub.evidence.stamp_check import NO_ANCHORS, Anchors, check_stamp
from hub.evidence.strict import members, node, number
from hub.evidence.verdict import Verdict
from hub.evidence.verify import check_head, check_keys

HEADS = "hutong-heads/1"
_MEMBERS = ("format", "made", "since", "heads", "consistency", "stamp", "keys", "publicKey", "sign")


def compare(old: Any, new: Any, *, public_pem: str | None = None, anchors: Anchors = NO_ANCHORS) -> Verdict:
    """`old` is a proof or a list of heads, `new` a list of heads asked for since the old one's size.

    Never raises on a hostile document.
    """
    verdict = Verdict()
    try:
        _compare(old, new, public_pem, anchors, verdict)
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
        binascii.Error,
    ) as error:
        verdict.fault("heads.malformed", f"不是可读的树头文件({type(error).__name__})")
    return verdict


def newest(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The head a document ends in."""
    found: Mapping[str, Any] = document["heads"][-1] if document.get("format") == HEADS else document["head"]
    return found


def _compare(old: Any, new: Any, known: str | None, anchors: Anchors, verdict: Verdict) -> None:
    if new["format"] != HEADS:
        verdict.fault("heads.format", "后一份须为 hutong evidence heads 所得的树头文件")
        return
    members(new, *_MEMBERS)
    trusted = known if known is not None else old["publicKey"]
    keys = check_keys(new, trusted, verdict)
    whole = fingerprint(new["publicKey"]) in keys and holds(new, new["publicKey"])
    verdict.ask(
        whole, f"树头文件由枢纽于 {new['made']} 整体签名", "heads.signature", "树头文件的整体签名不符"
    )
    first, last = newest(old), newest(new)
    check_head(dict(first), keys, verdict)
    for head in new["heads"]:
        check_head(dict(head), keys, verdict)
    _grown(first, last, new, verdict)
    check_stamp(new["stamp"], last, (), keys, anchors, verdict)


def _grown(
    first: Mapping[str, Any], last: Mapping[str, Any], new: Mapping[str, Any], verdict: Verdict
) -> None:
    if (first["log"], first["alg"]) != (last["log"], last["alg"]):
        verdict.fault("heads.other-log", "两个树头不属于同一日志或摘要算法不同")
        return
    sizes = number(first["size"]), number(last["size"])
    path = [node(text) for text in new["consistency"]]
    if sizes[0] < sizes[1] and number(new["since"]) != sizes[0]:
        verdict.fault("heads.since", f"后一份须自前一份的大小取得:hutong evidence heads --since {sizes[0]}")
        return
    verdict.ask(
        merkle.consistent(sizes[0], node(first["root"]), sizes[1], node(last["root"]), path, last["alg"]),
        f"{sizes[0]} 叶的日志原样包含在 {sizes[1]} 叶的日志之中:只增未改",
        "heads.forked",
        "两个树头不属于同一只增日志(曾被改写或分叉)",
    )
