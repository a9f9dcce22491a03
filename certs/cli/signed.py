"""Signed things judged by their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from certs.cli.asking import Given
from certs.cli.judging import Judged, believed
from certs.cli.kinds import Found, recognise_kind
from certs.cli.remark import Remark
from certs.cli.standing import judge_answer, judge_list
from certs.model.der import MalformedError
from certs.trust import Trust
from certs.verdict import Check, Moment, Verdict, refused


@dataclass(frozen=True, slots=True)
class _Case:
    """What is judged: by whom believed, for signers, stamps and makers of seals."""

    found: Found
    trust: Trust
    stamps: Trust
    makers: Trust | None
    given: Given
    content: bytes | None
    certificates: tuple[bytes, ...]

    @property
    def at(self) -> Moment:
        return self.given.moment


_WHOLE = frozenset(("ofd", "pdf", "xml", "seal"))
_UNREAD = Remark(
    "给出的原文未核对:此类文件所签的内容在其自身之内",
    "the data given were not looked at: what such a file signs is inside it",
)
_Answer = tuple[Verdict | None, tuple[Remark, ...]]


def judge_file(found: Found, given: Given, content: bytes | None, certificates: Sequence[bytes]) -> Judged:
    """`certificates` came inside. Never raises."""
    judge = _JUDGES.get(found.kind)
    if judge is None:
        return Judged(None)
    known = (*certificates, *given.extra)
    trust, remarks = believed(given, known)
    stamps, makers = given.stamps or trust, given.makers
    case = _Case(
        found, _helped(trust, given), _helped(stamps, given), _helped(makers, given) if makers else None,
        given, content, known,
    )  # fmt: skip
    verdict, more = judge(case)
    if verdict is None:
        return Judged(None, None, (*remarks, *more))
    if given.listed is not None:
        from certs.recognition.tolerance import tolerated

        verdict = tolerated(verdict, given.listed)
    beside = () if content is None or found.kind not in _WHOLE else (_UNREAD,)
    return Judged(verdict, None, (*remarks, *more, *beside, *_defaults(verdict, given)))


def _helped(trust: Trust, given: Given) -> Trust:
    return replace(trust, intermediates=(*trust.intermediates, *given.extra)) if given.extra else trust


def _defaults(verdict: Verdict, given: Given) -> Iterator[Remark]:
    """Who was believed about what, where nobody was named for it."""
    if given.trust is None or (given.stamps is not None and given.makers is not None):
        return
    steps = _steps(verdict.checks)
    if given.stamps is None and steps & {"timestamp", "archive-stamp"}:
        yield Remark("时间戳机构按 --trust 判定;可用 --tsa-trust 另行指定",
                     "time-stamp authorities judged under --trust; --tsa-trust names others")  # fmt: skip
    if given.makers is None and "maker-chain" in steps:
        yield Remark("印章制章者按 --trust 判定:其中任何签名证书的持有人都可制章;应以 --makers 指定制章机构",
                     "makers of seals judged under --trust, where every signer could make seals; name them "
                     "by --makers")  # fmt: skip


def _steps(checks: Sequence[Check]) -> set[str]:
    names, rows = set(), [checks]
    for row in rows:  # grows while it is walked
        names |= {one.name for one in row}
        rows += [one.inner for one in row if one.inner]
    return names


def _cms(case: _Case) -> _Answer:
    from certs.cms import verify_cms
    from certs.seal.moments import stamp_judge

    stamps = stamp_judge(case.stamps)
    message = case.found.view or case.found.data
    return verify_cms(message, trust=case.trust, at=case.at, content=case.content, stamps=stamps), ()


def _timestamp(case: _Case) -> _Answer:
    """Without the data it is about, everything but that they are those is still judged."""
    from certs.cms import read_signed
    from certs.timestamp import read_info, read_response, verify_timestamp

    raw = case.found.data
    if case.content is not None:
        return verify_timestamp(raw, case.content, trust=case.stamps, at=case.at), ()
    try:
        try:
            token: bytes = read_response(raw).token or b""
        except MalformedError:
            token = raw
        about = read_info(read_signed(token).content or b"").imprint
    except MalformedError as error:
        return refused("malformed", detail=str(error)), ()
    remark = Remark(
        "未给出原文(--content):未核对时间戳是否针对某一文件", "not compared with any file (--content)"
    )
    return verify_timestamp(raw, about, trust=case.stamps, at=case.at), (remark,)


def _seal_signature(case: _Case) -> _Answer:
    from certs.seal.verify import verify_seal

    raw, content = case.found.data, case.content
    return verify_seal(
        raw, content, trust=case.trust, at=case.at, stamps=case.stamps, makers=case.makers
    ), ()  # fmt: skip


def _seal(case: _Case) -> _Answer:
    from certs.seal.verify import verify_seal_itself

    raw = case.found.data
    return verify_seal_itself(raw, trust=case.trust, at=case.at, stamps=case.stamps, makers=case.makers), ()


def _ofd(case: _Case) -> _Answer:
    from certs.ofd import verify_ofd

    raw = case.found.data
    return verify_ofd(raw, trust=case.trust, at=case.at, stamps=case.stamps, makers=case.makers), ()


def _pdf(case: _Case) -> _Answer:
    from certs.pdf import verify_pdf

    raw = case.found.data
    return verify_pdf(raw, trust=case.trust, at=case.at, stamps=case.stamps, makers=case.makers), ()


def _xml(case: _Case) -> _Answer:
    from certs.xml import verify_xml

    return verify_xml(case.found.data, trust=case.trust, at=case.at), ()


def _envelope(case: _Case) -> _Answer:
    """An envelope says nothing about its sender unless it is signed outside."""
    remark = Remark("内容已加密,查看需接收者私钥", "the content is enciphered; only recipients can look")
    return refused("unsigned"), (remark,)


def _record(case: _Case) -> _Answer:
    """A record stands beside what it proves: a kept proof, or any bytes."""
    from certs.proof import verify_proof, verify_record

    if case.content is None:
        return None, (
            Remark("给出证据记录所证明的文件(--content)才能判定", "name what it proves by --content"),
        )
    kept = recognise_kind(case.content)
    existed = case.given.existed
    if kept.kind == "kept":
        return verify_proof(case.found.data, kept.data, trust=case.trust, at=case.at, existed=existed), ()
    remark = Remark("所证明的不是留存的证明:只判定该文件当时已经存在", "about existence only")
    verdict = verify_record(case.found.data, case.content, trust=case.stamps, at=case.at, existed=existed)
    return verdict, (remark,)


def _kept(case: _Case) -> _Answer:
    """Without its record what is kept is judged as if it came today."""
    from certs.proof import read_kept
    from certs.proof.originals import judge_kept

    record = recognise_kind(case.content) if case.content is not None else None
    if record is not None and record.kind == "record":
        return _record(replace(case, found=record, content=case.found.data))
    remark = Remark(
        "未给出证据记录(--content):按今日所知判定留存的签名",
        "no record given (--content): judged as of today",
    )
    return judge_kept(read_kept(case.found.data), trust=case.trust, at=case.at), (remark,)


def _crl(case: _Case) -> _Answer:
    return judge_list(case.found.data, case.trust, case.at), ()


def _ocsp(case: _Case) -> _Answer:
    return judge_answer(case.found.data, case.certificates, case.trust, case.at)


_JUDGES: dict[str, Callable[[_Case], _Answer]] = {
    "cms": _cms, "timestamp": _timestamp, "seal-signature": _seal_signature, "seal": _seal, "ofd": _ofd,
    "pdf": _pdf, "xml": _xml, "envelope": _envelope, "crl": _crl, "ocsp": _ocsp, "record": _record,
    "kept": _kept,
}  # fmt: skip
VERIFIABLE = tuple(_JUDGES)
