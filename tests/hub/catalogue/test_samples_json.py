"""Samples of token-sm4, gateway-gm and hmac-open against their own tables and the standard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT, FieldRow
from hub.services.rows import check_reply
from hub.standard import load
from tests.rows import each

DIALECTS = ("token-sm4", "gateway-gm", "hmac-open")
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
STANDARD = load()
SERVICES = [(d, s) for d in DIALECTS for s in Papers.load(d).stages() if "." in s]
STAGES = [(d, s) for d in DIALECTS for s in Papers.load(d).stages() if "." not in s]


def sample(papers: Papers, name: str) -> dict[str, Any]:
    found = json.loads((papers.root / "samples" / name).read_text("utf-8"))
    assert isinstance(found, dict)
    return found


@each(("dialect", "stage"), STAGES)
def test_pushes_hold_exactly_what_the_table_says(dialect: str, stage: str) -> None:
    papers, record = Papers.load(dialect), RECORDS[stage]
    sent = sample(papers, f"{stage}.push.request.json")
    expected = papers.expected_foreign(stage, record["fields"])
    envelope = {row.foreign for row in papers.rows("*")}
    credentials = set(papers.facts["credentials"]) | {"token"}
    fields = {name: value for name, value in sent.items() if name not in envelope | credentials}
    assert {name: str(value) for name, value in fields.items() if value not in ("", None)} == expected
    assert papers.row_key(record["from"], stage, record["key"]) in sent.values()
    absent: tuple[Any, ...] = {"omitted": (), "empty-string": ("",), "null": (None,)}[papers.facts["absent"]]
    assert all(value in absent for name, value in fields.items() if name not in expected)
    for row in papers.rows(stage):
        if row.foreign in expected:
            assert isinstance(sent[row.foreign], int if row.foreign_type == "integer" else str), row


def leaf(message: Mapping[str, Any], row: FieldRow) -> list[Any]:
    """Every value at a foreign path; an absent one gives none."""
    here: list[Any] = [message]
    for step in row.foreign.split("/"):
        name = step.removesuffix("[]")
        here = [item[name] for item in here if isinstance(item, dict) and item.get(name) not in (None, "")]
        if step.endswith("[]"):
            here = [item for items in here for item in items]
    return here


def home(papers: Papers, row: FieldRow, value: Any) -> Any:
    """The unified value, read backwards from the code map; only what these samples need."""
    kind, _, rest = row.form.partition(":")
    if kind == "code":
        spelt = {foreign: code for code, foreign in papers.codes[rest].items()}
        told = spelt[str(value).lower() if isinstance(value, bool) else value]
        return told == "true" if rest == "bool" else told
    if kind == "datetime":
        digits = "".join(c for c in value[:19] if c.isdigit())
        return datetime.strptime(f"{digits}+0800", "%Y%m%d%H%M%S%z").isoformat()
    return value


@each(("dialect", "service"), SERVICES)
def test_replies_come_home_lawful(dialect: str, service: str) -> None:
    papers = Papers.load(dialect)
    whole = sample(papers, f"{service}.reply.json")
    data = whole["result"] if "bizCode" in whole else whole["data"]
    fields: dict[str, Any] = {}
    for row in papers.rows(service, "reply"):
        values = [home(papers, row, value) for value in leaf(data, row)]
        top, _, inner = row.standard.partition("[]")
        if inner:
            items = fields.setdefault(top, [{} for _ in values])
            for item, value in zip(items, values, strict=False):
                item[inner.removeprefix(".")] = value
        elif "[]" in row.standard:
            fields[top] = values
        elif values:
            *above, last = row.standard.split(".")
            into = fields
            for name in above:
                into = into.setdefault(name, {})
            into[last] = values[0]
            if row.form.startswith("amount:yuan"):
                into["unit"] = "0"
    assert [f"{one.at} {one.code}" for one in check_reply(STANDARD.services[service], fields)] == []


@each(("dialect", "service"), SERVICES)
def test_requests_hold_every_required_row_and_nothing_strange(dialect: str, service: str) -> None:
    papers = Papers.load(dialect)
    asked = sample(papers, f"{service}.request.json")
    rows = papers.rows(service, "request")
    for row in rows:
        assert leaf(asked, row) or not row.required, row
    tops = {row.foreign.split("/")[0].removesuffix("[]") for row in rows}
    assert set(asked) <= tops | set(papers.facts["credentials"]) | {"token"}
