"""Signed OFDs: sealed, signed, several times; and every way in which a part can be altered or left open."""

from __future__ import annotations

import base64
import struct
import zipfile
import zlib
from datetime import datetime
from io import BytesIO

import pytest

from certs import cms
from certs.algorithms.digest import digest
from certs.keys.port import SigningKey
from certs.ofd import make_ofd, read_ofd, seal_ofd, sign_ofd, verify_ofd
from certs.ofd.make import pack, unpack
from certs.seal import sign_with_seal
from certs.verdict import Verdict
from tests.certs.seal import world as w
from tests.rows import each

TIME = w.NOW - w.HOUR
PAGE = "Doc_0/Pages/Page_0/Content.xml"


def plain() -> bytes:
    return make_ofd("中标通知书", "第二页")


def sealed(ofd: bytes | None = None, version: int = 4, **different: object) -> bytes:
    return seal_ofd(ofd or plain(), w.seal(version), w.signer(), **{"time": TIME, **different})  # type: ignore[arg-type]


def judge(data: bytes, **how: object) -> Verdict:
    return verify_ofd(data, **{"trust": w.trust(), "at": w.NOW, **how})  # type: ignore[arg-type]


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def places(verdict: Verdict, code: str) -> set[str]:
    return {reason.at for reason in verdict.reasons if reason.code == code}


def changed(ofd: bytes, path: str, old: bytes, new: bytes) -> bytes:
    parts = unpack(ofd)
    assert old in parts[path]
    return pack({**parts, path: parts[path].replace(old, new)})


@pytest.mark.parametrize("version", [1, 4, 5])
def test_a_sealed_file(version: int) -> None:
    verdict = judge(sealed(version=version, pages=(0, 1)))
    assert verdict.ok, verdict.reasons
    assert verdict.signer == w.signer().certificate
    assert verdict.facts["stamp-pages"] == "1, 2"
    assert verdict.facts["not-covered"] == ""
    assert verdict.facts["seal"] == "62010000000001"
    assert verdict.facts["type"] == "Seal"


@pytest.mark.parametrize("algorithm", ["sm2-sm3", "rsa-sha256"])
def test_a_file_signed_without_a_seal(algorithm: str) -> None:
    key = w.signers().issue("经办人", algorithm=algorithm, days=400)
    arc = "sm2" if algorithm == "sm2-sm3" else "rsa"
    data = sign_ofd(
        plain(), key, time=TIME, signing=lambda xml, by: cms.sign(xml, by, arc=arc, detached=True)
    )  # type: ignore[arg-type]
    verdict = judge(data)
    assert verdict.ok, verdict.reasons
    assert verdict.signer == key.certificate
    assert verdict.facts["type"] == "Sign"


@pytest.mark.parametrize("detached", [True, False])
@pytest.mark.parametrize("coded", [True, False])
def test_signed_is_the_digest_of_the_part(detached: bool, coded: bool) -> None:
    def signing(xml: bytes, key: SigningKey) -> bytes:
        content = base64.b64encode(digest(xml)) if coded else digest(xml)
        return cms.sign(content, key, detached=detached)

    verdict = judge(sign_ofd(plain(), w.signer(), time=TIME, signing=signing))
    assert verdict.ok != (detached and coded), verdict.reasons
    other = judge(sign_ofd(plain(), w.signer(), time=TIME, signing=lambda xml, by: cms.sign(b"x", by)))
    assert "digest" in codes(other)


def test_a_bare_value_proves_nobody() -> None:
    data = sign_ofd(plain(), w.signer(), time=TIME, signing=lambda xml, key: key.sign(xml))
    assert codes(judge(data)) == {"no-signer"}


def test_several_signatures_later_ones_cover_earlier_ones() -> None:
    twice = sign_ofd(sealed(), w.stranger(), time=TIME)
    verdict = judge(twice)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["signatures"] == "2"
    assert verdict.facts["type.2"] == "Sign"
    listed = {one.path for one in read_ofd(twice).documents[0].signatures[1].references}
    assert {"Doc_0/Signs/Sign_0/Signature.xml", "Doc_0/Signs/Sign_0/SignedValue.dat"} <= listed
    again = judge(changed(twice, "Doc_0/Signs/Sign_0/Signature.xml", b"Sandbox", b"sandbox"))
    assert places(again, "digest") == {"document", "Doc_0/Signs/Sign_0/Signature.xml"}


