"""The services of the standard that the hub answers itself: `ca.verify`, `ca.status`, `tsa.stamp`.

The rows are the standard's (`services.yaml`); the judgement is that of `/v1/ca`, so both say the same.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from certs.algorithms.digest import digest
from certs.cli.naming import called
from certs.cli.standing import judge_list
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import HOLD, Crl, read_crl
from certs.model.der import MalformedError
from certs.model.names import Name
from certs.trust import Revocation
from certs.trustlist.quirks import NAMES, quirk_of
from certs.verdict import Moment, Reason, Verdict
from hub.ca.agreeing import DIFFER
from hub.ca.desk import ROOM, CaDesk
from hub.ca.judges import Judges
from hub.ca.policy import ALWAYS, NEVER
from hub.ca.question import Circumstances, Proof, octets_of
from hub.ca.standing import key_of
from hub.ca.told import certificate_of
from hub.ca.verifying import Judged, recognised, verified
from hub.errors import HubError
from hub.message import wall
from hub.ports import Answer, Outgoing
from hub.services.local import HUB, Said

VERIFY, STATUS, STAMP = "ca.verify", "ca.status", "tsa.stamp"
_KINDS = {"bare-signature": "raw"} | {
    one: one for one in ("attached", "detached", "xml", "seal", "timestamp")
}
_USAGES = {"login": "login", "sign": "signing", "seal": "sealing", "encrypt": "enciphering"}
_DIGESTS = {"01": "sm3", "02": "sha256"}
_WORDS = {
    "revoked": "revoked", "frozen": "frozen", "expired": "expired", "not-yet-valid": "not-yet-valid",
    "no-path": "untrusted", "not-admitted": "untrusted", "admission-ended": "untrusted",
    "admission-not-begun": "untrusted", "subordinate": "untrusted", "sector": "untrusted",
    "medium": "untrusted", "seal-signer": "untrusted", "seal-period": "expired",
}  # fmt: skip
_REASONS = {1: "keyCompromise", 2: "cACompromise", 3: "affiliationChanged", 4: "superseded",
            5: "cessationOfOperation", 6: "certificateHold"}  # fmt: skip
_MOST_REASONS = 50
_BODY, _PERSON = "1", "3"  # body-type of the standard


class Files(Protocol):
    """`hub.files.enclosed.Enclosures`"""

    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any: ...
    async def away(self, owner: str, value: Any) -> Any: ...


class Answering:
    """Fulfils `hub.services.local.Own`."""

    def __init__(self, desk: CaDesk, files: Files, clock: Callable[[], datetime]) -> None:
        self._desk, self._files, self._clock = desk, files, clock

    def answers(self, service: str) -> bool:
        """Where no list lies there is nothing of our own to say, and none is made for a question's sake."""
        return service in (VERIFY, STATUS, STAMP) and self._desk.there()

    def alone(self, service: str) -> bool:
        return False

    def both(self) -> bool:
        belief = self._desk.belief
        return belief is not None and belief.policy.gateways == ALWAYS

    def mark(self) -> int:
        """What was remembered before a list or a revocation list came is not told after it."""
        return self._desk.number

    def conclusion(self, service: str, data: Mapping[str, Any]) -> tuple[str, bool] | None:
        if service == VERIFY and "verdict" in data:
            return str(data["verdict"]), data["verdict"] == "valid"
        if service == STATUS and data.get("status") not in (None, "unknown"):
            return str(data["status"]), data["status"] == "good"
        return None

    async def answer(self, outgoing: Outgoing) -> Said | None:
        """None where we cannot even begin; never raises."""
        try:
            judges = await self._desk.open()
            fields = await self._files.beside(outgoing.sender, dict(outgoing.fields), [ROOM])
            if outgoing.message == STAMP:
                return await self._stamp(outgoing, fields)
            if outgoing.message == VERIFY:
                said = await self._verify(judges, fields)
            else:
                said = await self._desk.work(lambda: self._status(judges, fields))
        except HubError:
            return None
        if said.settled or judges.belief.policy.gateways != NEVER:
            return said
        return replace(said, settled=True)

    # ca.verify

    async def _verify(self, judges: Judges, fields: Mapping[str, Any]) -> Said:
        raw = _octets(fields.get("certificate"))
        if raw is None or certificate_of(raw) is None:
            return _refused("ca.encoding", "证书无法解析")
        asked = self._asked(fields, raw)
        if asked is None:
            return _refused("ca.encoding", "签名值或原文缺少,或无法解析")
        proof, about = asked

        def work() -> Judged:
            if proof is None:
                return recognised(judges, raw, replace(about, chain=()))
            return verified(judges, proof, about, self._desk.own)

        found = await self._desk.confirmed(judges, await self._desk.work(work), proof, about)
        return _answered(found, fields)

    def _asked(self, fields: Mapping[str, Any], raw: bytes) -> tuple[Proof | None, Circumstances] | None:
        """What is to be judged, and how; None where a part of it is missing."""
        mode = Revocation.REQUIRED if fields.get("revocationRequired") is True else Revocation.IF_KNOWN
        about = Circumstances(
            _moment(fields.get("atTime"), self._clock()), _USAGES.get(str(fields.get("usage")), "signing"),
            revocation=mode, chain=(raw,),
        )  # fmt: skip
        kind = str(fields.get("verifyKind"))
        if kind == "certificate":
            return None, about
        value, original = _octets(fields.get("signature")), _octets(fields.get("original"))
        if (
            value is None
            or kind not in _KINDS
            or (original is None and kind in ("bare-signature", "detached"))
        ):
            return None
        return Proof(_KINDS[kind], value, original, None, raw), about

    # ca.status

    def _status(self, judges: Judges, fields: Mapping[str, Any]) -> Said:
        """From the list of the CA's own; where OCSP or a fresh answer is wanted, we are not enough."""
        about = fields.get("certificate")
        about = about if isinstance(about, Mapping) else {}
        members = [one for one in judges.listed.members if one.ca.id == about.get("caId")]
        if not members:
            return _refused("ca.issuer-not-recognised", "颁发机构不在互认名单")
        try:
            serial = int(str(about.get("serialNo")), 16)
        except ValueError:
            return _refused("ca.unknown-serial", "证书序列号应为十六进制")
        at = _moment(fields.get("atTime"), self._clock())
        keys = {key_of(read_certificate(raw)) for one in members for raw in one.ca.certificates}
        worse = judges.belief.standing.about(keys, serial, at.at)
        if worse is not None:
            said = {"status": worse.status, "revocationTime": wall(worse.since), "sourceSystem": worse.by}
            return Said(Answer(200, "0000", data={**said, "thisUpdate": wall(worse.told)}), settled=True)
        told = _listed(judges, members[0].ca.certificates, str(about.get("issuer", "")), serial, at)
        if told is None:
            return Said(Answer(502, "upstream.unavailable", "手边没有现行的吊销列表"), settled=False)
        wanted = fields.get("method") in (None, "crl") and fields.get("noCache") is not True
        return Said(Answer(200, "0000", data=told), settled=wanted and not fields.get("nonce"))

    # tsa.stamp

    async def _stamp(self, outgoing: Outgoing, fields: Mapping[str, Any]) -> Said | None:
        name = _DIGESTS.get(str(fields.get("digestAlgorithm")))
        if name is None:
            return _refused("tsa.algorithm", "不支持的摘要算法")
        value = str(fields.get("digest", "")).rpartition(":")[2].lower()
        if len(value) != 64:
            return _refused("tsa.digest-length", "摘要长度与算法不符")
        body: dict[str, Any] = {"digest": f"{name}:{value}", "nonce": str(fields.get("nonce", ""))}
        body["certificates"] = fields.get("certIncluded") is not False
        if fields.get("policy"):
            body["policy"] = str(fields["policy"])
        try:
            made = await self._desk.stamp("", body)
        except HubError as error:
            if error.status != 422:
                return None
            return _refused("tsa.policy" if "policy" in body else "field.format", error.detail)
        octets = base64.b64decode(made["token"])
        file = {
            "name": "timestamp.tst", "digest": f"sm3:{digest(octets).hex()}", "size": len(octets),
            "media": "application/timestamp-reply", "data": made["token"],
        }  # fmt: skip
        data = {"token": file, "genTime": made["genTime"], "serialNo": made["serialNo"]}
        if made["accuracyMs"] is not None:
            data["accuracyMs"] = made["accuracyMs"]
        kept = await self._files.away(outgoing.sender, data)
        return Said(Answer(200, "0000", data=kept), settled=True)


