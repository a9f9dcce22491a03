"""http-xml: what its transcripts and samples claim, recomputed without our codecs and cryptography."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import gmalg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from lxml import etree

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("http-xml")
LINES = PAPERS.golden()
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
UNREADABLE = {
    "answer-bomb",
    "answer-html",
    "in-bomb",
    "in-bare-ampersand",
    "in-utf8-under-gbk",
    "in-no-prolog",
}


def octets(side: Line) -> bytes:
    return base64.b64decode(side["body_b64"]) if "body_b64" in side else str(side["body"]).encode()


def body(raw: bytes) -> bytes:
    return raw[raw.index(b"<body>") : raw.rindex(b"</body>") + len(b"</body>")]


def said(raw: bytes) -> str:
    found = re.search(rb"<sign>(.*?)</sign></head>", raw)
    assert found is not None
    return found[1].decode("ascii")


def opened(signature: str, key: Any, signed: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 by hand: one power, one comparison of all octets."""
    numbers = key.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    found = pow(int.from_bytes(base64.b64decode(signature), "big"), numbers.e, numbers.n).to_bytes(
        size, "big"
    )
    tail = b"\x00" + SHA256_INFO + hashlib.sha256(signed).digest()
    return bool(found == b"\x00\x01" + b"\xff" * (size - 2 - len(tail)) + tail)


def sm3(content: bytes) -> str:
    state = gmalg.SM3()
    state.update(content)
    return str(state.value().hex())


def ids(line: Line) -> str:
    return str(line["id"])


@pytest.mark.parametrize("line", [x for x in LINES if x["system"] == "D24"], ids=ids)
def test_md5_is_over_the_octets_of_the_wire(line: Line) -> None:
    raw = octets(line["request"])
    made = hashlib.md5(body(raw) + line["secrets"]["sign_key"].encode()).hexdigest()
    assert (made == said(raw)) is (line["outcome"]["code"] != "auth.failed")


@pytest.mark.parametrize("line", [x for x in LINES if x["system"] == "C03"], ids=ids)
def test_rsa_signs_question_and_answer(line: Line) -> None:
    secrets = line["secrets"]
    own = load_pem_private_key(secrets["rsa_private_key"].encode(), None).public_key()
    peer = load_pem_public_key(secrets["rsa_peer_public_key"].encode())
    question, answer = octets(line["request"]), octets(line["reply"])
    assert opened(said(question), own, body(question))
    forged = line["outcome"]["code"] == "receiver.answer-forged"
    assert opened(said(answer), peer, body(answer)) is not forged


@each("line", [x for x in LINES if "username" in x["secrets"]], ids=ids)
def test_password_systems_say_it_in_the_head(line: Line) -> None:
    raw = octets(line["request"]).decode("utf-8", "replace").replace("&lt;", "<").replace("&gt;", ">")
    right = f"<password>{line['secrets']['password'].replace('&', '&amp;')}</password>" in raw
    assert right is (line["outcome"]["code"] != "auth.failed")


@each("line", [x for x in LINES if x["id"] not in UNREADABLE], ids=ids)
def test_bytes_are_in_the_charset_of_the_system(line: Line) -> None:
    charset = PAPERS.facts["systems"][line["system"]]["charset"]
    request = octets(line["request"])
    assert request.startswith(f'<?xml version="1.0" encoding="{charset}"?>\n<request><head>'.encode())
    assert f"charset={charset}" in line["request"]["headers"]["Content-Type"]
    for text in (request.decode(charset), octets(line["reply"]).decode(*answer_charset(line, charset))):
        root = etree.fromstring(re.sub(r"&(?!\w+;|#)", "&amp;", text.split("?>\n", 1)[-1]))
        assert [str(e.tag) for e in root] == ["head", "body"]


def answer_charset(line: Line, charset: str) -> tuple[str]:
    return ("utf-8",) if line["id"] == "gbk-answer-utf8" else (charset,)


def test_the_lie_about_the_charset_is_one_strict_decoders_can_see() -> None:
    lies = {x["id"]: x for x in LINES if x["id"] in ("gbk-answer-utf8", "in-utf8-under-gbk")}
    for raw in (octets(lies["gbk-answer-utf8"]["reply"]), octets(lies["in-utf8-under-gbk"]["request"])):
        assert raw.startswith(b'<?xml version="1.0" encoding="GBK"?>')
        assert raw.decode("utf-8", "strict")
        assert re.search(rb"[\xe0-\xf4][\x80-\xbf]{2,3}", raw)


def test_a_character_outside_the_plane_travels_in_four_octets() -> None:
    (line,) = [x for x in LINES if x["id"] == "in-md5-ok"]
    assert "𠮷".encode("gb18030") in octets(line["request"])
    with pytest.raises(UnicodeEncodeError):
        "𠮷".encode("gbk")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "http-xml/samples").glob("*.save.request.xml")), ids=lambda p: p.name
)
def test_samples_hold_what_the_table_says(path: Path) -> None:
    stage = path.name.split(".")[0]
    record = RECORDS[stage]
    root = etree.fromstring(path.read_bytes())
    sent = {str(e.tag): e.text or "" for e in root.iter() if not len(e)}
    expected = PAPERS.expected_foreign(stage, record["fields"])
    assert {name: sent.get(name) for name in expected} == expected
    assert sent["seq"] == PAPERS.row_key(record["from"], stage, record["key"])
    assert len(expected) > 10


def test_the_signature_in_the_question_is_the_holders() -> None:
    (line,) = [x for x in LINES if x["id"] == "ca-verify-ok"]
    root = etree.fromstring(octets(line["request"]).decode("gbk").split("?>\n", 1)[1])
    part = {
        name: base64.b64decode(root.findtext(f"body/{name}") or "")
        for name in ("certificate", "signature", "original")
    }
    # the point stands in the key, whichever curve the library knows
    spki = x509.load_der_x509_certificate(part["certificate"]).tbs_certificate_bytes
    at = spki.index(bytes.fromhex("06082a811ccf5501822d034200"))
    point = spki[at + 13 : at + 78]
    r, s = (number.to_bytes(32, "big") for number in decode_dss_signature(part["signature"]))
    judge = gmalg.SM2(pk=point, uid=b"1234567812345678")
    assert judge.verify(part["original"], r, s)
    assert not judge.verify(part["original"] + b" ", r, s)


def test_every_way_of_asking_and_both_outcomes_of_the_auth_are_there() -> None:
    wanted = {"ok", "auth.failed", "auth.expired", "receiver.duplicate", "receiver.answer-forged"}
    assert wanted <= {x["outcome"]["code"] for x in LINES}
    assert {x["system"] for x in LINES} == set(PAPERS.facts["systems"])


def test_reconciliation_and_attachment_digests_are_those_of_their_octets() -> None:
    (line,) = [x for x in LINES if x["id"] == "in-reconcile"]
    root = etree.fromstring(octets(line["request"]).decode("gb18030").split("?>\n", 1)[1])
    content = base64.b64decode(root.findtext("body/datafile") or "")
    assert root.findtext("body/batchdigest") == "sm3:" + sm3(content)
    (line,) = [x for x in LINES if x["id"] == "gbk-save-ok"]
    root = etree.fromstring(octets(line["request"]).decode("gbk").split("?>\n", 1)[1])
    attached = base64.b64decode(root.findtext("body/record/fjlist/fj/nr") or "")
    assert root.findtext("body/record/fjlist/fj/zy") == "sm3:" + sm3(attached)
    assert root.findtext("body/record/fjlist/fj/dx") == str(len(attached))
