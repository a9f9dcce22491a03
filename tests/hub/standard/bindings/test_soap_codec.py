"""Envelope to SOAP and back: the same JSON, or a finding; nothing in between."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.message import Finding, Key, canonical, sign, verify
from hub.standard import Standard, load
from hub.standard.bindings.soap_decode import soap_decode
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_names import MOST, NS, SOAP11, SOAP12
from tests.rows import each

HEADER = '<soap:Header><x soap:mustUnderstand="1"/></soap:Header>'
KEY = Key("T01-k1", "T01", "hmac-sm3", b"k" * 32)
LIMITS = {
    "empty": "", "blanks": " \u3000\t ", "four bytes": "𠀀𪛖𰻝", "end of cdata": "a]]>b]]>",
    "markup": "<a&b>\"'", "twenty digits": "9" * 20,
    "line feed": "a\nb", "carriage return": "\ra\r\nb\r", "tab": "\t\ta", "zeros": "000120", "edges": " a ",
    "next line": "a\u0085b\u2028c", "last of BMP": "\ufffd\ud7ff\ue000", "null": None,
    "number": 7, "negative": -(2**53), "text of a number": "7", "true": True, "text of true": "true",
    "text of null": "null", "nested": {"b": [1, None, {"a": ""}], "a": "]]>\r"}, "list": [], "object": {},
}  # fmt: skip


def there_and_back(standard: Standard, envelope: Any, version: Any = SOAP11) -> Any:
    raw = soap_encode(standard, envelope, version=version)
    assert isinstance(raw, bytes), raw
    back = soap_decode(standard, raw)
    assert isinstance(back, dict), back
    return back


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: True is not 1 there."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def test_signed_samples_of_every_stage(standard: Standard) -> None:
    for stage in standard.stages:
        for seed, op in enumerate(("insert", "update", "delete")):
            envelope = sign(standard.sample(stage.id, seed, op=op), KEY)
            for version in (SOAP11, SOAP12):
                back = there_and_back(standard, envelope, version)
                assert same(back, envelope)
            assert canonical(back) == canonical(envelope)
            assert verify(back, lambda _: KEY) == []


def test_every_service(standard: Standard, asked: Callable[..., Any]) -> None:
    for name in standard.services:
        for full in (False, True):
            envelope = asked(name, full=full)
            assert same(there_and_back(standard, envelope), envelope), name


def test_mutants_arrive_as_wrong_as_they_were(
    standard: Standard, one_stage: Callable[[str, int], list[Any]]
) -> None:
    """The hub must find the sender's mistake, not the codec's idea of it."""
    arrived = 0
    for stage in standard.stages[::5]:
        for mutant in one_stage(stage.id, 60):
            raw = soap_encode(standard, mutant.envelope)
            if isinstance(raw, tuple):
                assert mutant.rule in ("stage.unknown", "service.unknown"), (mutant.rule, raw)
                continue
            back = soap_decode(standard, raw)
            assert isinstance(back, dict), (mutant, back)
            assert same(back, mutant.envelope)
            arrived += 1
    assert arrived > 500


@each("what", LIMITS)
def test_values_at_the_limits(standard: Standard, what: str) -> None:
    """In a text field, an integer field, a field nobody knows, and in `ext` under an odd name."""
    value = LIMITS[what]
    envelope = standard.sample("eng-section", 3)
    fields = envelope["body"]["fields"]
    fields |= {"BID_SECTION_NAME": value, "LIMITE_TIME": value, "NOBODY": value}
    envelope["body"]["ext"] = {"a b/\"<'>": value, "": value, "member": value, "item": [value]}
    envelope["body"]["files"] = [{"name": value, "size": value, "digest": value, "other": value}]
    assert same(there_and_back(standard, envelope), envelope)


def test_absent_empty_and_null_are_three_things(standard: Standard) -> None:
    raws = set()
    for change in ({}, {"ADDRESS": ""}, {"ADDRESS": None}, {"ADDRESS": "null"}):
        envelope = standard.sample("eng-project", 1)
        envelope["body"]["fields"].pop("ADDRESS")
        envelope["body"]["fields"] |= change
        raw = soap_encode(standard, envelope)
        assert isinstance(raw, bytes)
        raws.add(raw)
        assert same(soap_decode(standard, raw), envelope)
    assert len(raws) == 4
    for part, forms in {"ext": [{}, None], "files": [[], None]}.items():
        for value in forms:
            envelope = standard.sample("eng-project", 1)
            envelope["body"].pop(part, None)
            if value is not None:
                envelope["body"][part] = value
            assert same(there_and_back(standard, envelope), envelope)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_what_xml_cannot_carry_is_refused_at_its_place(standard: Standard, character: str) -> None:
    envelope = standard.sample("eng-project", 1)
    envelope["body"]["fields"]["ADDRESS"] = f"a{character}"
    envelope["body"]["ext"] = {"a": [{f"n{character}": "x"}]}
    found = soap_encode(standard, envelope)
    assert isinstance(found, tuple)
    places = [(one.code, one.at.encode("utf-8", "replace")) for one in found]
    assert places[0] == ("binding.character", b"/body/fields/ADDRESS")
    assert places[1][1].startswith(b"/body/ext/a/0/n")
    assert f"U+{ord(character):04X}" in found[0].observed


def changed(standard: Standard, *pairs: tuple[str, str]) -> tuple[Finding, ...] | dict[str, Any]:
    raw = soap_encode(standard, standard.sample("eng-project", 1))
    assert isinstance(raw, bytes)
    text = raw.decode("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return soap_decode(standard, text.encode("utf-8"))


@each(
    ("code", "old", "new"),
    [
        ("xml.doctype", "<soap:Envelope", '<!DOCTYPE a [<!ENTITY b "c">]><soap:Envelope'),
        ("xml.malformed", "</head>", ""),
        ("xml.encoding", "encoding='utf-8'", "encoding='GBK'"),
        ("soap.version", "http://schemas.xmlsoap.org/soap/envelope/", "urn:x"),
        ("soap.operation", NS, "urn:hutong:uis:v1"),
        ("soap.operation", "put.eng-project", "put.eng-projekt"),
        ("soap.envelope", "<soap:Body>", "<soap:Body><x/>"),
        ("soap.must-understand", "<soap:Body>", f"{HEADER}<soap:Body>"),
        ("soap.mismatch", "<stage>eng-project<", "<stage>eng-section<"),
        ("soap.text", "<head>", "<head>x"),
        ("soap.member", "<ver>", "<NOBODY/><ver>"),
        ("json.duplicate-key", "<ver>1</ver>", "<ver>1</ver><ver>1</ver>"),
        ("soap.namespace", "<ver>1</ver>", '<ver xmlns="urn:x">1</ver>'),
        ("soap.attribute", "<ver>", '<ver role="x">'),
        ("soap.kind", "<version>", '<version kind="float">'),
        ("soap.kind", "<version>1<", '<version kind="integer">1.0<'),
        ("soap.kind", "<version>1<", '<version kind="json">{"a":1,"a":2}<'),
        ("soap.nil", "<ver>", '<ver xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">'),
        ("binding.character", "<ver>1<", '<ver kind="json">"\\u0001"<'),
    ],
)  # fmt: skip
def test_strangers_are_refused_by_name(standard: Standard, code: str, old: str, new: str) -> None:
    found = changed(standard, (old, new))
    assert isinstance(found, tuple)
    assert code in [one.code for one in found]
    assert all(one.advice and one.clause for one in found)


def test_all_findings_at_once(standard: Standard) -> None:
    found = changed(standard, ("<ver>", '<ver role="x">'), ("<op>insert</op>", "<op><b/></op><zz/>"))
    assert isinstance(found, tuple)
    assert [one.code for one in found] == ["soap.attribute", "soap.member", "soap.member"]


def test_indentation_between_elements_is_no_data(standard: Standard) -> None:
    again = changed(standard, ("<fields>", "\n  <fields>\n\t"), ("</head>", "\r\n<!-- c --></head>"))
    assert same(again, standard.sample("eng-project", 1))


def test_forms_of_the_same_text(standard: Standard) -> None:
    sample = standard.sample("eng-project", 1)
    name = sample["body"]["fields"]["PROJECT_NAME"]
    sample["body"]["fields"]["PROJECT_NAME"] = f"{name}]]>\r"
    written = f"<![CDATA[{name}]]]]><!-- c --><![CDATA[>]]>&#xD;<"
    assert same(changed(standard, (f"{name}<", written)), sample)


@pytest.mark.parametrize("raw", [b"", b"<", b"\xff\xfe", b"<a/>", "<a>中</a>".encode("gbk"), b"<a>" * 60_000])
def test_hostile_bytes_become_one_finding(standard: Standard, raw: bytes) -> None:
    found = soap_decode(standard, raw)
    assert isinstance(found, tuple) and len(found) == 1


def test_a_flood_of_faults_is_cut_short(standard: Standard) -> None:
    found = changed(standard, ("<ver>", "<NOBODY/>" * 40_000 + "<ver>"))
    assert isinstance(found, tuple) and len(found) == MOST
    envelope = standard.sample("eng-project", 1)
    envelope["body"]["ext"] = {"a": ["\x01"] * 1000}
    assert len(soap_encode(standard, envelope)) == MOST


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32)
XML_TEXT = st.text(CHARACTERS | st.sampled_from("\t\n\r"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | XML_TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abZ_ 9./", max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_json_in_any_place(data: st.DataObject) -> None:
    standard = load()
    envelope = copy.deepcopy(standard.sample("eng-section", 2))
    fields = envelope["body"]["fields"]
    for name in data.draw(st.lists(st.sampled_from([*fields, "Z"]), max_size=4)):
        fields[name] = data.draw(JSON)
    envelope["body"]["ext"] = data.draw(st.dictionaries(st.text("abZ_ 9./", max_size=5), JSON, max_size=3))
    envelope["body"]["version"] = data.draw(JSON)
    assert same(there_and_back(standard, envelope), envelope)
