"""The mapping table itself: forms both ways, all problems at once, and that a wrong table shows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import adapters
from adapters.forms import UnmappedError, compile_form
from adapters.mapping import FieldMap, table
from hub.catalogue.papers import ROOT, Papers
from hub.errors import SenderError
from tests.adapters.records import fields_of
from tests.rows import each

CODES = {"sf": {"1": "是", "0": "否"}, "bool": {"true": "Y", "false": "N"}}
PACKAGES = {
    "static-token-rest": "static_token_rest",
    "soap11-wsse": "soap11_wsse",
    "asmx-parasxml": "asmx_parasxml",
    "chain-rest": "chain_rest",
    "exch-hmac": "exch_hmac",
    "legacy-http": "legacy_http",
    "token-sm4": "token_sm4",
    "http-xml": "http_xml",
    "soap12-x509": "soap12_x509",
    "rpc-execute": "rpc_execute",
    "gateway-gm": "gateway_gm",
    "hmac-open": "hmac_open",
    "sm2-envelope": "sm2_envelope",
    "bank-tcp-xml": "bank_tcp_xml",
    "scan-oauth": "scan_oauth",
    "front-db": "front_db",
    "xml-drop": "xml_drop",
    "cascade-db-file": "cascade_db_file",
}
MOMENT = st.datetimes(min_value=datetime(1, 1, 2)).map(  # noqa: DTZ001 - hypothesis wants naive bounds
    lambda at: at.replace(microsecond=0).isoformat() + "+08:00"
)
PATTERNS = (
    "yyyy-MM-dd HH:mm:ss",
    "yyyyMMddHHmmss",
    "yyyy/M/d H:mm:ss",
    "local-no-zone",
    "with-zone",
    "yyyy'年'M'月'd'日' HH:mm:ss",
)


@given(MOMENT, st.sampled_from(PATTERNS))
def test_moments_come_back(moment: str, pattern: str) -> None:
    form = compile_form(f"datetime:{pattern}", CODES)
    assert form.decode(form.encode(moment, {})) == moment


@each(
    ("form", "value", "abroad"),
    [
        ("datetime:yyyyMMddHHmmss", "2026-11-22T01:02:03+08:00", "20261122010203"),
        ("datetime:yyyyMMddHHmmss", "2026-11-22T01:02:03+00:00", "20261122090203"),
        ("datetime:yyyy/M/d H:mm:ss", "2026-01-02T03:04:05+08:00", "2026/1/2 3:04:05"),
        ("datetime:local-no-zone", "2026-01-02T03:04:05+08:00", "2026-01-02T03:04:05"),
        ("datetime:epoch-ms", "2026-11-22T09:00:00+08:00", "1795309200000"),
        ("date:yyyyMMdd", "2026-01-02", "20260102"),
        ("date:yyyy/M/d", "2026-01-02", "2026/1/2"),
        ("list:,", "a;b;;c;", "a,b,c"),
        ("code:sf", "1;0", "是;否"),
        ("code:bool", "true", "Y"),
        ("int", "007", "007"),
    ],
)
def test_forms_outward(form: str, value: str, abroad: str) -> None:
    assert compile_form(form, CODES).encode(value, {}) == abroad


@each(
    ("form", "foreign", "unified"),
    [
        ("datetime:yyyy-MM-dd HH:mm:ss", "2026-02-30 00:00:00", "2026-02-30 00:00:00"),
        ("datetime:yyyyMMddHHmmss", "2026112209000", "2026112209000"),
        ("datetime:yyyyMMddHHmmss", "２０２６1122090000", "２０２６1122090000"),
        ("datetime:yyyy-MM-dd HH:mm:ss|yyyy/M/d H:mm:ss", "2026/1/2 3:04:05", "2026-01-02T03:04:05+08:00"),
        ("datetime:epoch-ms", "1795309200000", "2026-11-22T09:00:00+08:00"),
        ("datetime:epoch-ms", "9" * 15, "9" * 15),
        ("date:yyyyMMdd", "20260102", "2026-01-02"),
        ("code:sf", "也许", "也许"),
        ("code:bool", "Y", True),
        ("code:bool", "0", False),
        ("code:bool", "?", "?"),
        ("int", "12", 12),
        ("int", "0", 0),
        ("int", "1.5", "1.5"),
        ("int", "9" * 30, "9" * 30),
    ],
)
def test_forms_inward_leave_what_they_cannot_read(form: str, foreign: str, unified: Any) -> None:
    """The checker of the standard, not the translator, says what is wrong with a value."""
    assert compile_form(form, CODES).decode(foreign) == unified


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**25), max_value=10**25))
def test_ten_thousands_are_exact(number: Decimal) -> None:
    wan, yuan = compile_form("amount:wan:U", CODES), compile_form("amount:yuan:U", CODES)
    text = format(number, "f")
    there = wan.encode(text, {"U": "0"})
    assert Decimal(yuan.encode(there, {"U": "1"})) == number
    assert "E" not in there
    assert not there.endswith(".")
    assert Decimal(wan.encode(text, {"U": "1"})) == number


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        ("1180.5", "1", "11805000.00"),
        ("5", "0", "5.00"),
        ("5.1", "0", "5.10"),
        ("5.125", "0", "5.125"),
        ("0.00001", "1", "0.10"),
        ("-3", "", "-3.00"),
    ],
)
def test_money_has_at_least_two_decimals_and_loses_none(value: str, unit: str, written: str) -> None:
    form = compile_form("amount:yuan2:U", CODES)
    assert form.encode(value, {"U": unit}) == written
    assert (form.decode(written), form.unit, form.unit_value) == (written, "U", "0")


@each("value", ["", "1e5", "1,000", "NaN", "Infinity", "１", "0x1", "9" * 61, "--1", "."])
def test_amounts_in_other_notations_are_refused(value: str) -> None:
    with pytest.raises(ValueError):
        compile_form("amount:wan:U", CODES).encode(value, {})


def test_unmapped_codes_are_ours_to_mend() -> None:
    with pytest.raises(UnmappedError):
        compile_form("code:sf", CODES).encode("1;7", {})


@pytest.mark.parametrize("form", ["", "datum:x", "amount:fen:U", "amount:wan", "code:none"])
def test_a_table_cannot_name_what_does_not_exist(form: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        compile_form(form, CODES)


def small() -> FieldMap:
    rows = [
        ("*", "*", "both", "@key", "id", "text"),
        ("*", "*", "out", "@hubId", "hub", "text"),
        ("m.a", "s", "both", "NAME", "name", "text"),
        ("m.a", "s", "both", "WHEN", "when", "date:yyyyMMdd"),
        ("m.a", "s", "both", "YES", "yes", "code:sf"),
        ("m.a", "s", "both", "PRICE", "price", "amount:wan:UNIT!"),
        ("m.q", "m.q", "reply", "party.code", "code", "text"),
        ("m.q", "m.q", "reply", "hits[].kind", "hits[]/kind", "text"),
        ("m.q", "m.q", "reply", "words[]", "words[]", "text"),
    ]
    names = ("message", "stage", "direction", "unified", "foreign", "form")
    return FieldMap(
        [{**dict(zip(names, row, strict=True)), "type": "string"} for row in rows],
        [{"map": "sf", "unified": "1", "foreign": "是"}, {"map": "sf", "unified": "0", "foreign": "否"}],
    )


def test_every_problem_is_told_at_once() -> None:
    fields = {"NAME": "\ud800é", "WHEN": "soon", "YES": "7", "PRICE": "much"}
    with pytest.raises(SenderError) as refused:
        small().abroad("s", "out", fields, {})
    assert {(f.at, f.code) for f in refused.value.findings} == {
        ("/body/fields/NAME", "mapping.unencodable"),
        ("/body/fields/WHEN", "mapping.value"),
        ("/body/fields/YES", "hub.code-unmapped"),
        ("/body/fields/PRICE", "mapping.value"),
    }


def test_an_object_is_no_text() -> None:
    for value in ({"a": 1}, ["a"]):
        with pytest.raises(SenderError) as refused:
            small().abroad("s", "out", {"NAME": value}, {})
        assert refused.value.code == "mapping.value"


def test_home_keeps_the_unknown_and_invents_nothing() -> None:
    reading = small().home(
        "s", "in", {"id": "k", "hub": "h", "name": "", "yes": None, "new": "值", "新": "x"}
    )
    assert reading.about == {"@key": "k"}
    assert reading.fields == {"UNIT": "1"}  # the standard requires the unit even without an amount
    assert reading.ext == {"new": "值"}


def test_lists_and_objects_of_services() -> None:
    fields = {"party": {"code": "X"}, "hits": [{"kind": "a"}, {"kind": ""}], "words": ["甲", "乙"]}
    made = small().lists_abroad("m.q", "reply", fields)
    assert made == {"hits": [{"kind": "a"}, {}], "words": ["甲", "乙"]}
    assert small().lists_home("m.q", "reply", made) == {"hits": [{"kind": "a"}], "words": ["甲", "乙"]}
    assert small().lists_home("m.q", "reply", {"hits": [None, 3, {"kind": 5}]}) == {"hits": [], "words": []}
    assert small().home("m.q", "reply", {"code": "X"}).fields == {"party": {"code": "X"}}


@each("dialect", PACKAGES)
def test_every_field_of_the_papers_has_its_place(dialect: str) -> None:
    """Same rows as the papers, nothing more: the notation of forms is the adapter's own."""
    papers = Papers.load(dialect)
    ours = FieldMap.beside(f"adapters.{PACKAGES[dialect]}").rows
    wanted = {(r.stage, r.direction, *_plain(r.foreign, r.standard)) for r in papers.fields}
    assert {(row.stage, row.direction, *_plain(row.foreign, row.unified)) for row in ours} == wanted


