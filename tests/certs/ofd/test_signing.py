"""Sealing in two steps: what comes out is judged like any file, and what is in doubt is not sealed."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from certs.cms import sign
from certs.model.der import MalformedError
from certs.ofd import finish_ofd, make_ofd, prepare_ofd, read_ofd, seal_ofd, verify_ofd
from certs.ofd.make import pack, unpack
from certs.seal import sign_with_seal
from certs.verdict import Verdict
from tests.certs.seal import world as w

TIME = w.NOW - w.HOUR
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def value(imprint: bytes, version: int = 5) -> bytes:
    return sign_with_seal(w.seal(version), w.signer(), imprint, TIME)


def judge(data: bytes) -> Verdict:
    return verify_ofd(data, trust=w.trust(), at=w.NOW)


def sealed(ofd: bytes) -> bytes:
    made = prepare_ofd(ofd, time=TIME, pages=(0, 1, 7))
    return finish_ofd(made.data, value(made.imprint))


def test_a_value_made_elsewhere_seals_everything_in_the_file() -> None:
    plain = make_ofd("中标通知书", "第二页", more={"Doc_0/Res/a&b.png": w.png()})
    made = prepare_ofd(plain, time=TIME, pages=(0, 1, 7))
    assert unpack(made.data)[made.path.lstrip("/")] == made.xml
    whole = finish_ofd(made.data, value(made.imprint))
    verdict = judge(whole)
    assert verdict.ok, verdict.reasons
    assert (verdict.facts["not-covered"], verdict.facts["stamp-pages"]) == ("", "1, 2")
    assert prepare_ofd(plain, time=TIME, pages=(0, 1, 7)) == made, "the same file gives the same bytes"
    before, after = unpack(plain), unpack(whole)
    assert {path: part for path, part in after.items() if path in before and path != "OFD.xml"} == {
        path: part for path, part in before.items() if path != "OFD.xml"
    }
    for path in before:
        broken = pack({**after, path: after[path].replace(b"</", b"\n</", 1) + b"\n"})
        assert not judge(broken).ok, path


def test_one_seal_upon_another_and_upon_one_of_somebody_else() -> None:
    for first in (sealed(make_ofd("一")), seal_ofd(make_ofd("一"), w.seal(4), w.signer(), time=TIME)):
        twice = sealed(first)
        verdict = judge(twice)
        assert verdict.ok, verdict.reasons
        assert verdict.facts["signatures"] == "2"
        assert verdict.facts["not-covered"] == verdict.facts["not-covered.2"] == ""
        numbers = [one.number for one in read_ofd(twice).documents[0].signatures]
        assert len(set(numbers)) == 2
        torn = unpack(twice)
        torn["Doc_0/Signs/Sign_0/SignedValue.dat"] = value(b"\0" * 32)
        assert not judge(pack(torn)).ok, "the second covers the first"


def test_signed_without_a_seal() -> None:
    made = prepare_ofd(make_ofd("一"), time=TIME, kind="Sign")
    assert judge(finish_ofd(made.data, sign(made.xml, w.signer(), detached=True, time=TIME))).ok


def test_a_value_over_anything_else_is_found_out() -> None:
    made, other = (prepare_ofd(make_ofd(text), time=TIME) for text in "一二")
    assert not judge(finish_ofd(made.data, value(other.imprint))).ok
    for wrong in (b"", b"\x30\x00", sign(made.xml, w.signer(), detached=True, time=TIME)):
        with pytest.raises(MalformedError):
            finish_ofd(made.data, wrong)
    whole = finish_ofd(made.data, value(made.imprint))
    for file in (whole, make_ofd("一"), b"", made.data[:-30]):
        with pytest.raises(MalformedError):
            finish_ofd(file, value(made.imprint))


def test_what_is_in_doubt_is_not_prepared() -> None:
    plain = unpack(make_ofd("一"))
    twice = BytesIO(pack(plain))
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(PAGE, b"<other/>")
    doubtful = {
        "two entries of one name": twice.getvalue(),
        "no page": pack({path: part for path, part in plain.items() if path != PAGE}),
        "a signature without value": prepare_ofd(pack(plain), time=TIME).data,
        "a list that leads nowhere": pack({**plain, "Doc_0/Signs/Signatures.xml": b"<a/>"}),
        "no OFD": b"%PDF-1.7",
    }
    for what, file in doubtful.items():
        with pytest.raises(MalformedError):
            prepare_ofd(file, time=TIME)
            pytest.fail(what)
    with pytest.raises(MalformedError, match="unpacks"):
        prepare_ofd(pack(plain), time=TIME, most=500)


def test_parts_lie_in_no_folder_that_is_there_already() -> None:
    stray = make_ofd("一", more={"Doc_0/signs/SIGN_0/a.txt": b"a"})
    made = prepare_ofd(stray, time=TIME)
    assert made.path == "/Doc_0/Signs/Sign_1/Signature.xml"
    assert judge(finish_ofd(made.data, value(made.imprint))).ok
