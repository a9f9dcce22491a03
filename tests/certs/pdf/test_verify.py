"""Signed PDFs: every kind of value, every way of leaving something uncovered, changes after signing."""

from __future__ import annotations

import os
import random
import sys

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm

from certs import cms
from certs.algorithms.digest import digest
from certs.pdf import verify_pdf
from certs.pdf.file import read_pdf
from certs.seal import sign_with_seal
from certs.verdict import Verdict
from tests.certs.pdf import writer as p
from tests.certs.seal import world as w

TIME = w.NOW - w.HOUR


def judge(data: bytes, **how: object) -> Verdict:
    return verify_pdf(data, **{"trust": w.trust(), "at": w.NOW, **how})  # type: ignore[arg-type]


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def by_sm2(covered: bytes) -> bytes:
    return cms.sign(covered, w.signer(), detached=True, time=TIME)


def by_seal(covered: bytes) -> bytes:
    return sign_with_seal(w.seal(), w.signer(), digest(covered), TIME)


def sm2(pdf: bytes | None = None, **different: object) -> bytes:
    return p.with_value(pdf or p.plain(), by_sm2, **different)  # type: ignore[arg-type]


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@pytest.mark.parametrize("pades", [True, False])
def test_signed_by_pyhanko(algorithm: str, pades: bool) -> None:
    key = w.signers().issue("经办人", algorithm=algorithm, days=400)
    verdict = judge(p.by_pyhanko(p.plain(), key, pades=pades))
    assert verdict.ok, verdict.reasons
    assert verdict.signer == key.certificate
    assert verdict.facts["changes-after"] == "none"


@pytest.mark.parametrize("kind", ["/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/GM.PKCS7.SM2"])
def test_signed_with_sm2(kind: str) -> None:
    verdict = judge(sm2(kind=kind))
    assert verdict.ok, verdict.reasons
    assert verdict.signer == w.signer().certificate
    assert verdict.facts["type"] == kind
    assert any("kind" in one.detail for one in verdict.forgiven) == (kind == "/GM.PKCS7.SM2")


@pytest.mark.parametrize("kind", ["/GM.sm2seal", "/adbe.pkcs7.detached"])
def test_a_seal_inside_a_pdf(kind: str) -> None:
    data = p.with_value(p.plain(), by_seal, kind=kind)
    verdict = judge(data)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["seal"] == "62010000000001"
    assert codes(judge(data.replace(b"Award", b"Avard"))) == {"digest"}


def test_a_document_time_stamp() -> None:
    data = p.with_value(sm2(), lambda covered: w.stamp(covered, w.NOW), kind="/ETSI.RFC3161", name="Stamp")
    verdict = judge(data)
    assert verdict.ok, verdict.reasons
    assert "genTime.2" in verdict.facts
    other = p.with_value(sm2(), lambda covered: w.stamp(b"other", w.NOW), kind="/ETSI.RFC3161", name="Stamp")
    assert codes(judge(other)) == {"stamp-imprint"}


def test_an_altered_byte() -> None:
    data = sm2()
    assert codes(judge(data.replace(b"Award", b"Avard"))) == {"digest"}
    key = w.signers().issue("经办人", algorithm="rsa-sha256", days=400)
    assert codes(judge(p.by_pyhanko(p.plain(), key).replace(b"Award", b"Avard"))) == {"digest"}


def test_a_revoked_signer_and_nobody_trusted() -> None:
    trust = w.trust(revoked={w.signer().certificate: (w.NOW - w.DAY, 1)})
    verdict = judge(sm2(), trust=trust)
    assert (codes(verdict), verdict.sof_code) == ({"revoked"}, -3)
    rogue = w.Authority.root("无人认识", now=w.NOW).issue("某人", days=9)
    data = p.with_value(p.plain(), lambda covered: cms.sign(covered, rogue, detached=True))
    assert codes(judge(data)) == {"no-path"}


def new_text(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    stream = writer.add_object(generic.StreamObject(stream_data=b"BT /F1 12 Tf 50 700 Td (Forged) Tj ET"))
    page.get_object()[generic.pdf_name("/Contents")] = stream
    writer.update_container(page.get_object())


def a_note(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    note = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/Text"),
        generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9))),
    })  # fmt: skip
    annotations = page.get_object().get("/Annots", generic.ArrayObject())
    page.get_object()[generic.pdf_name("/Annots")] = generic.ArrayObject(
        [*annotations, writer.add_object(note)]
    )
    writer.update_container(page.get_object())


@pytest.mark.parametrize("change", [new_text, a_note])
def test_an_unsigned_update_is_found(change: object) -> None:
    verdict = judge(p.updated(sm2(), change))  # type: ignore[arg-type]
    assert codes(verdict) == {"updated"}
    assert verdict.facts["revisions"] == "3"


def metadata(writer: IncrementalPdfFileWriter) -> None:
    kind = {"/Type": "/Metadata", "/Subtype": "/XML"}
    names = {generic.pdf_name(one): generic.pdf_name(value) for one, value in kind.items()}
    added = writer.add_object(generic.StreamObject(names, stream_data=b"<x/>"))
    writer.root[generic.pdf_name("/Metadata")] = added
    writer.update_root()