def _plain(foreign: str, standard: str) -> tuple[str, str]:
    """A list that stands joined in one column is a form here, brackets in the papers."""
    return foreign.replace("[]", ""), standard.removesuffix("[]")


FEW_RECORDS = ("chain-rest", "bank-tcp-xml", "scan-oauth")  # no two texts in a record of theirs


@each("dialect", [d for d in PACKAGES if d not in FEW_RECORDS])
def test_a_swapped_pair_of_fields_shows(dialect: str) -> None:
    """The judge is the papers' table; an adapter whose table has two names swapped disagrees with it."""
    package, papers = f"adapters.{PACKAGES[dialect]}", Papers.load(dialect)
    rows = table(package, "mapping.csv")
    stage = next(s for s in papers.stages() if papers.rows(s, "out"))
    texts = [row for row in rows if row["stage"] == stage and row["form"] == "text"][:2]
    texts[0]["foreign"], texts[1]["foreign"] = texts[1]["foreign"], texts[0]["foreign"]
    wrong = FieldMap(rows, table(package, "codes.csv"))
    right = FieldMap.beside(package)
    fields = fields_of(papers, stage, "out", 1)
    expected = papers.expected_foreign(stage, fields)

    def held(of: FieldMap) -> dict[str, str | None]:
        return {row.foreign: text for row, text in of.abroad(stage, "out", fields, {}) if row.stage == stage}

    assert held(right) == expected
    assert held(wrong) != expected


def test_every_adapter_has_papers() -> None:
    home = Path(adapters.__file__).parent
    folders = {path.parent.name for path in home.glob("*/dialect.py")}
    assert folders == {*PACKAGES.values(), "hub_unified"}
    assert {path.parent.name for path in ROOT.glob("*/dialect.toml")} >= {*PACKAGES, "hub-unified-v1"}


def test_answers_are_those_of_the_papers_error_samples() -> None:
    """Every published error sample names a code that the adapter's answer table has."""
    for dialect, package in PACKAGES.items():
        known = {row["foreign"] for row in table(f"adapters.{package}", "answers.csv")}
        for path in (ROOT / dialect / "samples").glob("*error.*.reply.*"):
            code = path.name.partition("error.")[2].partition(".reply")[0]
            assert code in known, (dialect, code)
