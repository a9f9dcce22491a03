"""A verdict in the words of the standard: the reply of `ca.verify`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from certs.cli.naming import called
from certs.model.certificate import Certificate
from certs.trustlist.quirks import NAMES, quirk_of
from certs.verdict import Moment, Reason, Verdict
from hub.ca.agreeing import DIFFER
from hub.ca.told import certificate_of
from hub.ca.verifying import Judged
from hub.message import wall
from hub.ports import Answer
from hub.services.local import HUB, Said

_WORDS = {
    "revoked": "revoked", "frozen": "frozen", "expired": "expired", "not-yet-valid": "not-yet-valid",
    "no-path": "untrusted", "not-admitted": "untrusted", "admission-ended": "untrusted",
    "admission-not-begun": "untrusted", "subordinate": "untrusted", "sector": "untrusted",
    "medium": "untrusted", "seal-signer": "untrusted", "seal-period": "expired",
}  # fmt: skip
_OPEN = frozenset({"revocation-unknown", "list-expired"})  # with these alone, everything could be read
_MOST_REASONS = 50
_BODY, _PERSON = "1", "3"  # body-type of the standard


def answered(found: Judged, fields: Mapping[str, Any]) -> Said:
    verdict, who = found.verdict, found.who
    codes = {one.code for one in verdict.reasons}
    if verdict.state == "indeterminate" and DIFFER not in codes:
        # Whoever issued it may know more than we; what they say will be told as theirs.
        said = Answer(422, "ca.revocation-unknown", verdict.sentence())
        return Said(said, settled=False, stands=codes <= _OPEN)
    leaf = certificate_of(verdict.signer)
    if leaf is None:
        return refused("ca.encoding", verdict.sentence())
    if who is None or who.ca is None:
        return refused("ca.issuer-not-recognised", "颁发机构不在互认名单")
    bound = who.subject.bound if who.subject is not None else None
    if bound is None or not codes.isdisjoint({"identity-conflict", "identity-none"}):
        return refused("ca.subject-unresolved", "无法确定证书主体代码")
    data: dict[str, Any] = {
        "verdict": _word(verdict),
        "reasons": [
            *(_finding(one, one.code, "error") for one in verdict.reasons[:_MOST_REASONS]),
            *(_finding(one, named(one), "warning") for one in verdict.forgiven[:_MOST_REASONS]),
        ],
        "certificateRef": _reference(leaf, who.ca.id, bound.shown, who.ca.media),
        "subject": {"type": _PERSON if bound.kind == "resident" else _BODY, "code": bound.shown,
                    "name": called(leaf)},
        "checkedBy": HUB,
    }  # fmt: skip
    return Said(Answer(200, "0000", data=data), settled=True)


def _finding(reason: Reason, code: str, severity: str) -> dict[str, str]:
    """What was let pass is told as well: whoever accepts with a note knows the note."""
    return {
        "code": f"certificate.{code}", "observed": reason.detail[:200], "severity": severity,
        "clause": reason.row.clause, "advice": reason.row.zh,
    }  # fmt: skip


def named(reason: Reason) -> str:
    """A quirk by the name that the trust list has for it; anything else by its code."""
    quirk = quirk_of(reason.detail).name
    return quirk if reason.code == "encoding" or quirk in NAMES else reason.code


def _word(verdict: Verdict) -> str:
    if verdict.ok:
        return "valid"
    return next((_WORDS[one.code] for one in verdict.reasons if one.code in _WORDS), "invalid")


def _reference(leaf: Certificate, ca: str, code: str, media: frozenset[str]) -> dict[str, Any]:
    usage = leaf.extensions.key_usage or frozenset()
    signs, enciphers = "digitalSignature" in usage, bool(usage & {"keyEncipherment", "dataEncipherment"})
    return {
        "caId": ca, "issuer": str(leaf.issuer), "serialNo": f"{leaf.serial:X}",
        "digest": f"sm3:{digest(leaf.raw).hex()}", "subjectCode": code,
        "medium": "tokenless" if media == {"tokenless"} else "token",
        "usage": "both" if signs and enciphers else "encrypt" if enciphers else "sign",
        "notBefore": wall(leaf.not_before), "notAfter": wall(leaf.not_after),
    }  # fmt: skip


def moment_of(text: Any, now: datetime) -> Moment:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return Moment(now, "clock")
    return Moment(found, "argument") if found.tzinfo is not None else Moment(now, "clock")


def refused(code: str, words: str) -> Said:
    return Said(Answer(422, code, words), settled=True)
