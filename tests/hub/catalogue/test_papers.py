"""Each dialect's folder: complete, consistent with the standard, the policy and its own samples."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from lxml import etree

from hub.catalogue import Papers, load
from hub.catalogue.papers import ROOT

STANDARD = ROOT.parents[2] / "standard/data"
DIALECTS = load().with_papers()
KINDS = {"delivered", "duplicate", "refused", "retry", "unknown"}
BLAMES = {"sender", "receiver", "hub", "network", "-"}
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


STAGE_FIELDS = {(row["stage"], row["name"]) for row in table(STANDARD / "fields.csv")}
SERVICE_FIELDS = {(row["owner"], row["part"], row["name"]) for row in table(STANDARD / "service_fields.csv")}
POLICY = {(row["stage"], row["field"]): row for row in table(STANDARD / "field_policy.csv")}


@pytest.fixture(params=DIALECTS)
def papers(request: pytest.FixtureRequest) -> Papers:
    return Papers.load(request.param)


def test_folder_is_complete(papers: Papers) -> None:
    assert papers.facts["name"] == papers.dialect
    for name in papers.facts["files"]:
        assert (papers.root / name).exists(), name
    rules = (papers.root / "rules.md").read_text("utf-8")
    assert "## 中文" in rules
    assert "## English" in rules
    assert list((papers.root / "samples").iterdir())
    for limit in ("connect_s", "total_s", "max_body_bytes", "max_answer_bytes"):
        assert papers.facts["limits"][limit] > 0
    known = set(load().dialects[papers.dialect].variants)
    assert set(papers.facts["variants"]) | set(papers.facts.get("variants_later", [])) == known


def test_every_row_names_something_the_standard_has(papers: Papers) -> None:
    for row in papers.fields:
        assert row.direction in {"both", "out", "in", "request", "reply"}
        if row.standard.startswith("@") or row.standard == "*":
            assert row.stage == "*"
        elif row.direction in {"request", "reply"}:
            top = row.standard.split(".")[0].removesuffix("[]")
            assert (row.stage, row.direction, top) in SERVICE_FIELDS, row
            assert row.message in load().messages
        else:
            assert (row.stage, row.standard) in STAGE_FIELDS, row
            assert row.message in load().messages


def test_nothing_the_policy_may_hold_back_is_required(papers: Papers) -> None:
    for row in papers.fields:
        if row.required and (row.stage, row.standard) in POLICY:
            policy = POLICY[row.stage, row.standard]
            kept = {policy[name] for name in ("personal", "sealed_until", "secret", "mask")} - {"none"}
            assert policy["openness"] == "public", row
            assert not kept, row


def test_every_fault_of_the_dialect_has_an_expected_result(papers: Papers) -> None:
    covered = {row.fault for row in papers.expected if row.fault}
    faults = set(load().dialects[papers.dialect].faults)
    assert covered <= faults
    assert faults - covered == set()


def test_expected_results_use_the_agreed_words(papers: Papers) -> None:
    assert {row.face for row in papers.expected} == {"out", "in"}
    for row in papers.expected:
        assert row.kind in KINDS
        assert row.blame in BLAMES
        assert row.code
        assert row.zh
        if row.face == "out" and row.kind in {"retry", "unknown"}:
            assert row.retriable, row
        if row.kind in {"delivered", "duplicate"}:
            assert not row.retriable, row


def test_golden_outcomes_are_rows_of_the_table(papers: Papers) -> None:
    known = {(row.face, row.kind, row.code) for row in papers.expected}
    lines = papers.golden()
    assert len({(line["file"], line["id"]) for line in lines}) == len(lines)
    for line in lines:
        face = "in" if line["request"]["path"].startswith("/in/") else "out"
        outcome = (line["outcome"]["kind"], line["outcome"]["code"])
        assert (face, *outcome) in known or ("out", *outcome) in known, line["id"]


@pytest.mark.parametrize(
    "dialect", ["static-token-rest", "soap11-wsse", "asmx-parasxml", "exch-hmac", "legacy-http"]
)
def test_samples_hold_what_the_table_says(dialect: str) -> None:
    papers = Papers.load(dialect)
    checked = 0
    for stage in papers.stages():
        if stage not in RECORDS:
            continue
        record = RECORDS[stage]
        for sent in wire_records(papers, stage):
            expected = papers.expected_foreign(stage, record["fields"])
            assert {name: sent.get(name) for name in expected} == expected
            assert papers.row_key(record["from"], stage, record["key"]) in sent.values()
            names = {row.foreign for row in (*papers.rows(stage), *papers.rows("*"))}
            assert set(sent) <= names
            checked += 1
    assert checked >= 2


def wire_records(papers: Papers, stage: str) -> list[dict[str, str]]:
    """The record as text values out of each outward sample of a stage, read without our codecs."""
    found = []
    for path in sorted((papers.root / "samples").glob(f"*{stage}.*request.*")):
        text = path.read_text("utf-8")
        if path.name.split(".")[0 if "-http" not in papers.dialect else 1] != stage:
            continue
        if papers.dialect == "legacy-http":
            found.append(texts(json.loads(parse_qs(text)["data"][0])))
        elif papers.dialect == "soap11-wsse":
            body = etree.fromstring(text.encode()).find("{*}Body")
            assert body is not None
            found.append({etree.QName(e).localname: e.text or "" for e in body.iter() if not len(e)})
        elif papers.dialect == "asmx-parasxml":
            inner = etree.fromstring(text.encode()).findtext(".//{*}ParasXml") or ""
            root = etree.fromstring(inner.split("?>", 1)[1])
            found.append({str(e.tag): e.text or "" for e in root})
        else:
            sent = json.loads(text)
            found.append(texts(sent.get("params", sent)))
    return found


def texts(record: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in record.items() if value not in (None, "")}


def test_samples_parse() -> None:
    for path in ROOT.glob("*/samples/*"):
        if path.suffix == ".xml":  # in the charset it declares
            etree.fromstring(path.read_bytes())
            continue
        text = path.read_text("utf-8")
        if path.suffix == ".json" or path.name.endswith("not-encoded.reply.txt"):
            json.loads(text)
        elif path.name.endswith(".reply.txt"):
            json.loads(unquote_plus(text))
        else:
            assert text


def test_dialect_toml_names_tables_for_every_stage() -> None:
    for path in ROOT.glob("*/dialect.toml"):
        facts = tomllib.loads(path.read_text("utf-8"))
        papers = Papers.load(path.parent.name)
        for section in ("tables", "operations", "modules"):
            if section in facts:
                assert set(facts[section]) - {"query"} == set(papers.stages()), (path, section)


def test_the_records_behind_the_samples_are_lawful() -> None:
    from hub.standard import load as load_standard

    standard = load_standard()
    for stage, record in RECORDS.items():
        envelope = standard.sample(stage, 1)
        envelope["body"]["fields"] = record["fields"]
        assert standard.check(envelope) == []


def test_single_systems_named_in_the_papers_are_catalogued_with_that_dialect() -> None:
    for dialect in DIALECTS:
        papers = Papers.load(dialect)
        for system, own in papers.facts.get("systems", {}).items():
            assert load().system(system).dialect == dialect
            assert own.get("variant", load().system(system).variant) == load().system(system).variant


def test_every_system_of_a_dialect_with_papers_has_papers_for_its_variant_or_waits() -> None:
    waiting = []
    for dialect in DIALECTS:
        facts = Papers.load(dialect).facts
        for system in load().by_dialect[dialect]:
            if system.variant and system.variant not in facts["variants"]:
                assert system.variant in facts["variants_later"]
                waiting.append(system.id)
    assert waiting == []