def test_an_altered_part() -> None:
    verdict = judge(changed(sealed(), PAGE, "中标".encode(), "落标".encode()))
    assert (codes(verdict), places(verdict, "digest")) == ({"digest"}, {PAGE})


def test_an_altered_signature_xml() -> None:
    verdict = judge(changed(sealed(), "Doc_0/Signs/Sign_0/Signature.xml", b"150 230", b"150 100"))
    assert (codes(verdict), places(verdict, "digest")) == ({"digest"}, {"document"})


def test_a_part_that_is_left_open_or_added() -> None:
    left = judge(sealed(leave=[PAGE]))
    assert (codes(left), places(left, "not-covered")) == ({"not-covered"}, {PAGE})
    assert left.facts["not-covered"] == PAGE
    added = judge(pack({**unpack(sealed()), "Doc_0/Annots/Annot.xml": b"<a/>"}))
    assert places(added, "not-covered") == {"Doc_0/Annots/Annot.xml"}
    many = judge(pack({**unpack(sealed()), **{f"x/{at}": b"" for at in range(50)}}))
    assert len(many.reasons) == 21


def test_a_missing_part() -> None:
    parts = unpack(sealed(make_ofd("一", more={"Doc_0/Res/image.png": w.png()})))
    del parts["Doc_0/Res/image.png"]
    verdict = judge(pack(parts))
    assert (codes(verdict), places(verdict, "part-missing")) == ({"part-missing"}, {"Doc_0/Res/image.png"})
    parts = unpack(sealed())
    del parts["Doc_0/Pages/Page_1/Content.xml"]
    assert codes(judge(pack(parts))) == {"part-missing"}
    parts = unpack(sealed())
    del parts["Doc_0/Signs/Sign_0/SignedValue.dat"]
    assert "part-missing" in codes(judge(pack(parts)))


def test_a_signature_taken_off_the_list_is_noticed() -> None:
    parts = unpack(sign_ofd(sealed(), w.stranger(), time=TIME))
    row = b'<ofd:Signature ID="2" Type="Sign" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/>'
    path = "Doc_0/Signs/Signatures.xml"
    assert row in parts[path]
    verdict = judge(pack({**parts, path: parts[path].replace(row, b"")}))
    assert codes(verdict) == {"not-covered", "container"}
    first = row.replace(b'"2"', b'"1"').replace(b"Sign_1", b"Sign_0").replace(b'"Sign"', b'"Seal"')
    assert first in parts[path]
    verdict = judge(pack({**parts, path: parts[path].replace(first, b"")}))
    assert places(verdict, "container") == {"Doc_0/Signs/Sign_0/Signature.xml"}


def test_a_trusted_party_cannot_add_parts_by_signing_them() -> None:
    more = pack({**unpack(sealed()), "Doc_0/Annots/more.xml": b"<PageAnnot/>"})
    verdict = judge(sign_ofd(more, w.stranger(), time=TIME))
    assert (codes(verdict), places(verdict, "not-covered")) == ({"not-covered"}, {"Doc_0/Annots/more.xml"})


def test_no_part_escapes_by_being_called_a_seal() -> None:
    twice = sign_ofd(sealed(), w.stranger(), time=TIME)
    evil = "Doc_0/Annots/evil.xml"
    claim = f"<ofd:Seal><ofd:BaseLoc>/{evil}</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>".encode()
    parts = unpack(changed(twice, "Doc_0/Signs/Sign_1/Signature.xml", b"</ofd:SignedInfo>", claim))
    verdict = judge(pack({**parts, evil: b"<a/>"}))
    assert evil in places(verdict, "not-covered")


