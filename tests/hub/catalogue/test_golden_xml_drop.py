"""The transcripts of xml-drop, opened with the standard library: names, zips, digests, schema."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from certs.algorithms.digest import digest
from hub.catalogue import Papers, load
from tests.rows import each

PAPERS = Papers.load("xml-drop")
SCHEMA = etree.XMLSchema(etree.parse(str(PAPERS.root / "package.xsd")))
SAFE = etree.XMLParser(resolve_entities=False, no_network=True)
LINES = PAPERS.golden()
OUTWARD = [line for line in LINES if line["file"] == "outward.jsonl"]
INWARD = [line for line in LINES if line["file"] == "inward.jsonl"]
TAKEN = [line for line in INWARD if line["id"].startswith("take")]
BROKEN = {"take-truncated", "take-digest", "take-wrong-charset", "take-count"}
Line = dict[str, Any]


def name(line: Line) -> str:
    return str(line["id"])


def hashed(system: str, data: bytes) -> str:
    if PAPERS.facts["systems"][system]["digest"] == "SM3":
        return digest(data).hex()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def opened(data: bytes) -> tuple[etree._Element, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = {one: package.read(one) for one in package.namelist()}
    manifest = etree.fromstring(entries.pop("manifest.xml"), SAFE)
    SCHEMA.assertValid(manifest)
    return manifest, entries


def agrees(system: str, data: bytes) -> bool:
    manifest, entries = opened(data)
    files = manifest.findall("file")
    counted = sum(len(etree.fromstring(one, SAFE)) for one in entries.values())
    return manifest.get("count") == str(counted) and all(
        hashed(system, entries[str(one.get("name"))]) == one.get("digest")
        and str(len(entries[str(one.get("name"))])) == one.get("size")
        for one in files
    )


@each("line", OUTWARD, ids=name)
def test_a_package_and_its_marker(line: Line) -> None:
    package, marker = json.loads(line["request"]["body"])["put"]
    data = base64.b64decode(package["b64"])
    manifest, entries = opened(data)
    named = package["path"].removeprefix("in/").removesuffix(".zip")
    assert (marker["path"], marker["b64"]) == (f"in/{named}.zip.ok", "")
    assert manifest.get("package") == named
    assert (manifest.get("sender"), manifest.get("receiver")) == ("HUB", line["system"])
    assert agrees(line["system"], data)
    (text,) = entries.values()
    root = etree.fromstring(text, SAFE)
    SCHEMA.assertValid(root)
    assert named == expected_name(root)


def expected_name(root: etree._Element) -> str:
    record = root[0]
    op = {"A": "insert", "M": "update", "D": "delete"}[record.findtext("Op") or ""]
    text = f"{record.findtext('Key')}|{record.findtext('Version')}|{op}"
    seq = hashlib.sha256(text.encode()).hexdigest()[:12].upper()
    milliseconds = int((record.findtext("HubNo") or "").replace("-", "")[:12], 16)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(hours=8)
    return f"HUB_{root.get('category')}_{moment:%Y%m%d%H%M%S}_{seq}"


@each("line", OUTWARD, ids=name)
def test_a_receipt_names_the_package_unless_the_transcript_says_otherwise(line: Line) -> None:
    data = base64.b64decode(json.loads(line["request"]["body"])["put"][0]["b64"])
    for path, content in json.loads(line["reply"]["body"]).get("got", {}).items():
        if line["outcome"]["code"] == "receiver.broken-body":
            with pytest.raises((etree.XMLSyntaxError, etree.DocumentInvalid)):
                SCHEMA.assertValid(etree.fromstring(base64.b64decode(content), SAFE))
            continue
        root = etree.fromstring(base64.b64decode(content), SAFE)
        SCHEMA.assertValid(root)
        assert path in json.loads(line["request"]["body"])["get"]
        if root.tag != "bad":
            fits = root.get("digest") == hashed(line["system"], data)
            assert fits is (line["id"] != "push-other-digest")


@each("line", TAKEN, ids=name)
def test_what_a_system_lays_down(line: Line) -> None:
    ((path, content),) = json.loads(line["reply"]["body"])["got"].items()
    data = base64.b64decode(content)
    if line["id"] not in BROKEN:
        assert agrees(line["system"], data)
        _, entries = opened(data)
        keys = [key.text for one in entries.values() for key in etree.fromstring(one, SAFE).iter("Key")]
        assert keys == [one["key"] for one in line["unified"]]
        assert path.split("_")[1] == PAPERS.facts["categories"][meant(line)]
    else:
        with pytest.raises((zipfile.BadZipFile, etree.XMLSyntaxError, AssertionError)):
            assert agrees(line["system"], data)


def meant(line: Line) -> str:
    first = line["unified"][0]
    return str(first["stage"] or first["message"])


def test_our_receipts_fit_the_schema_and_the_package() -> None:
    (whole,) = [line for line in TAKEN if line["id"] == "take"]
    ((_, content),) = json.loads(whole["reply"]["body"])["got"].items()
    kinds = []
    for line in INWARD:
        for put in json.loads(line["request"]["body"]).get("put", []):
            root = etree.fromstring(base64.b64decode(put["b64"]), SAFE)
            SCHEMA.assertValid(root)
            kinds.append(root.get("result", root.tag))
            if line["id"] in {"settle-success", "settle-partial"}:
                assert root.get("digest") == hashed("X02", base64.b64decode(content))
                assert [one.get("key") for one in root] == [one["key"] for one in whole["unified"]]
    assert sorted(kinds) == ["bad", "failure", "partial", "success"]


def test_the_worked_example_of_the_page() -> None:
    page = (PAPERS.root / "rules.md").read_text("utf-8")
    sample = json.loads((PAPERS.root / "samples/package.eng-section.json").read_text("utf-8"))
    data = base64.b64decode(sample["zip_b64"])
    assert digest(data).hex() == sample["sm3"]
    assert sample["sm3"] in page
    assert sample["name"] in page
    assert PAPERS.row_key("T03", "eng-section", "S-1") in page
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for entry in package.infolist():
            assert (entry.compress_type, entry.create_system, entry.external_attr) == (0, 3, 0o600 << 16)
            assert (entry.date_time, entry.create_version, entry.flag_bits) == ((1980, 1, 1, 0, 0, 0), 20, 0)


def test_every_system_and_category_is_described() -> None:
    assert set(PAPERS.facts["systems"]) == {one.id for one in load().by_dialect["xml-drop"]}
    assert set(PAPERS.facts["categories"]) == set(PAPERS.stages())
    for path in (PAPERS.root / "samples").glob("*.xml"):
        SCHEMA.assertValid(etree.parse(str(path)))
