"""bank-tcp-xml transcripts: the very bytes are GB2312, whole, and numbered as the rules say."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from typing import Any

import pytest
from lxml import etree

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("bank-tcp-xml")
LINES = PAPERS.golden()
SAFE = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def parsed(body: str) -> Any:
    return etree.fromstring(base64.b64decode(body), SAFE)


def pairs() -> dict[str, dict[str, str]]:
    with (PAPERS.root / "frames.csv").open(encoding="utf-8", newline="") as handle:
        return {row["trans"]: row for row in csv.DictReader(handle)}


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_bytes_are_gb2312_and_one_document(line: Line) -> None:
    assert line["request"]["method"] == "TCP"
    sent = base64.b64decode(line["request"]["body_b64"])
    assert sent.decode("gb2312") == line["plain"]["request"]
    assert sent.startswith(b'<?xml version="1.0" encoding="gb2312"?>') and sent.endswith(b"</root>")
    assert any(byte > 127 for byte in sent) or line["id"].startswith(("payin-", "refund-state", "opening"))
    got = base64.b64decode(line["reply"]["body_b64"])
    whole = got.decode("gb2312", errors="strict" if line["id"] != "account-truncated" else "ignore")
    if line["id"] == "account-truncated":
        assert line["plain"]["reply"].startswith(whole) and b"</root>" not in got
    else:
        assert whole == line["plain"]["reply"]


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_codes_pair_and_the_number_comes_back(line: Line) -> None:
    if line["id"] in {"account-truncated", "in-doctype"}:
        return
    asked, told = parsed(line["request"]["body_b64"]), parsed(line["reply"]["body_b64"])
    row = pairs()[asked.findtext("head/TransCode")]
    assert (row["who_sends"] == "bank") is (line["file"] == "inward.jsonl")
    if told.find("head") is not None:
        assert told.findtext("head/TransCode") == row["answer"]
        assert told.findtext("head/SeqNo") == asked.findtext("head/SeqNo")
    else:
        assert line["id"] == "account-no-head"
    assert len(asked.findtext("body/AuthCode")) == 6
    right = asked.findtext("body/AuthCode") == line["secrets"]["auth_code"]
    assert right is not (line["outcome"]["code"] == "auth.failed")


def test_numbers_are_made_as_the_rules_say() -> None:
    keys = {"3001": ("ReqNo",), "3031": ("RefundNo",), "3041": ("RowKey", "Version", "OpType")}
    seen = set()
    for line in LINES:
        asked = parsed(line["request"]["body_b64"])
        code = asked.findtext("head/TransCode")
        if code not in keys or line["file"] == "inward.jsonl":
            continue
        text = "|".join([code, *(asked.findtext(f"body/{name}") for name in keys[code])])
        number = int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)
        assert asked.findtext("head/SeqNo") == f"{number:020d}"
        seen.add(code)
    assert seen == set(keys)


def test_a_line_tells_what_a_notice_tells() -> None:
    by_id = {line["id"]: line for line in LINES}
    notice = parsed(by_id["in-payin-ok"]["request"]["body_b64"]).find("body")
    first, second = parsed(by_id["payin-two"]["reply"]["body_b64"]).findall("body/Line")
    told = {child.tag: child.text for child in first}
    assert told == {child.tag: child.text for child in notice if child.tag != "AuthCode"}
    assert second.findtext("HstSeqNum") != first.findtext("HstSeqNum")
    names = {row.foreign for row in PAPERS.rows("deposit.payin", "request")}
    assert set(told) <= names
    doubled = parsed(by_id["payin-doubled"]["reply"]["body_b64"]).findall("body/Line")
    assert len(doubled) == 2 and len({one.findtext("HstSeqNum") for one in doubled}) == 1


def test_what_gb2312_cannot_write_is_what_the_rules_say() -> None:
    for character in "喆镕":
        with pytest.raises(UnicodeEncodeError):
            character.encode("gb2312")
        assert character.encode("gb18030").decode("gb18030") == character


def test_samples_hold_what_the_table_says() -> None:
    record = json.loads((ROOT / "records.json").read_text("utf-8"))["eng-tender-notice"]
    path = PAPERS.root / "samples/3041.eng-tender-notice.request.xml"
    body: Any = etree.parse(str(path), SAFE).find("body")
    sent = {child.tag: child.text for child in body}
    expected = PAPERS.expected_foreign("eng-tender-notice", record["fields"])
    assert {name: sent.get(name) for name in expected} == expected
    assert sent["RowKey"] == PAPERS.row_key("T03", "eng-tender-notice", record["key"])
    assert (sent["OpenDate"], sent["OpenTime"]) == ("20261214", "093000")
