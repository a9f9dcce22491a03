"""Checking what the hub states of a bid without the hub: signatures, digests, the table, and, where the file
is at hand, the finding itself, done again.

A bidder who is told that it was his fault need not believe it: with the file he delivered, whoever has the
proof compares the witness of what was recovered (`witness`: never the key) with that of the binding or check
value in the file; whoever has a key it was sealed to besides tries the decryption (`redoing`). A platform
that damaged the file cannot hide it: the receipt it signed names the digest. What no file can show is said to
be open: that the key's own answer is told truly (it opened a probe right after).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from certs.algorithms.digest import digest
from certs.keys.port import DecryptionKey
from certs.model.der import MalformedError
from certs.timestamp import verify_timestamp
from certs.timestamp.model import Digest
from certs.trust import Trust
from hub.bids.delivery import ALL_OF, ALONE, WITHDRAW
from hub.bids.faults import BIDDER, OPENED, PLATFORM, WITHDRAWN, faults
from hub.bids.redoing import BROKEN
from hub.bids.redoing import holds as redone
from hub.bids.statement import OPENING, OUTCOME, PROOF, RECEIPT, named
from hub.evidence.heads import fingerprint, holds
from hub.evidence.verdict import Verdict
from hub.message import canonical

_HOSTILE = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    IndexError,
    RecursionError,
    StopIteration,
)
_OF_PLATFORM = frozenset(("key.binding", "recipient.contradiction"))
_OF_PARTS = frozenset(("share.platform", "share.missing", "shares.binding"))
_PARTS = (("receipt", RECEIPT), ("opening", OPENING), ("outcome", OUTCOME))


def verify(
    proof: Any,
    *,
    public_pem: str | None = None,
    file: bytes | None = None,
    stamps: Trust | None = None,
    holders: Sequence[DecryptionKey] = (),
) -> Verdict:
    """`public_pem`: the log's key as published; `file`: the bid's file as delivered; `stamps`: whom to
    believe for time stamps; `holders`: keys the file was sealed to, of whoever checks (the bidder, a court
    that has the platform's). Never raises; what was not looked at is `open`."""
    verdict = Verdict()
    try:
        _check(proof, public_pem, file, stamps, verdict, holders)
    except (*_HOSTILE, MalformedError) as error:
        verdict.fault("proof.malformed", f"不是可读的开启证明({type(error).__name__})")
    return verdict


def _check(
    proof: Mapping[str, Any],
    known: str | None,
    file: bytes | None,
    stamps: Trust | None,
    verdict: Verdict,
    holders: Sequence[DecryptionKey],
) -> None:
    if proof["format"] != PROOF:
        raise ValueError(PROOF)
    key = known or proof["publicKey"]
    if known is None:
        verdict.open.append(("key.unconfirmed", f"公钥取自证明本身(指纹 {fingerprint(key)}),请与公布的核对"))
    for name, form in _PARTS:
        said = proof[name]
        good = said is not None and said["format"] == form and holds(said, key)
        verdict.ask(good, f"{_ZH[name]}由枢纽签名,一字未改", f"{name}.signature", f"{_ZH[name]}的签名不成立")
    if not verdict.ok:
        return
    receipt, opening, outcome = (proof[name] for name, _ in _PARTS)
    _together(receipt, opening, outcome, verdict)
    _decided(receipt, outcome, verdict)
    for name in ("receipt", "opening"):
        _stamped(proof[name], proof[f"{name}Stamp"], stamps, name, verdict)
    if file is None:
        verdict.open.append(("file.missing", "未给出投标文件,认定所依据的步骤未重做"))
    else:
        _redone(receipt, outcome, file, verdict, holders)


_ZH = {"receipt": "递交回执", "opening": "开标声明", "outcome": "开启结果"}


def _together(
    receipt: Mapping[str, Any], opening: Mapping[str, Any], outcome: Mapping[str, Any], verdict: Verdict
) -> None:
    """The three speak of one bid, in the order of time."""
    same = outcome["receipt"] == named(receipt) and outcome["opening"] == named(opening)
    same = same and len({one["section"] for one in (receipt, opening, outcome)}) == 1
    same = same and outcome["receiptNo"] == receipt["receiptNo"]
    verdict.ask(same, "三份声明为同一标段同一投标", "proof.mixed", "声明之间不相对应")
    received, deadline, opened = (
        datetime.fromisoformat(text)
        for text in (receipt["receivedTime"], opening["deadline"], opening["openTime"])
    )
    verdict.ask(
        received < datetime.fromisoformat(receipt["deadline"]) and deadline <= opened,
        f"截止({opening['deadline']})前收到,截止后开标",
        "proof.time",
        "收到不在截止之前,或开标不在截止之后",
    )


def _decided(receipt: Mapping[str, Any], outcome: Mapping[str, Any], verdict: Verdict) -> None:
    """The result is the table's for this finding, and the finding fits what is stated beside it."""
    row = faults().get(outcome["finding"])
    verdict.ask(
        row is not None and (row.result, row.clause) == (outcome["result"], outcome["clause"]),
        f"认定 {outcome['finding']} 依责任表归于 {outcome['result']}",
        "outcome.table",
        "结果与责任表不符",
    )
    whole = (outcome["openedDigest"], outcome["openedSize"]) == (receipt["fileDigest"], receipt["fileSize"])
    fits = outcome["fileDigest"] == receipt["fileDigest"] and outcome["digestMatch"] is whole
    if row is not None and row.result in (OPENED, BIDDER):
        fits = fits and whole  # nobody's envelope is judged by another file than the one that was delivered
    if row is not None and row.finding == "store.digest":
        fits = fits and not whole
    # What is taken back is withdrawn and nothing else; only what has two holders can lack a part.
    fits = fits and (outcome["result"] == WITHDRAWN) is (receipt["step"] == WITHDRAW)
    if row is not None and row.finding in _OF_PARTS:
        fits = fits and receipt["model"] == ALL_OF
    # A key of its own is brought by who keeps it alone; and nobody else has one to be found wrong.
    fits = fits and (receipt["model"] == ALONE or outcome["finding"] != "key.missing")
    fits = fits and (receipt["model"] != ALONE or outcome["finding"] not in _OF_PLATFORM)
    verdict.ask(fits, "所述摘要与递交时的一致与否,与认定相符", "outcome.digest", "摘要与认定不符")


def _stamped(
    said: Mapping[str, Any], token: str | None, stamps: Trust | None, name: str, verdict: Verdict
) -> None:
    if token is None or stamps is None:
        why = "没有时间戳" if token is None else "未给出时间戳服务的证书,时间戳未核验"
        verdict.open.append(("stamp.open", f"{_ZH[name]}:{why}"))
        return
    about = Digest.of(canonical(dict(said)), "sm3")
    found = verify_timestamp(base64.b64decode(token), about, trust=stamps, at=datetime.now(UTC))
    verdict.ask(found.ok, f"{_ZH[name]}的时间戳成立", f"{name}.stamp", f"{_ZH[name]}的时间戳不成立")


def _redone(
    receipt: Mapping[str, Any],
    outcome: Mapping[str, Any],
    file: bytes,
    verdict: Verdict,
    holders: Sequence[DecryptionKey],
) -> None:
    """The step the finding rests on, once more."""
    algorithm = receipt["fileDigest"].partition(":")[0]
    delivered = f"{algorithm}:{digest(file, algorithm).hex()}"
    if not verdict.ask(
        delivered == receipt["fileDigest"],
        "所给文件即递交时的文件",
        "file.digest",
        "所给文件不是递交时的文件",
    ):
        return
    finding = str(outcome["finding"])
    if outcome["result"] in (OPENED, PLATFORM, WITHDRAWN) or finding in ("share.missing", "key.missing"):
        verdict.open.append(("finding.stated", "此认定由枢纽声明,文件本身不能证明"))
        return
    good = redone(finding, file, str(outcome["recovered"]), receipt["signer"], holders)
    if good is None:
        verdict.open.append(("key.needed", _NEEDED))
        return
    if finding != BROKEN:
        verdict.open.append(("key.stated", "平台密钥(或所交份额)所得之值由枢纽声明"))
    verdict.ask(good, f"认定 {finding} 已重做,成立", "finding.differs", f"认定 {finding} 重做不成立")


_NEEDED = "以密钥解密这一步未重做:须由持有该文件接收人密钥者(投标人,或依法调用平台密钥者)核验"
