"""Judging what was asked about, in a thread: one way for every kind of signature, none of which raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from certs.cli.asking import Given
from certs.cli.facts import contents
from certs.cli.kinds import Found, recognise_kind
from certs.cli.remark import Remark
from certs.cli.signed import judge_file
from certs.recognition import Recognition, tolerated
from certs.trust import Revocation, Trust
from certs.verdict import FAILED, Check, Reason, Verdict, refused
from hub.ca.judges import Judges
from hub.ca.parties import names, parties
from hub.ca.policy import PURPOSES
from hub.ca.question import Circumstances, Proof

Own = Callable[[], Trust | None]
SLOW = frozenset(("pdf", "ofd", "xml"))
_WHOLE = SLOW | {"seal"}
# What a caller calls it, and what the bytes then have to be.
_MEANT: Mapping[str, frozenset[str]] = {
    "attached": frozenset(("cms",)),
    "detached": frozenset(("cms",)),
    "xml": frozenset(("xml",)),
    "pdf": frozenset(("pdf",)),
    "ofd": frozenset(("ofd",)),
    "seal": frozenset(("seal-signature", "seal")),
    "timestamp": frozenset(("timestamp",)),
}
SIGNED = frozenset().union(*_MEANT.values())


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a question: `kind` as found, `who` the recognition of the signer; `gateway` what the
    signer's CA said beside it, where it was asked."""

    kind: str
    verdict: Verdict
    who: Recognition | None = None
    remarks: tuple[Remark, ...] = ()
    # Whoever else must not be revoked (makers of seals, other signers), as far as that is open.
    beside: tuple[Recognition, ...] = ()
    gateway: Mapping[str, Any] | None = None


def recognised(judges: Judges, raw: bytes, about: Circumstances) -> Judged:
    """A certificate for itself."""
    found = recognise_kind(raw)
    if found.kind not in ("certificate", "bundle"):
        return Judged("certificate", refused("malformed", "certificate", found.tried or found.kind))
    leaf, extra = found.data, about.chain
    if found.kind == "bundle":
        if not found.certificates:
            return Judged("certificate", refused("malformed", "certificate", "a bundle without certificates"))
        from certs.cli.judging import end_of

        leaf, others = end_of(found.certificates)
        extra = (*others, *about.chain)
    who = _who(judges, leaf, about, extra)
    return Judged("certificate", who.verdict, who)


def verified(judges: Judges, asked: Proof, about: Circumstances, own: Own) -> Judged:
    """Anything signed. `own` is the time-stamp service of this hub."""
    if asked.kind == "raw":
        return _raw(judges, asked, about)
    found = recognise_kind(asked.signature)
    allowed = _MEANT.get(asked.kind, SIGNED)
    if asked.kind == "auto" and asked.certificate is not None and found.kind not in allowed:
        return _raw(judges, asked, about)
    if found.kind not in allowed:
        return Judged(found.kind, refused("malformed", asked.kind, found.tried or found.kind))
    if asked.kind == "detached" and asked.data is None:
        return Judged(found.kind, refused("argument", "data", "the content of a detached signature"))
    if asked.data is not None and found.kind in _WHOLE:
        # A yes would be taken for one about these data, which nobody has looked at.
        return Judged(found.kind, refused("argument", "data", f"{found.kind}: what it signs is inside it"))
    verdict, remarks = _document(judges, found, asked, about, own)
    judged = _as_named(with_signer(judges, found.kind, verdict, about, remarks), found, asked.certificate)
    others = beside(judges, found, verdict, about)
    return replace(judged, beside=others) if others else judged


def _as_named(judged: Judged, found: Found, named: bytes | None) -> Judged:
    """Whoever names a certificate beside something signed asks whether that one signed it. A time stamp's is
    its service's, whatever is named."""
    verdict = judged.verdict
    if named is None or verdict.signer in (None, named) or found.kind == "timestamp":
        return judged
    if found.kind == "cms" and names(found.data, named):
        return judged
    if found.kind in SLOW and named in parties(found.kind, found.data):
        return judged
    reason = Reason("identity-differs", "certificate", "signed by another certificate than the one named")
    step = Check("subject", FAILED, "certificate", "", None, (reason,))
    whole = replace(verdict, ok=False, reasons=[*verdict.reasons, reason], checks=(*verdict.checks, step))
    who = None if judged.who is None else replace(judged.who, verdict=whole)
    return replace(judged, verdict=whole, who=who)


def mode_of(judges: Judges, about: Circumstances) -> Revocation:
    """What the policy asks for, unless the caller asks for more, or for what the policy leaves to callers."""
    policy = judges.belief.policy
    held = policy.revocation[about.purpose]
    if about.revocation is None or about.revocation is Revocation.REQUIRED:
        return about.revocation or held
    return about.revocation if about.revocation in policy.relaxed else held


def given_of(judges: Judges, about: Circumstances, own: Own) -> Given:
    """The circumstances in the words of the judges of documents."""
    mode = mode_of(judges, about)
    # What responders said of a time-stamping key or a seal's maker lies among these answers too.
    trust, stamps, makers = (
        known.with_data(about.crls, about.ocsp) if known is not None else None
        for known in (
            judges.trust(mode, about.sector, about.medium), judges.stamps(mode, own()), judges.makers(mode)
        )
    )  # fmt: skip
    return Given(
        about.at, trust, judges.listed, PURPOSES[about.purpose], about.chain, stamps=stamps, makers=makers
    )


