"""One result object, whatever was asked about: valid, invalid or indeterminate, and every step with its
clause and evidence.

With a token or without one it is the same, but for `medium` and what that step rests on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from certs.cli.advice import advice
from certs.cli.kinds import ZH
from certs.cli.remark import Remark
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.recognition import Recognition
from certs.recognition.recognition import shown
from hub.ca.alone import warning
from hub.ca.judges import Judges
from hub.ca.verifying import Judged

FORMAT = "hutong-ca/1"
CHECKED_BY = "hub"


def told(judges: Judges, found: Judged) -> dict[str, Any]:
    """The result object. Its members are always there."""
    verdict = found.verdict
    said = verdict.as_dict()
    listed, alone = judges.listed, _alone(found)
    return {
        "format": FORMAT,
        "result": verdict.state,
        "sofCode": verdict.sof_code,
        "subIndication": verdict.sub_indication,
        "zh": f"{said['zh']}{''.join(f'。{one.zh}' for one in alone)}",
        "en": f"{said['en']}{''.join(f'. {one.en}' for one in alone)}",
        "kind": found.kind,
        "kindZh": ZH.get(found.kind, "签名值" if found.kind == "raw" else found.kind),
        "medium": _medium(found.who),
        "certificate": _certificate(verdict.signer) if verdict.signer else None,
        "subject": _subject(found.who),
        "ca": _ca(found.who),
        "chain": [one for one in map(_certificate, verdict.chain) if one is not None],
        "checks": said["checks"],
        "reasons": said["reasons"],
        "forgiven": said["forgiven"],
        "facts": said["facts"],
        "advice": {"zh": advice(verdict.reasons), "en": advice(verdict.reasons, "en")},
        "remarks": [{"zh": one.zh, "en": one.en} for one in found.remarks],
        "time": said["time"],
        "list": {"region": listed.region, "sequence": listed.sequence, "digest": listed.digest},
        "policy": judges.belief.policy.sequence,
        "checkedBy": CHECKED_BY,
        "gateway": None if found.gateway is None else dict(found.gateway),
    }


def _alone(found: Judged) -> tuple[Remark, ...]:
    """It stands in the sentence itself where a yes about revocation is one gateway's word and no more."""
    word = found.gateway or {}
    return (warning(str(word["system"]), str(word["alone"])),) if word.get("alone") else ()


def _medium(who: Recognition | None) -> str | None:
    """As the caller said; else what the CA issues, if that is one kind only."""
    if who is None:
        return None
    if who.medium is not None:
        return who.medium
    media = who.ca.media if who.ca is not None else frozenset()
    return next(iter(media)) if len(media) == 1 else None


@lru_cache(4096)
def _certificate(raw: bytes) -> dict[str, Any] | None:
    """Told the same each time, so it is made once."""
    try:
        return shown(read_certificate(raw))
    except MalformedError:
        return None


def certificate_of(raw: bytes | None) -> Certificate | None:
    try:
        return read_certificate(raw) if raw else None
    except MalformedError:
        return None


def _subject(who: Recognition | None) -> dict[str, Any] | None:
    if who is None or who.subject is None:
        return None
    bound = who.subject.bound
    return {
        "bound": None if bound is None else bound.as_dict(),
        "candidates": [one.as_dict() for one in who.subject.candidates],
        "findings": [str(one) for one in who.subject.findings],
    }


def _ca(who: Recognition | None) -> dict[str, Any] | None:
    if who is None or who.ca is None or who.member is None:
        return None
    return {
        "id": who.ca.id,
        "zh": who.ca.zh,
        "en": who.ca.en,
        "region": who.region,
        "assurance": who.assurance,
        "listSequence": who.member.listed_by.sequence,
        "through": who.member.peer.zh if who.member.peer else None,
        "mapped": who.mapped,
    }
