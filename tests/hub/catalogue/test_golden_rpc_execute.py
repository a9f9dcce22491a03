"""rpc-execute: every cipher of the transcripts opened by the openssl program, not by our library."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT

Line = dict[str, Any]
PAPERS = Papers.load("rpc-execute")
LINES = PAPERS.golden()
SITES: dict[str, Any] = PAPERS.facts["systems"]
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
SAMPLES = sorted((ROOT / "rpc-execute/samples").glob("*.save.request.xml"))
KEYS = {line["system"]: line["secrets"]["site_key"] for line in LINES}
UNREADABLE = {"save-bad-key", "in-bad-key", "in-other-form"}
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


def decipher(kind: str, key: str, content: bytes) -> bytes:
    """Plain octets with their padding; DES is triple DES with the same key three times."""
    if kind == "base64":
        return content
    octets = key.encode()
    name = ["-des-ede3-cbc", "-iv", octets[:8].hex()] if kind == "3des" else ["-des-ede3"]
    octets = octets if kind == "3des" else octets * 3
    command = ["openssl", "enc", "-d", "-nopad", *name, "-K", octets.hex()]
    return subprocess.run(command, input=content, capture_output=True, timeout=60, check=True).stdout


def unpadded(content: bytes) -> bytes:
    count = content[-1]
    assert 1 <= count <= 8
    assert content.endswith(bytes([count]) * count)
    return content[:-count]


def argument(text: str, name: str) -> str:
    found = etree.fromstring(text.encode()).findtext(f".//{name}")
    assert found is not None
    return found


def params(line: Line) -> str:
    return argument(
        line["request"]["body"], "parmString2" if "DataByXML>" in line["request"]["body"] else "params"
    )


def plain(system: str, way: str, text: str) -> bytes:
    site = SITES[system]
    content = decipher(site[way], KEYS[system], base64.b64decode(text))
    return content if site[way] == "base64" else unpadded(content)


def values(system: str, content: bytes) -> dict[str, Any]:
    text = content.decode(SITES[system]["charset"])
    if SITES[system]["form"] == "execute":
        return dict(json.loads(text))
    return {str(e.tag): e.text or "" for e in etree.fromstring(text).iter()}


def returned(line: Line) -> str:
    root: Any = etree.fromstring(line["reply"]["body"].encode())
    (found,) = root.xpath("//executeReturn|//DataByXMLReturn")
    href = found.get("href")
    return str((root.xpath(f"//multiRef[@id='{href[1:]}']")[0] if href else found).text)


def ids(line: Line) -> str:
    return str(line["id"])


@needs_openssl
@pytest.mark.parametrize("line", [x for x in LINES if x["id"] not in UNREADABLE], ids=ids)
def test_params_open_under_the_key_of_the_site(line: Line) -> None:
    system = line["system"]
    if line["id"] == "in-zero-padding":
        content = decipher("des", KEYS[system], base64.b64decode(params(line)))
        assert content.endswith(b"}" + bytes(8 - len(content.rstrip(b"\0")) % 8))
        return
    content = plain(system, "params", params(line))
    assert values(system, content)
    assert "?" not in content.decode(SITES[system]["charset"]).replace("?id=", "")


@needs_openssl
@pytest.mark.parametrize("line", [x for x in LINES if x["id"].endswith("bad-key")], ids=ids)
def test_the_wrong_key_leaves_no_padding(line: Line) -> None:
    content = decipher("des", KEYS[line["system"]], base64.b64decode(params(line)))
    with pytest.raises(AssertionError):
        unpadded(content)


@needs_openssl
@pytest.mark.parametrize("line", [x for x in LINES if x["reply"]["status"] == 200], ids=ids)
def test_answers_open_as_their_outcome_says(line: Line) -> None:
    if line["outcome"]["code"] == "receiver.html":
        assert line["reply"]["body"].startswith("<html>")
        return
    system, text = line["system"], returned(line)
    answer = json.loads(text) if text.startswith("{") else values_of_return(text)
    good = str(answer["status"]) in ("200", "201")
    known = line["outcome"]["kind"] in ("delivered", "duplicate")
    if line["id"] == "des-data-broken":
        with pytest.raises((ValueError, subprocess.CalledProcessError)):
            plain(system, "data", answer["data"])
    elif line["id"] == "des-zero-padding":
        content = decipher("des", KEYS[system], base64.b64decode(answer["data"]))
        assert 1 <= len(content) - len(content.rstrip(b"\0")) <= 7
        assert json.loads(content.rstrip(b"\0"))["slh"]
    elif known:
        assert good
        assert values(system, plain(system, "data", answer["data"]))
    else:
        assert not good
        assert answer["data"] == ""


def values_of_return(text: str) -> dict[str, str]:
    return {str(e.tag): e.text or "" for e in etree.fromstring(text)}


def test_quirks_are_on_the_wire() -> None:
    by_id = {line["id"]: line for line in LINES}
    assert "\r\n" in json.loads(returned(by_id["save-ok"]))["data"]
    # a parser turns CR LF of an element into LF, unless it was written as a reference
    assert "&#13;\n" in by_id["in-save-ok"]["request"]["body"]
    assert json.loads(returned(by_id["des-failure-number"]))["status"] == 411
    assert json.loads(returned(by_id["des-save-ok"]))["status"] == "200"
    assert 'xsi:type="xsd:string"' in by_id["xml-save-ok"]["request"]["body"]
    assert "multiRef" in by_id["xml-multiref"]["reply"]["body"]


@needs_openssl
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_hold_what_the_table_says(path: Path) -> None:
    stage, text = path.name.split(".")[0], path.read_text("utf-8")
    record = RECORDS[stage]
    code = argument(text, "parmString1" if "DataByXML" in text else "siteCode")
    (system,) = [line["system"] for line in LINES if line["secrets"]["site_code"] == code][:1]
    name = "parmString2" if "DataByXML" in text else "params"
    sent = {k: str(v) for k, v in values(system, plain(system, "params", argument(text, name))).items()}
    expected = PAPERS.expected_foreign(stage, record["fields"])
    assert {name: sent.get(name) for name in expected} == expected
    assert sent["sn"] == PAPERS.row_key(record["from"], stage, record["key"])
    assert len(expected) > 6


def test_the_plain_samples_are_what_was_enciphered() -> None:
    for path in (ROOT / "rpc-execute/samples").glob("*.plain.json"):
        assert isinstance(json.loads(path.read_text("utf-8")), dict)
    assert len(SAMPLES) == len([s for s in PAPERS.stages() if s in RECORDS])


@needs_openssl
def test_the_worked_examples_of_the_rules() -> None:
    rules = (ROOT / "rpc-execute/rules.md").read_text("utf-8")
    made = {"M11": '{"sn":"甘A"}', "D10": "<Params><sn>A</sn></Params>"}
    texts = {"M11": "WBDGofZsyPlU3N+ABkUdFA==", "D10": "vh2449+SUMNmIcJ2R98dZB9EthXZPQzYudSGnYRGaPc="}
    for system, text in texts.items():
        assert text in rules
        assert plain(system, "params", text).decode(SITES[system]["charset"]) == made[system]


def test_zeep_writes_the_literal_call_as_we_do() -> None:
    make: Any = zeep.Client
    client = make(str(ROOT / "rpc-execute/service.wsdl"))
    (line,) = [x for x in LINES if x["id"] == "save-ok"]
    body = line["request"]["body"]
    args = [argument(body, name) for name in ("siteCode", "func", "params")]
    made = client.create_message(client.service, "execute", *args)
    ours = etree.fromstring(body.encode()).find("{*}Body")[0]  # type: ignore[index]
    theirs = made.find("{*}Body")[0]
    assert theirs.tag == ours.tag
    assert [(e.tag, e.text) for e in theirs] == [(e.tag, e.text) for e in ours]
    encoded = make(str(ROOT / "rpc-execute/service-encoded.wsdl"))
    assert encoded.wsdl.services
