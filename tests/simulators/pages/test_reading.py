"""Our own reading of bodies, against the papers' samples: which form, and each value at home."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from simulators.pages.opened import text_of
from simulators.pages.reading import Reading, read_text
from tests.rows import each

RECORDS: dict[str, Any] = json.loads((ROOT / "records.json").read_text("utf-8"))
CLOSED = {"rpc-execute", "static-token-rest"}  # their sealed samples are opened with keys: test_pages.py
SAMPLES = [
    (path.parent.parent.name, stage, path)
    for path in sorted(ROOT.glob("*/samples/*"))
    for stage in RECORDS
    if f".{stage}." in f".{path.name}"
    and not {"reply", "error", "receipt", "wire"} & set(path.name.split("."))
]


def values(found: Reading) -> dict[str, str]:
    return {box.standard: box.value for box in found.boxes}


@each(("dialect", "stage", "path"), SAMPLES, ids=lambda part: getattr(part, "name", part))
def test_a_sample_is_known_and_says_the_record_it_was_made_from(dialect: str, stage: str, path: Path) -> None:
    text, charset = text_of(path.read_bytes(), "")
    found = read_text(dialect, text, "request") if charset != "hex" else None
    if found is None:
        assert dialect in CLOSED or path.suffix == ".json", (
            "only sealed bodies and tables' schemas say nothing"
        )
        return
    assert found.stage == stage
    told, record = values(found), RECORDS[stage]["fields"]
    rows = Papers.load(dialect).rows(stage, "out")
    names = [row.standard for row in rows if row.form == "text"] or list(
        record
    )  # the native table is one row
    assert set(names) & set(record)
    for name in set(names) & set(record):
        assert told[name] == str(record[name])


def test_most_samples_were_read() -> None:
    """So that the test above cannot pass by reading nothing."""
    known = {
        dialect
        for dialect, _, path in SAMPLES
        if read_text(dialect, text_of(path.read_bytes(), "")[0], "request")
    }
    assert len(known) >= 14


def test_codes_amounts_and_times_are_said_as_the_standard_does() -> None:
    text = (ROOT / "legacy-http/samples/appkey-md5.eng-tender-notice.save.request.txt").read_text("utf-8")
    found = read_text("legacy-http", text, "request")
    assert found is not None
    told, changed = values(found), {box.standard for box in found.boxes if box.raw != box.value}
    assert told["@op"] == "insert"
    assert told["BID_OPEN_TIME"] == RECORDS["eng-tender-notice"]["fields"]["BID_OPEN_TIME"]
    assert {"@op", "BID_OPEN_TIME"} <= changed


def test_a_day_and_an_hour_apart_are_one_moment() -> None:
    rows = [row for row in Papers.load("http-xml").rows("*") if row.standard == "@sentAt"]
    assert [row.foreign for row in rows] == ["date", "time"]
    sample = next((ROOT / "http-xml/samples").glob("contract-sign.*request*"))
    found = read_text("http-xml", text_of(sample.read_bytes(), "")[0], "request")
    assert found is not None and values(found)["@sentAt"].startswith("2026-11-22T09:00:00")


@each("text", ["", "{", "<a", "[" * 5000, "<!DOCTYPE a><a/>", "a=b", "%7B", "AAAA" * 40, "null"])
def test_what_is_nothing_is_read_as_nothing(text: str) -> None:
    assert read_text("legacy-http", text, "request") is None


def test_bytes_are_shown_in_their_own_charset() -> None:
    assert text_of("<?xml version='1.0' encoding='GBK'?><a>招标</a>".encode("gbk"), "")[1] == "gbk"
    assert text_of("招标".encode("gbk"), "text/plain; charset=GB2312") == ("招标", "gb2312")
    assert text_of("招标".encode("gbk"), "text/plain") == ("招标", "gb18030")
    assert text_of(b"\x00\xff", "") == ("00 ff", "hex")


def test_a_package_is_shown_and_read_by_what_is_in_it() -> None:
    sample = next((ROOT / "xml-drop/samples").glob("archive-record.push.request.xml"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("data/one.xml", sample.read_bytes())
        package.writestr("big.bin", bytes(300_000))
    text, charset = text_of(out.getvalue(), "")
    assert charset == "zip" and "══ data/one.xml ══" in text and "(300000)" in text
    found = read_text("xml-drop", text, "request")
    assert found is not None and found.stage == "archive-record"
    assert text_of(out.getvalue()[:200], "")[1] == "hex"
