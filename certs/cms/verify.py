"""Is this signed data to be believed? Every signer is judged: certificate, content, attributes, value.

The time is what the caller says, unless a signature time stamp proves when the value existed. Stamps are
judged by whoever is handed in (`stamps`), since time stamps are signed data themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from certs.cms.asked import Asked, StampJudge, helpful
from certs.cms.kept import kept
from certs.cms.one import judge_signer
from certs.cms.read import read_signed
from certs.cms.signed import SignedData
from certs.trust import SIGNING, Purpose, Trust
from certs.verdict import FAILED, OPEN, PASSED, Check, Judgement, Moment, Reason, Verdict, judged


@judged
def verify_cms(
    data: bytes | SignedData,
    *,
    trust: Trust,
    at: Moment | datetime,
    content: bytes | None = None,
    purpose: Purpose = SIGNING,
    expected_type: str | None = None,
    extra: Sequence[bytes] = (),
    which: Literal["all", "any"] = "all",
    stamps: StampJudge | None = None,
) -> Verdict:
    """Judge signed data, in bytes or as they have been read. No I/O, never raises.

    `content` is what a detached signature is about; `extra` are certificates that may be the signers' or
    lead to anchors; `expected_type` is the identifier that the content must be of. With `which="any"` one
    signer who holds is enough. Facts of the second signer end in ".2", and so on.
    """
    moment = at if isinstance(at, Moment) else Moment(at)
    signed = data if isinstance(data, SignedData) else read_signed(data)
    said = Judgement(moment)
    said.passed("format", evidence=f"{signed.arc}, version {signed.version}, {len(signed.signers)} signer(s)")
    said.facts |= {"arc": signed.arc, "content-type": signed.content_type}
    said.forgiven += [Reason("encoding", "cms", note) for note in signed.notes]
    if expected_type not in (None, signed.content_type):
        said.failed("format", Reason("content-type", detail=f"{signed.content_type}, not {expected_type}"))
    if not signed.signers:
        said.failed("signer", Reason("no-signature"))
    came = kept(signed)
    if came.broken:
        said.forgiven.append(Reason("encoding", "cms", "kept-data-unreadable"))
    asked = Asked(
        signed.content_type, _content(said, signed, content), helpful(came.certificates, extra),
        trust.with_data(came.crls, came.ocsp) if came.crls or came.ocsp else trust,
        moment, purpose, stamps,
    )  # fmt: skip
    return _together(said, [judge_signer(asked, signer) for signer in signed.signers], which)


def _content(said: Judgement, signed: SignedData, given: bytes | None) -> bytes | None:
    if given is None or signed.content is None:
        return signed.content if given is None else given
    if given != signed.content:
        said.failed("content", Reason("digest", detail="the content inside is not the content given"))
    return signed.content


def _together(said: Judgement, verdicts: Sequence[Verdict], which: str) -> Verdict:
    """One signer's steps stand in line, those of several each under a step of their own."""
    enough = which == "any" and any(one.ok for one in verdicts)
    first = next((one for one in verdicts if one.ok), None) if enough else next(iter(verdicts), None)
    for number, one in enumerate(verdicts, 1):
        tail = "" if number == 1 else f".{number}"
        said.facts |= {name + tail: value for name, value in one.facts.items()}
        said.forgiven += one.forgiven
        if enough and not one.ok:
            said.forgiven += one.reasons
        else:
            said.reasons += one.reasons
        if len(verdicts) == 1:
            said.checks += one.checks
        else:
            said.checks.append(_step(one, number))
    if first is None:
        return said.verdict()
    if len(verdicts) == 1:
        said.moment = first.moment
    return said.verdict(chain=first.chain, signer=first.signer)


def _step(one: Verdict, number: int) -> Check:
    outcome = PASSED if one.ok else OPEN if one.state == "indeterminate" else FAILED
    return Check(
        "one-signer",
        outcome,
        str(number),
        one.facts.get("signer", ""),
        one.moment,
        tuple(one.reasons),
        one.checks,
    )
