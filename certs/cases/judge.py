"""The local path: a case judged by recognition and the rooms beside it, out of its own files only.

A vendor's runner does the same with its own software; nothing here looks at what is expected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from certs.cases.desk import Desk
from certs.cases.table import INDETERMINATE, INVALID, NOTE, VALID, Case
from certs.cms import verify_cms
from certs.envelope import open_envelope
from certs.ofd import verify_ofd
from certs.recognition import Recogniser, Recognition, recognise, tolerated
from certs.seal import verify_seal
from certs.subject.pair import pair
from certs.timestamp import verify_timestamp
from certs.trust import SIGNING, Revocation
from certs.trustlist.quirks import NAMES, quirk_of
from certs.verdict import Moment, Reason, Verdict
from certs.xml import verify_xml


@dataclass(frozen=True, slots=True)
class Found:
    """What came out, in the words of the table."""

    verdict: str
    sof: int
    reasons: frozenset[str]


def _certificate(desk: Desk) -> Recognition:
    return recognise(
        desk.files["certificate.der"], trust=desk.listed, at=Moment(desk.at), revocation=Revocation.REQUIRED,
        purpose=SIGNING, medium=desk.asked.get("medium"), expected_subject=desk.asked.get("subject"),
        crls=desk.crls,
    )  # fmt: skip


def _bare(desk: Desk) -> Recognition:
    judge = Recogniser(desk.listed, revocation=Revocation.REQUIRED, crls=desk.crls)
    return judge.verify_message(
        desk.files["content.bin"], desk.files["signature.bin"], desk.files["certificate.der"], at=desk.at
    )


def _message(desk: Desk) -> Verdict:
    content = desk.files.get("content.bin")
    found = verify_cms(desk.files["message.p7"], trust=desk.trust, at=desk.at, content=content)
    return tolerated(found, desk.listed)


def _xml(desk: Desk) -> Verdict:
    return tolerated(verify_xml(desk.files["document.xml"], trust=desk.trust, at=desk.at), desk.listed)


def _stamp(desk: Desk) -> Verdict:
    found = verify_timestamp(desk.files["token.tst"], desk.files["content.bin"], trust=desk.trust, at=desk.at)
    return tolerated(found, desk.listed)


def _envelope(desk: Desk) -> Verdict:
    bound = bool(desk.asked.get("bound"))
    return open_envelope(
        desk.files["envelope.p7"], desk.keys, trust=desk.trust, at=desk.at, bound=bound
    ).verdict


def _seal(desk: Desk) -> Verdict:
    made, document = desk.files["sealed.ses"], desk.files["document.bin"]
    found = verify_seal(made, document, trust=desk.trust, at=desk.at, makers=desk.makers)
    return tolerated(found, desk.listed)


def _ofd(desk: Desk) -> Verdict:
    found = verify_ofd(desk.files["document.ofd"], trust=desk.trust, at=desk.at, makers=desk.makers)
    return tolerated(found, desk.listed)


def _pair(desk: Desk) -> Verdict:
    return pair(desk.files["certificate.der"], desk.files["encryption.der"])


def _list(desk: Desk) -> Verdict:
    return desk.examined.verdict


OPERATIONS: dict[str, Callable[[Desk], Verdict | Recognition]] = {
    "ValidateCert": _certificate,
    "VerifySignedData": _bare,
    "VerifySignedFile": _bare,
    "VerifySignedMessage": _message,
    "VerifySignedMessageDetach": _message,
    "VerifySignedDataXML": _xml,
    "VerifyTimeStamp": _stamp,
    "DecryptData": _envelope,
    "VerifySeal": _seal,
    "VerifyOFD": _ofd,
    "CheckPair": _pair,
    "SetCertTrustList": _list,
}


def judge(case: Case) -> Found:
    """KeyError for an operation no machine exists for."""
    answer = OPERATIONS[case.asked["operation"]](Desk(case))
    verdict = answer.verdict if isinstance(answer, Recognition) else answer
    if not verdict.ok:
        state = INDETERMINATE if verdict.state == "indeterminate" else INVALID
        return Found(state, verdict.sof_code, frozenset(one.code for one in verdict.reasons))
    notes = frozenset(map(_note, verdict.forgiven))
    return Found(NOTE if notes else VALID, verdict.sof_code, notes)


def _note(reason: Reason) -> str:
    """The name of a quirk, as a trust list says it; the code of any other reason that was let pass."""
    quirk = quirk_of(reason.detail).name
    return quirk if reason.code == "encoding" or quirk in NAMES else reason.code