def test_another_seal_beside_the_value() -> None:
    parts = unpack(sealed())
    verdict = judge(pack({**parts, "Doc_0/Signs/Sign_0/Seal.esl": w.seal()}))
    assert "digest" in codes(verdict)
    assert "Doc_0/Signs/Sign_0/Seal.esl" in places(verdict, "digest")


@each(
    ("method", "name", "code"),
    [("MD5", "md5", "algorithm-weak"), ("SHA1", "sha1", "algorithm-weak"), ("", "md5", "algorithm-weak"),
     ("1.3.14.3.2.26", "sha1", "algorithm-weak"), ("SHA256", "sha256", ""), ("SM3", "sm3", ""),
     ("2.16.840.1.101.3.4.2.1", "sha256", ""), ("CRC32", "sm3", "algorithm-unknown")],
)  # fmt: skip
def test_digests_by_name(method: str, name: str, code: str) -> None:
    assert codes(judge(sealed(method=method, digest=name))) == ({code} if code else set())


def test_what_is_wrong_with_the_seal_is_told_too() -> None:
    over = seal_ofd(plain(), w.seal(end=w.NOW - w.DAY), w.stranger(), time=TIME, leave=[PAGE])
    assert codes(judge(over)) == {"seal-period", "seal-signer", "not-covered"}


def test_a_stamp_gives_the_time() -> None:
    def sealing(seal: bytes, key: SigningKey, content: bytes, time: datetime) -> bytes:
        return sign_with_seal(seal, key, content, time, stamp=lambda value: w.stamp(value, time))

    verdict = judge(sealed(sealing=sealing))
    assert verdict.ok, verdict.reasons
    assert verdict.moment is not None
    assert (verdict.moment.at, verdict.moment.source) == (TIME, "timestamp")


def test_no_signature_is_no_validity() -> None:
    verdict = judge(plain())
    assert (codes(verdict), verdict.facts["signatures"]) == ({"no-signature"}, "0")


def test_page_of_the_stamp_that_is_not_there() -> None:
    assert judge(sealed(pages=(7,))).facts["stamp-pages"] == "?"


def rezipped(parts: list[tuple[str, bytes]]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [PAGE, PAGE.upper(), "/" + PAGE])
def test_two_entries_of_one_name(name: str) -> None:
    parts = [*unpack(sealed()).items(), (name, b"<evil/>")]
    assert "container" in codes(judge(rezipped(parts)))


@pytest.mark.parametrize("name", ["../evil", "Doc_0/../../evil", "C:/evil", "a//b", "./x", "a\nb"])
def test_paths_that_leave_the_container(name: str) -> None:
    assert "container" in codes(judge(rezipped([*unpack(sealed()).items(), (name, b"")])))


def test_entries_hidden_from_the_directory() -> None:
    data = sealed()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        start = archive.start_dir
    alone = rezipped([(PAGE, b"<evil/>")])
    hidden = alone[: alone.index(b"PK\1\2")]
    end = data.rindex(b"PK\5\6")
    moved = data[end + 16 : end + 20]
    assert int.from_bytes(moved, "little") == start
    directory = (start + len(hidden)).to_bytes(4, "little")
    whole = data[:start] + hidden + data[start : end + 16] + directory + data[end + 20 :]
    verdict = judge(whole)
    assert codes(verdict) == {"container"}
    assert "unlisted" in str(verdict.reasons[0])


def test_entries_that_are_told_in_two_ways() -> None:
    """Many readers go through the file from its beginning and never see the directory."""
    parts = unpack(sealed())
    data = rezipped([*parts.items()])
    assert judge(data).ok
    at = data.index(PAGE.encode()) - 30
    size = int.from_bytes(data[at + 18 : at + 22], "little")
    for place, told in (
        (8, (8).to_bytes(2, "little")),
        (14, bytes(4)),
        (18, (size - 9).to_bytes(4, "little") * 2),
    ):
        verdict = judge(data[: at + place] + told + data[at + place + len(told) :])
        assert codes(verdict) == {"container"} and "two ways" in str(verdict.reasons[0]), place
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            info, other = zipfile.ZipInfo(name), name.replace("Page_0", "Page_9").encode()
            extra = b"\1" + zlib.crc32(name.encode()).to_bytes(4, "little") + other
            info.extra = struct.pack("<HH", 0x7075, len(extra)) + extra if name == PAGE else b""
            archive.writestr(info, content)
    assert "container" in codes(judge(out.getvalue()))


