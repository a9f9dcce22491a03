"""Judging whatever a file is, with what the caller gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from certs.cli.asking import Given
from certs.cli.kinds import Found
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.trust import Revocation, Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged, refused

if TYPE_CHECKING:
    from certs.recognition import Recognition


@dataclass(frozen=True, slots=True)
class Judged:
    """`recognition` if it is about one certificate."""

    verdict: Verdict | None
    recognition: Recognition | None = None
    remarks: tuple[str, ...] = ()


def judge_certificate(certificates: Sequence[bytes], given: Given, args: Any) -> Judged:
    """The last of a chain; those above it in the same file help to find the path."""
    from certs.recognition.judging import Asked, recognise_under

    leaf, others = end_of(certificates)
    extra = (*others, *given.extra)
    asked = Asked(given.purpose, args.sector, args.medium, getattr(args, "subject", None), args.realm)
    trust, remarks = believed(given, (leaf, *extra))
    found = recognise_under(trust, given.listed, leaf, given.moment, asked, extra)
    return Judged(found.verdict, found, remarks)


def end_of(certificates: Sequence[bytes]) -> tuple[bytes, tuple[bytes, ...]]:
    """The certificate that issued none of the others, and the others."""
    views = [read_certificate(raw) for raw in certificates]
    issuers = {one.issuer for one in views if not one.self_issued}
    ends = [one for one in views if one.subject not in issuers]
    last = next((one for one in ends if not one.is_ca), ends[0] if ends else views[0])
    return last.raw, tuple(raw for raw in certificates if raw != last.raw)


def believed(given: Given, certificates: Sequence[bytes]) -> tuple[Trust, tuple[str, ...]]:
    """Whom the caller believes; if nobody, the roots that came along, to see whether it holds in itself."""
    if given.trust is not None:
        return given.trust, ()
    roots = tuple(raw for raw in certificates if _root(raw))
    remark = "未给出信任列表(--trust):以下只核对文件自身是否成立,不是认定 / nobody is trusted: no recognition"
    return Trust(roots, Revocation.IGNORED, tuple(certificates)), (remark,)


def _root(raw: bytes) -> bool:
    try:
        one = read_certificate(raw)
    except MalformedError:
        return False
    return one.self_issued and (one.is_ca or one.version < 3)


def judge_file(found: Found, given: Given, content: bytes | None, certificates: Sequence[bytes]) -> Judged:
    """Signed things by their kind. `certificates` came inside. Never raises."""
    judge = _JUDGES.get(found.kind)
    if judge is None:
        return Judged(None)
    trust, remarks = believed(given, (*certificates, *given.extra))
    trust = replace(trust, intermediates=(*trust.intermediates, *given.extra))
    verdict, more = judge(found, trust, given.moment, content)
    if given.listed is not None:
        from certs.recognition.tolerance import tolerated

        verdict = tolerated(verdict, given.listed)
    return Judged(verdict, None, (*remarks, *more))


_Answer = tuple[Verdict, tuple[str, ...]]


def _cms(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.cms import verify_cms
    from certs.seal.moments import stamp_judge

    return verify_cms(found.data, trust=trust, at=at, content=content, stamps=stamp_judge(trust)), ()


def _timestamp(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    """Without the data it is about, everything but that they are those is still judged."""
    from certs.cms import read_signed
    from certs.timestamp import read_info, read_response, verify_timestamp

    if content is not None:
        return verify_timestamp(found.data, content, trust=trust, at=at), ()
    try:
        try:
            token: bytes = read_response(found.data).token or b""
        except MalformedError:
            token = found.data
        about = read_info(read_signed(token).content or b"").imprint
    except MalformedError as error:
        return refused("malformed", detail=str(error)), ()
    remark = "未给出原文(--content):未核对时间戳是否针对某一文件 / not compared with any file"
    return verify_timestamp(found.data, about, trust=trust, at=at), (remark,)


def _seal_signature(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.seal.verify import verify_seal

    return verify_seal(found.data, content, trust=trust, at=at), ()


def _seal(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.seal.verify import verify_seal_itself

    return verify_seal_itself(found.data, trust=trust, at=at), ()


def _ofd(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.ofd import verify_ofd

    return verify_ofd(found.data, trust=trust, at=at), ()


def _pdf(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.pdf import verify_pdf

    return verify_pdf(found.data, trust=trust, at=at), ()


def _xml(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    from certs.xml import verify_xml

    return verify_xml(found.data, trust=trust, at=at), ()


def _envelope(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    """An envelope says nothing about its sender unless it is signed outside."""
    return refused("unsigned"), ("内容已加密,查看需接收者私钥 / the content is enciphered",)


def _crl(found: Found, trust: Trust, at: Moment, content: bytes | None) -> _Answer:
    return _list_verdict(found.data, trust, at), ()


@judged
def _list_verdict(raw: bytes, trust: Trust, at: Moment) -> Verdict:
    """Is a revocation list signed by its issuer, as far as known here, and current?"""
    from certs.algorithms.verification import fault
    from certs.model.crl import read_crl

    one, said = read_crl(raw), Judgement(at)
    said.passed("format", str(one))
    said.forgiven += [Reason("encoding", str(one), note) for note in one.notes]
    known = [read_certificate(each) for each in (*trust.anchors, *trust.intermediates) if _readable(each)]
    signers = [each for each in known if each.subject == one.issuer]
    if not signers:
        said.failed("signer", Reason("no-signer", str(one.issuer)))
    else:
        faults = [fault(one.signed, one.algorithm, one.signature, each.key) for each in signers]
        said.ask("signature", None if None in faults else Reason("signature", str(one)), str(signers[0]))
    late = one.next_update is not None and at.at >= one.next_update
    if one.this_update > at.at or late:
        said.failed("time", Reason("revocation-unknown", str(one), f"不在 {at.at.isoformat()} 的有效时间内"))
    else:
        said.passed("time", evidence=f"{one.this_update.isoformat()} – {one.next_update}")
    return said.verdict(signer=signers[0].raw if signers else None)


def _readable(raw: bytes) -> bool:
    try:
        read_certificate(raw)
    except MalformedError:
        return False
    return True


_JUDGES: dict[str, Callable[[Found, Trust, Moment, bytes | None], _Answer]] = {
    "cms": _cms, "timestamp": _timestamp, "seal-signature": _seal_signature, "seal": _seal, "ofd": _ofd,
    "pdf": _pdf, "xml": _xml, "envelope": _envelope, "crl": _crl,
}  # fmt: skip
VERIFIABLE = tuple(_JUDGES)
