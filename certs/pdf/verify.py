"""Is this PDF signed by whom it says, in all its parts, and unchanged since?

Three kinds of values are met in the same place: signed data (RSA and SM2), time stamps, and seal
signatures of GB/T 38540. All signatures must hold, the last must cover the file to its end (data that only
prolong the proof may follow), and what came after earlier ones must be of a kind they allow.
"""

from __future__ import annotations

from datetime import datetime

from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.pdf.likeness import RING, mark
from certs.pdf.structure import PdfFile, PdfSignature
from certs.seal.files import SEAL, SIGN, Believed, form, together
from certs.seal.moments import as_moment
from certs.seal.read import read_signature
from certs.trust import Trust
from certs.verdict import Judgement, Moment, Reason, Verdict, judged, refused

_DETACHED = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached")
_STAMP = "/ETSI.RFC3161"
_OVER_SHA1 = "/adbe.pkcs7.sha1"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"


@judged
def verify_pdf(
    data: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    stamps: Trust | None = None,
    makers: Trust | None = None,
) -> Verdict:
    """Judge all signatures of a PDF. `stamps` is whom to believe about time, `makers` about seals, if
    others than `trust`.

    Facts of the second signature end in ".2", and so on. Needs the extra `pdf`.
    """
    try:
        from certs.pdf.file import read_pdf

        file = read_pdf(bytes(data))
    except ImportError:
        return refused("component", "pyhanko", "pip install 'hutong[pdf]'")
    moment = as_moment(at)
    said = Judgement(moment)
    said.passed("format", "PDF", f"{file.revisions} revision(s)")
    if file.faults:
        said.failed("container", *(Reason("container", "", fault) for fault in file.faults))
    if file.limit:
        said.failed("signature-of-file", Reason("limit", "", file.limit))
        return said.verdict()
    said.facts["revisions"] = str(file.revisions)
    whom = Believed(trust, stamps, makers)
    return together(said, [_signature(file, number, whom, moment) for number in range(len(file.signatures))])


@judged
def _signature(file: PdfFile, number: int, whom: Believed, at: Moment) -> Verdict:
    one = file.signatures[number]
    said = Judgement(at)
    if one.gaps:
        said.failed("coverage", *(Reason("not-covered", one.name, gap) for gap in one.gaps))
    else:
        said.passed("coverage", one.name, f"{len(one.covered)} bytes" + (", to the end" if one.whole else ""))
    _changes(one, number == len(file.signatures) - 1, said)
    said.forgiven += [Reason("encoding", one.name, note) for note in one.notes]
    _picture(one, said)
    inner = _value(one, whom, at, said)
    said.nested("signature", inner, at=one.name)
    said.moment = inner.moment or at
    said.facts |= dict(inner.facts) | {
        "signature": one.name[:200],
        "type": one.kind[:100],
        "revision": str(one.revision + 1),
        "covered": f"{len(one.covered)} bytes",
        "changes-after": one.level,
        "stamp-pages": str(one.page or ""),
        "stamp-box": f"{one.box} mm" if one.box else "",
    }
    return said.verdict(chain=inner.chain, signer=inner.signer)


def _changes(one: PdfSignature, last: bool, said: Judgement) -> None:
    """After the last signature only data that prolong the proof; after earlier ones what they allow,
    since a later signature answers for it."""
    if one.trouble:
        said.failed("updates", Reason("updated", one.name, one.trouble))
    elif last and one.level in ("form", "annotations"):
        said.failed("updates", Reason("updated", one.name, f"unsigned: {one.level}"))
    elif not one.gaps:
        said.passed("updates", one.name, one.level)
        if last and one.level == "lta":
            said.forgiven.append(Reason("updated", one.name, "unsigned: proof data or metadata after it"))
        if one.level == "annotations":
            said.forgiven.append(Reason("updated", one.name, "annotations, under a later signature"))


def _picture(one: PdfSignature, said: Judgement) -> None:
    """Whoever looks at the page takes what is drawn there for the seal: said where it is another picture."""
    if not one.drawn or form(one.contents) != SEAL:
        return
    try:
        own = mark(read_signature(one.contents).seal.picture)
    except MalformedError:
        return  # which is what the value is refused for
    if one.drawn == RING:
        said.passed("seal-shown", one.name, "a plain ring")
    elif own and one.drawn == own:
        said.passed("seal-shown", one.name, "the seal's own picture")
    else:
        said.skipped("seal-shown", one.name, "another picture, or none that can be compared")
        said.forgiven.append(Reason("seal-shown", one.name, ""))


@judged
def _value(one: PdfSignature, whom: Believed, at: Moment, said: Judgement) -> Verdict:
    """What the value is shows in its structure; the name of the kind may be a vendor's own."""
    found = form(one.contents)
    if found == SEAL:
        return whom.seal(one.contents, one.covered, at)
    if found != SIGN:
        return refused("no-signer", one.name, "a bare signature value, or none")
    if one.kind == _OVER_SHA1:
        return refused("algorithm-weak", one.name, "adbe.pkcs7.sha1")
    if one.kind == _STAMP or _is_stamp(one.contents):
        from certs.timestamp import verify_timestamp

        return verify_timestamp(one.contents, one.covered, trust=whom.stamps or whom.trust, at=at)
    if one.kind not in _DETACHED:
        said.forgiven.append(Reason("encoding", one.name, f"kind {one.kind[:64]!r}"))
    return whom.signed(one.contents, one.covered, at)


def _is_stamp(value: bytes) -> bool:
    try:
        return read_signed(value).content_type == _TST_INFO
    except MalformedError:
        return False