def _document(
    judges: Judges, found: Found, asked: Proof, about: Circumstances, own: Own
) -> tuple[Verdict, tuple[Remark, ...]]:
    given = given_of(judges, about, own)
    if asked.data is None and asked.digest is not None:
        return _by_digest(judges, found, asked, given), ()
    if found.kind == "xml" and asked.covers != "":
        from certs.xml import verify_xml

        assert given.trust is not None  # noqa: S101 - made above
        verdict = verify_xml(found.data, trust=given.trust, at=about.at, covers=asked.covers)
        return tolerated(verdict, judges.listed), ()
    inside = contents(found).certificates
    if asked.certificate is not None:
        inside = (*inside, asked.certificate)
    judged = judge_file(found, given, asked.data, inside)
    if judged.verdict is None:
        return refused("argument", "data", "nothing to judge"), judged.remarks
    return judged.verdict, judged.remarks


def _by_digest(judges: Judges, found: Found, asked: Proof, given: Given) -> Verdict:
    """Where what is signed is a digest, the caller may keep the document to itself."""
    digest = asked.digest
    assert digest is not None and given.trust is not None  # noqa: S101 - looked at before
    if found.kind == "timestamp":
        from certs.timestamp import verify_timestamp

        return verify_timestamp(found.data, digest, trust=given.stamps or given.trust, at=given.moment)
    if found.kind == "seal-signature":
        from certs.seal.verify import verify_seal

        verdict = verify_seal(
            found.data, trust=given.trust, at=given.moment, digest=digest.value, stamps=given.stamps,
            makers=given.makers, certificates=given.extra,
        )  # fmt: skip
        return tolerated(verdict, judges.listed)
    return refused("argument", "digest", f"{found.kind}: give the data themselves")


def _raw(judges: Judges, asked: Proof, about: Circumstances) -> Judged:
    """A bare signature under a certificate: SM2 with SM3, RSA and ECDSA with SHA-256, as the key says."""
    if asked.certificate is None or asked.data is None:
        missing = "certificate" if asked.certificate is None else "data"
        return Judged("raw", refused("argument", missing, "needed for a bare signature"))
    mode = mode_of(judges, about)
    if about.crls or about.ocsp:
        return _raw_with_data(judges, asked, about, mode)
    who = judges.recogniser(mode).verify_message(
        asked.data, asked.signature, asked.certificate, at=about.at, purpose=PURPOSES[about.purpose],
        sector=about.sector, medium=about.medium, expected_subject=about.subject, extra=about.chain,
    )  # fmt: skip
    return Judged("raw", who.verdict, who)


def _raw_with_data(judges: Judges, asked: Proof, about: Circumstances, mode: Revocation) -> Judged:
    """With lists or answers that came along: judged for this once, and not remembered."""
    from certs.recognition.messages import signed

    who = _who(judges, asked.certificate or b"", about, about.chain)
    whole = signed(who, about.at, asked.data or b"", asked.signature)
    return Judged("raw", whole.verdict, whole)


def _who(judges: Judges, leaf: bytes, about: Circumstances, extra: tuple[bytes, ...]) -> Recognition:
    mode, purpose = mode_of(judges, about), PURPOSES[about.purpose]
    if not about.crls and not about.ocsp:
        return judges.recogniser(mode).recognise(
            leaf, at=about.at, purpose=purpose, sector=about.sector, medium=about.medium,
            expected_subject=about.subject, extra=extra,
        )  # fmt: skip
    from certs.recognition import recognise

    return recognise(
        leaf, trust=judges.listed, at=about.at, revocation=mode, purpose=purpose, sector=about.sector,
        medium=about.medium, expected_subject=about.subject, realm=judges.realm, extra=extra,
        crls=(*judges.crls, *about.crls), ocsp=(*judges.ocsp, *about.ocsp),
    )  # fmt: skip


def beside(judges: Judges, found: Found, verdict: Verdict, about: Circumstances) -> tuple[Recognition, ...]:
    """A seal's maker and whoever signed besides have certificates of their own, and it may be theirs whose
    revocation nobody knows of yet; also inside OFD and PDF."""
    if all(one.code != "revocation-unknown" for one in verdict.reasons):
        return ()
    plain = Circumstances(about.at, revocation=about.revocation)
    others = (raw for raw in parties(found.kind, found.data) if raw != verdict.signer)
    return tuple(_who(judges, raw, plain, (*about.chain, *verdict.chain)) for raw in others)


_OWN_STEPS = ("subject", "realm")


def with_signer(
    judges: Judges, kind: str, verdict: Verdict, about: Circumstances, remarks: tuple[Remark, ...] = ()
) -> Judged:
    """Whose signature it is, by the rules of the signer's CA: what speaks against that counts as well."""
    if verdict.signer is None:
        return Judged(kind, verdict, None, remarks)
    moment = verdict.moment or about.at
    # A time stamp's signer is good for stamping, whatever the caller wants the document for.
    purpose = "stamping" if kind == "timestamp" else about.purpose
    mine = replace(about, at=moment, purpose=purpose)
    who = _who(judges, verdict.signer, mine, tuple(verdict.chain))
    steps = tuple(one for one in who.verdict.checks if one.name in _OWN_STEPS)
    if kind == "timestamp":
        steps = tuple(one for one in steps if one.name == "realm")
    against = [reason for one in steps for reason in one.reasons]
    whole = replace(
        verdict,
        ok=verdict.ok and not against,
        reasons=[*verdict.reasons, *against],
        checks=(*verdict.checks, *steps),
        facts={**who.verdict.facts, **verdict.facts},
    )
    return Judged(kind, whole, replace(who, verdict=whole), remarks)