def by_table(pdf: bytes, at: int, free: bool = False) -> bytes:
    """Nothing but one more cross-reference: object 3, the page's text, is now the one that lies there."""
    before = int(pdf.rpartition(b"startxref")[2].split()[0])
    entry = b"3 1\n%010d %05d %s \n" % (at, free, b"f" if free else b"n")
    trailer = b"trailer\n<< /Size 40 /Root 1 0 R /Prev %d >>\n" % before
    return pdf + b"xref\n" + entry + trailer + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


@pytest.mark.parametrize("free", [False, True])
def test_what_was_hidden_before_signing_is_not_brought_forth_by_a_table_alone(free: bool) -> None:
    """Hide and replace: the other text was there, under the same number, when it was signed."""
    pdf = p.plain()
    assert b"\n3 0 obj" in pdf and b"/Root 1 0 R" in pdf
    text = b"BT /F1 12 Tf 50 700 Td (Forged) Tj ET"
    other = b"3 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(text), text)
    place = int(pdf.rpartition(b"startxref")[2].split()[0])
    end = b"startxref\n%d"
    hidden = pdf[:place] + other + pdf[place:].replace(end % place, end % (place + len(other)))
    signed = sm2(hidden)
    assert judge(signed).ok
    assert codes(judge(by_table(signed, 0 if free else place, free))) == {"updated"}
    again = judge(sm2(by_table(signed, 0 if free else place, free), name="Sig2"))
    assert codes(again) == {"updated"}, "nor does a later signature make it good"


def test_what_may_follow_the_last_signature_is_told_as_unsigned() -> None:
    verdict = judge(p.updated(sm2(), metadata))
    assert verdict.ok and verdict.facts["changes-after"] == "lta"
    assert [one.code for one in verdict.forgiven] == ["updated"]


def test_text_under_a_later_signature_is_found_too() -> None:
    data = sm2(p.updated(sm2(), new_text), name="Sig2")
    assert codes(judge(data)) == {"updated"}


def test_bytes_after_the_end() -> None:
    assert codes(judge(sm2() + b"%% more\n")) == {"not-covered"}
    assert judge(sm2() + b"\r\n").ok


def test_two_signatures() -> None:
    verdict = judge(p.with_value(sm2(), by_seal, name="Sig2"))
    assert verdict.ok, verdict.reasons
    assert (verdict.facts["signatures"], verdict.facts["changes-after"]) == ("2", "form")
    assert verdict.facts["signature.2"] == "Sig2"


def test_a_signature_that_allows_no_changes() -> None:
    data = sm2(docmdp=MDPPerm.NO_CHANGES)
    assert judge(data).ok
    assert codes(judge(sm2(data, name="Sig2"))) == {"updated"}


def gap_of(data: bytes) -> tuple[int, int]:
    at = data.index(b"/ByteRange")
    _, length, again, _ = (int(one) for one in data[data.index(b"[", at) + 1 : data.index(b"]", at)].split())
    return length, again


def test_a_range_that_leaves_out_more_than_the_value() -> None:
    data = sm2()
    length, again = gap_of(data)
    old = f"{length} {again}".encode()
    for new in (f"{length - 1} {again}", f"{length} {again + 1}"):
        verdict = judge(data.replace(old, new.encode()))
        assert codes(verdict) & {"not-covered", "malformed"}


def test_a_value_that_is_not_where_the_range_says() -> None:
    data = sm2()
    length, again = gap_of(data)
    shorter = data[: length + 1] + b"00" + data[length + 3 : again] + data[again:]
    assert not judge(shorter).ok


def test_no_signature_and_no_pdf() -> None:
    assert codes(judge(p.plain())) == {"no-signature"}
    assert codes(judge(b"")) == codes(judge(b"%PDF-1.7\n%%EOF")) == {"malformed"}
    assert codes(judge(sm2()[:-300])) <= {"malformed", "not-covered"}


def test_a_bare_value_proves_nobody() -> None:
    data = p.with_value(p.plain(), lambda covered: w.signer().sign(covered))
    verdict = judge(data)
    assert (codes(verdict), verdict.state) == ({"no-signer"}, "invalid")
    data = p.with_value(p.plain(), by_sm2, kind="/adbe.pkcs7.sha1")
    assert codes(judge(data)) == {"algorithm-weak"}


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.startswith("pyhanko")]:
        monkeypatch.setitem(sys.modules, name, None)
    verdict = judge(b"%PDF-1.7")
    assert (codes(verdict), verdict.state) == ({"component"}, "indeterminate")
    assert "hutong[pdf]" in str(verdict.reasons[0])


def test_altered_files_are_answered_and_never_believed() -> None:
    data, dice, trust = sm2(), random.Random(32000), w.trust()
    first = read_pdf(data).signatures[0]
    for _ in range(int(os.environ.get("HUTONG_MUTATIONS", "150"))):
        at = dice.randrange(len(data))
        one = data[:at] + bytes((dice.randrange(256),)) + data[at + dice.choice((1, 1, 1, 0, 5)) :]
        verdict = verify_pdf(one, trust=trust, at=w.NOW)
        assert "internal" not in codes(verdict), (at, one[at])
        if verdict.ok:  # the value's padding, or what its signer did not sign of it
            assert read_pdf(one).signatures[0].covered == first.covered
            assert verdict.signer == w.signer().certificate