def _answered(found: Judged, fields: Mapping[str, Any]) -> Said:
    verdict, who = found.verdict, found.who
    codes = {one.code for one in verdict.reasons}
    if verdict.state == "indeterminate" and DIFFER not in codes:
        # Whoever issued it may know more than we; what they say will be told as theirs.
        return Said(Answer(422, "ca.revocation-unknown", verdict.sentence()), settled=False)
    leaf = certificate_of(verdict.signer)
    if leaf is None:
        return _refused("ca.encoding", verdict.sentence())
    if who is None or who.ca is None:
        return _refused("ca.issuer-not-recognised", "颁发机构不在互认名单")
    bound = who.subject.bound if who.subject is not None else None
    if bound is None or not codes.isdisjoint({"identity-conflict", "identity-none"}):
        return _refused("ca.subject-unresolved", "无法确定证书主体代码")
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


def _listed(
    judges: Judges, issuers: frozenset[bytes], issuer: str, serial: int, at: Moment
) -> dict[str, Any] | None:
    """What the current lists of these issuers say; None where none holds. Not being on a list is good news
    only on the list of the issuer that is meant."""
    names = {one.subject for raw in issuers if (one := certificate_of(raw)) is not None}
    for listed in _current(judges, names, at):
        entry = listed.find(listed.issuer, serial)
        if entry is None and str(listed.issuer) != issuer and len(names) > 1:
            continue
        told: dict[str, Any] = {"status": "good", "thisUpdate": wall(listed.this_update), "sourceSystem": HUB}
        if listed.next_update is not None:
            told["nextUpdate"] = wall(listed.next_update)
        if entry is not None:
            told["status"] = "frozen" if entry.reason == HOLD else "revoked"
            told["revocationTime"] = wall(listed.revoked_at(entry))
            told["revocationReason"] = _REASONS.get(entry.reason or 0, "unspecified")
        return told
    return None


def _current(judges: Judges, names: set[Name], at: Moment) -> Iterator[Crl]:
    """The newest first."""
    trust, found = judges.trust(Revocation.IGNORED), list[Crl]()
    for raw in judges.crls:
        with suppress(MalformedError):
            found.append(read_crl(raw))
    for listed in sorted(found, key=lambda one: one.this_update, reverse=True):
        if listed.issuer in names and judge_list(listed.raw, trust, at).ok:
            yield listed


def _octets(value: Any) -> bytes | None:
    if isinstance(value, Mapping):
        value = value.get("data")
    return octets_of(value) if isinstance(value, str) else None


def _moment(text: Any, now: datetime) -> Moment:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return Moment(now, "clock")
    return Moment(found, "argument") if found.tzinfo is not None else Moment(now, "clock")


def _refused(code: str, words: str) -> Said:
    return Said(Answer(422, code, words), settled=True)