def test_what_lies_around_the_container_is_told_as_such() -> None:
    data = sealed()
    for whole, note in (
        (b"%PDF-1.7\n" + data, "bytes-before-the-container"), (data + b"more", "bytes-after-the-container"),
        (data[:-2] + b"\4\0more", "bytes-after-the-container"),
    ):  # fmt: skip
        verdict = judge(whole)
        assert verdict.ok and note in {one.detail for one in verdict.forgiven}, note


def test_bombs_and_nonsense() -> None:
    bomb = pack({**unpack(plain()), "Doc_0/zeros": bytes(1 << 25)})
    assert codes(judge(bomb)) == {"malformed"}
    assert codes(judge(b"")) == codes(judge(b"PK\3\4" + bytes(200))) == {"malformed"}
    assert codes(judge(rezipped([("x", b"")]))) == {"malformed"}
    assert codes(judge(rezipped([(f"x{at}", b"") for at in range(20_001)]))) == {"malformed"}


@each(
    "xml",
    [b'<!DOCTYPE a [<!ENTITY b "c">]><OFD>&b;</OFD>', b'<!DOCTYPE OFD SYSTEM "file:///etc/passwd"><OFD/>',
     b"<OFD>" * 5000, "<!DOCTYPE OFD><OFD/>".encode("utf-16"), b"<OFD/>", b"<a/>", b"",
     b"<OFD><DocBody><DocRoot>Doc_0/Document.xml</DocRoot><DocRoot>x</DocRoot></DocBody></OFD>"],
)  # fmt: skip
def test_markup_that_is_not_read(xml: bytes) -> None:
    assert codes(judge(pack({**unpack(sealed()), "OFD.xml": xml}))) == {"malformed"}


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"<ofd:SignedValue>", b"<ofd:SignedValue>x</ofd:SignedValue><ofd:SignedValue>"),
     (b"<ofd:References ", b"<ofd:References/><ofd:References "), (b"</ofd:Signature>", b""),
     (b"<ofd:CheckValue>", b"<ofd:CheckValue>!")],
)  # fmt: skip
def test_a_signature_that_cannot_be_read_is_one_finding(old: bytes, new: bytes) -> None:
    broken = changed(sealed(), "Doc_0/Signs/Sign_0/Signature.xml", old, new)
    verdict = judge(broken)
    assert codes(verdict) == {"malformed"}
    assert verdict.facts["signatures"] == "1"


def test_a_part_listed_twice() -> None:
    row = b'<ofd:Reference FileRef="/OFD.xml"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>'
    xml = "Doc_0/Signs/Sign_0/Signature.xml"
    verdict = judge(changed(sealed(), xml, b"</ofd:References>", row + b"</ofd:References>"))
    assert {"container", "digest"} <= codes(verdict)


def test_a_type_that_is_called_wrongly_is_forgiven() -> None:
    data = changed(sealed(), "Doc_0/Signs/Signatures.xml", b'Type="Seal"', b'Type="Sign"')
    verdict = judge(data)
    assert verdict.ok, verdict.reasons
    assert any("called" in one.detail for one in verdict.forgiven)


def test_a_signature_listed_twice_and_too_many() -> None:
    row = b'<ofd:Signature ID="1" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_0/Signature.xml"/>'
    path = "Doc_0/Signs/Signatures.xml"
    twice = judge(changed(sealed(), path, row, row * 2))
    assert codes(twice) == {"malformed"}
    assert "twice" in str(twice.reasons[0])
    many = judge(changed(sealed(), path, row, row * 101))
    assert "too many" in str(many.reasons[0])
    bodies = judge(changed(sealed(), "OFD.xml", b"</ofd:OFD>", b"<DocBody/>" * 20 + b"</ofd:OFD>"))
    assert codes(bodies) == {"malformed"}
