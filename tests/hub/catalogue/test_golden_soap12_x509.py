"""soap12-x509: every signature by another canonicaliser and other cryptography; schema, samples."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from email import message_from_bytes
from pathlib import Path
from typing import Any

import gmalg
import pytest
import zeep
from cryptography import x509
from lxml import etree

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("soap12-x509")
LINES = PAPERS.golden()
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
SAMPLES = sorted((ROOT / "soap12-x509/samples").glob("*.xml"))
SM2_KEY = bytes.fromhex("06082a811ccf5501822d034200")
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
UNSIGNED = {"push-unsigned", "in-unsigned-body"}
FORGED = {"push-forged", "in-changed"}
DECLARED = re.compile(r'xmlns:(\w+)="([^"]+)"')


def octets(side: Line) -> bytes:
    return base64.b64decode(side["body_b64"]) if "body_b64" in side else str(side["body"]).encode()


def inlined(raw: bytes, content_type: str) -> str:
    """The envelope, parts of a multipart message put where they belong (`email` takes it apart)."""
    if not content_type.startswith("multipart/"):
        return raw.decode()
    message: Any = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    root, *parts = message.get_payload()
    text = root.get_payload(decode=True).decode()
    for part in parts:
        name = part["Content-ID"].strip("<>")
        value = base64.b64encode(part.get_payload(decode=True)).decode()
        text = re.sub(rf'<xop:Include [^>]*cid:{re.escape(name)}"></xop:Include>', value, text)
    return str(text)


def canonical(text: str, start: str, end: str) -> bytes:
    """One element in canonical form, by the standard library, whose form agrees on our documents."""
    piece = text[text.index(start) : text.index(end) + len(end)]
    opened = piece.index(">")
    wanted = dict(DECLARED.findall(text)) | dict(DECLARED.findall(piece[:opened]))
    missing = "".join(f' xmlns:{k}="{v}"' for k, v in wanted.items() if f"xmlns:{k}=" not in piece[:opened])
    return ET.canonicalize(piece[:opened] + missing + piece[opened:]).encode()


def digest(name: str, content: bytes) -> bytes:
    if name.endswith("#sha256"):
        return hashlib.sha256(content).digest()
    state = gmalg.SM3()
    state.update(content)
    return bytes(state.value())


def holds(certificate: bytes, method: str, value: bytes, signed: bytes) -> bool:
    found = x509.load_der_x509_certificate(certificate)
    if method.endswith("#sm2-sm3"):
        at = found.tbs_certificate_bytes.index(SM2_KEY) + len(SM2_KEY)
        point = found.tbs_certificate_bytes[at : at + 65]
        return bool(gmalg.SM2(pk=point, uid=b"1234567812345678").verify(signed, value[:32], value[32:]))
    key: Any = found.public_key()
    numbers = key.public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    opened = pow(int.from_bytes(value, "big"), numbers.e, numbers.n).to_bytes(size, "big")
    tail = b"\x00" + SHA256_INFO + hashlib.sha256(signed).digest()
    return bool(opened == b"\x00\x01" + b"\xff" * (size - 2 - len(tail)) + tail)


def judge(text: str) -> tuple[set[str], bool, bytes]:
    """What is signed, whether all of it holds, and by which certificate."""
    root: Any = etree.fromstring(text.encode())
    signed, sound = set(), True
    for reference in root.iterfind(".//{*}Reference[@URI]/{*}DigestValue/.."):
        name = str(reference.get("URI"))
        span = {"#Body": ("<env:Body", "</env:Body>"), "#TS": ("<wsu:Timestamp", "</wsu:Timestamp>")}[name]
        method = reference.find("{*}DigestMethod").get("Algorithm")
        made = digest(str(method), canonical(text, *span))
        sound &= base64.b64encode(made).decode() == reference.findtext("{*}DigestValue")
        signed.add(name)
    certificate = base64.b64decode(root.findtext(".//{*}BinarySecurityToken") or "")
    method = str(root.find(".//{*}SignatureMethod").get("Algorithm"))
    value = base64.b64decode(root.findtext(".//{*}SignatureValue") or "")
    info = canonical(text, "<ds:SignedInfo>", "</ds:SignedInfo>")
    return signed, sound and holds(certificate, method, value, info), certificate


def der(pem: str) -> bytes:
    return base64.b64decode("".join(line for line in pem.splitlines() if not line.startswith("-")))


def ids(line: Line) -> str:
    return str(line["id"])


@each("line", [x for x in LINES if "missing" not in x["note"]], ids=ids)
def test_requests_are_signed_as_their_outcome_says(line: Line) -> None:
    request = line["request"]
    text = inlined(octets(request), request["headers"]["Content-Type"])
    signed, sound, certificate = judge(text)
    assert ("#Body" in signed) is (line["id"] not in UNSIGNED)
    assert sound is (line["id"] not in FORGED)
    own = "peer_certificate" if request["path"].startswith("/in/") else "certificate"
    assert (certificate == der(line["secrets"][own])) is (line["id"] != "in-wrong-cert")


@each("line", [x for x in LINES if "Security" in x["reply"].get("body", "")], ids=ids)
def test_answers_are_signed_as_their_outcome_says(line: Line) -> None:
    text = line["reply"]["body"]
    if "<env:Fault>" in text:
        assert "ds:Signature" not in text
        return
    signed, sound, certificate = judge(text)
    code = line["outcome"]["code"]
    assert (signed == {"#Body", "#TS"}) is (code != "receiver.answer-unsigned")
    own = "certificate" if line["request"]["path"].startswith("/in/") else "peer_certificate"
    right = certificate == der(line["secrets"][own])
    related = f"<wsa:RelatesTo>{message_id(line)}</wsa:RelatesTo>" in text
    assert (sound and right and related) is (code != "receiver.answer-forged")


def message_id(line: Line) -> str:
    text = octets(line["request"]).decode("utf-8", "replace")
    found = re.search(r"<wsa:MessageID>(.*?)</wsa:MessageID>", text)
    assert found is not None
    return found[1]


def shaped(text: str) -> str:
    found = hashlib.sha256(text.encode()).hexdigest()[:32]
    return "urn:uuid:" + "-".join((found[:8], found[8:12], found[12:16], found[16:20], found[20:]))


def test_message_ids_follow_from_the_change_or_the_key() -> None:
    checked = 0
    for line in LINES:
        text = octets(line["request"]).decode("utf-8", "replace")
        parts = [re.search(f"<t:{n}>(.*?)</t:{n}>", text) for n in ("BusinessKey", "Version", "Operation")]
        if "key" in line:
            assert message_id(line) == shaped(f"{service_of(text)}|{line['key']}")
        elif all(parts) and line["id"] not in FORGED:
            assert message_id(line) == shaped("|".join(part[1] for part in parts if part))
        else:
            continue
        checked += 1
    assert checked > 25


def service_of(text: str) -> str:
    operation = re.search(r"<t:(\w+)Request ", text)
    assert operation is not None
    return str({v: k for k, v in PAPERS.facts["operations"].items()}[operation[1]])


def test_a_multipart_answer_comes_apart_and_a_truncated_one_does_not() -> None:
    whole, lost = (
        next(x for x in LINES if x["id"] == i)["reply"] for i in ("ca-status-mtom", "ca-status-mtom-lost")
    )
    text = inlined(octets(whole), whole["headers"]["Content-Type"])
    signed, sound, _ = judge(text)
    assert sound
    assert signed == {"#Body", "#TS"}
    inline = next(x for x in LINES if x["id"] == "ca-status")["reply"]["body"]
    assert text == inline
    assert not octets(lost).rstrip().endswith(b"--")
    assert octets(whole).rstrip().endswith(b"--")


def test_bodies_fit_the_schema() -> None:
    schema = etree.XMLSchema(etree.parse(str(ROOT / "soap12-x509/resource.xsd")))
    texts = [path.read_bytes() for path in SAMPLES]
    texts += [octets(x["request"]) for x in LINES if "mtom" not in x["id"] and x["id"] != "push-missing"]
    checked = 0
    for text in texts:
        body = etree.fromstring(text).find("{*}Body")
        assert body is not None
        if etree.QName(body[0]).localname != "Fault":
            schema.assertValid(body[0])
            checked += 1
    assert checked > 50


def test_zeep_finds_every_operation() -> None:
    make: Any = zeep.Client
    client = make(str(ROOT / "soap12-x509/resource.wsdl"))
    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    assert set(port.binding._operations) == {*PAPERS.facts["operations"].values(), "QueryRecord"}
    assert port.binding._operations["PushLandDeal"].soapaction.endswith("/soap12/v1/PushLandDeal")


@each("stage", [s for s in PAPERS.stages() if s in RECORDS])
def test_samples_hold_what_the_table_says(stage: str) -> None:
    record = RECORDS[stage]
    root = etree.parse(str(ROOT / f"soap12-x509/samples/{stage}.push.request.xml")).getroot()
    sent = {etree.QName(e).localname: e.text or "" for e in root.iter() if not len(e)}
    expected = PAPERS.expected_foreign(stage, record["fields"])
    assert {name: sent.get(name) for name in expected} == expected
    assert sent["BusinessKey"] == PAPERS.row_key(record["from"], stage, record["key"])
    assert len(expected) > 8


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")
def test_xmlsec1_believes_the_rsa_signature(tmp_path: Path) -> None:
    line = next(x for x in LINES if x["id"] == "push-ok")
    (tmp_path / "c.pem").write_text(line["secrets"]["certificate"])
    said = []
    for name, text in (
        ("good", line["request"]["body"]),
        ("bad", line["request"]["body"].replace(">Create<", ">Update<")),
    ):
        (tmp_path / name).write_text(text, "utf-8")
        command = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(tmp_path / "c.pem")]
        command += ["--id-attr:Id", "http://www.w3.org/2003/05/soap-envelope:Body"]
        wsu = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
        command += ["--id-attr:Id", f"{wsu}:Timestamp", str(tmp_path / name)]
        said.append(subprocess.run(command, capture_output=True, timeout=60, check=False).returncode)
    assert said == [0, 1]
