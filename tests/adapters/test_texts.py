"""JSON and XML of strangers: digits kept, bombs inert, nothing raised."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import jsontext, soap, xmltext
from adapters.answers import by_status, is_html
from adapters.origin import below, row_key
from adapters.proof import same
from hub.catalogue.forms import row_key as papers_row_key
from hub.errors import SenderError
from hub.ports import WireReply
from tests.adapters.contract import BOMB
from tests.rows import each

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc中", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_json_is_written_as_any_reader_reads_it(value: object) -> None:
    assert json.loads(jsontext.write(value)) == value


@pytest.mark.parametrize("digits", ["12345678901234567890.10", "0.1", "1E5", "100000000000000000000"])
def test_numbers_keep_their_digits(digits: str) -> None:
    value = jsontext.read(f'{{"a":{digits}}}'.encode())
    assert value == {"a": digits}
    assert jsontext.write(value) == f'{{"a":{digits}}}'


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"nul", b"{} {}"])
def test_what_is_no_json_is_nothing(raw: bytes) -> None:
    assert jsontext.read(raw) is None


def test_brackets_in_text_are_no_depth() -> None:
    assert jsontext.read(b'{"a":"' + b"[{" * 500 + b'\\"' + b'"}') == {"a": "[{" * 500 + '"'}


def test_floats_have_no_form() -> None:
    with pytest.raises(TypeError):
        jsontext.write({"a": 1.5})


@given(
    st.text(
        st.characters(
            exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
        )
    )
)
def test_xml_text_comes_back(text: str) -> None:
    root = xmltext.read(f"<a>{xmltext.element('b', text)}</a>")
    assert xmltext.content(xmltext.child(root, "b")) == text


@each(
    "raw",
    [
        BOMB,
        b"<a>&x;</a>",
        b"<!DOCTYPE a><a/>",
        b"<!-- x --><!DOCTYPE a [<!ENTITY y 'z'>]><a>&y;</a>",
        b"\xff<a/>",
        b"",
        b"<a>" * 400 + b"</a>" * 400,
        "<a>永".encode("gb18030"),
        "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
    ],
)
def test_what_is_no_safe_xml_is_nothing(raw: bytes) -> None:
    assert xmltext.read(raw) is None


def test_the_declared_encoding_is_not_believed() -> None:
    root = xmltext.read('\ufeff<?xml version="1.0" encoding="gb2312"?><a>永登</a>'.encode())
    assert xmltext.content(root) == "永登"


def test_nil_empty_and_missing_are_the_same() -> None:
    root = xmltext.read("<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><b i:nil='true'/><c></c></a>")
    assert [xmltext.content(xmltext.child(root, name)) for name in "bcd"] == ["", "", ""]


def test_what_xml_cannot_hold_is_named() -> None:
    with pytest.raises(SenderError) as refused:
        xmltext.check_encodable([("A", "\x00"), ("B", "ok\r\n\t"), ("C", "\uffff"), ("D", None)])
    assert [finding.at for finding in refused.value.findings] == ["/body/fields/A", "/body/fields/C"]


def test_only_soap_11_is_soap() -> None:
    body = "<e:Envelope xmlns:e='{}'><e:Body><x/></e:Body></e:Envelope>"
    assert soap.read(body.format(soap.NAMESPACE).encode()) is not None
    assert soap.read(body.format("http://www.w3.org/2003/05/soap-envelope").encode()) is None
    assert soap.read(body.replace("<x/>", "").format(soap.NAMESPACE).encode()) is None
    assert soap.read(body.replace("<x/>", "<x/><y/>").format(soap.NAMESPACE).encode()) is None


@given(
    st.text(max_size=8),
    st.text(max_size=8),
    st.text(max_size=8),
    st.sampled_from(["uuid", "hex32", "HEX32", "hex64"]),
)
def test_row_keys_are_those_of_the_papers(sender: str, stage: str, key: str, shape: str) -> None:
    assert row_key(sender, stage, key, shape) == papers_row_key(sender, stage, key, shape)


def test_paths_with_and_without_the_prefix() -> None:
    assert below("/in/T03/a/b?c", "T03") == below("/a/b?c", "T03") == "/a/b?c"
    assert below("/in/T03", "T03") == "/"
    assert below("/in/T04/a", "T03") == "/in/T04/a"


def test_an_unknown_secret_matches_nothing() -> None:
    assert same("a", "a")
    assert not same("", "")
    assert not same("\udcff", "a")


@pytest.mark.parametrize("after", ["7", "", "soon", "-1", "9" * 9, "７"])
def test_retry_after_is_read_when_it_is_a_number(after: str) -> None:
    outcome = by_status(WireReply(429, {"retry-after": after}, b""), 10)
    assert outcome is not None
    assert outcome.data == ({"retry_after": 7} if after == "7" else {})


@pytest.mark.parametrize(
    ("body", "page"), [(b"\xef\xbb\xbf \n<html>", True), (b'{"a":"<"}', False), (b"", False)]
)
def test_pages_are_told_by_their_first_mark(body: bytes, page: bool) -> None:
    assert is_html(WireReply(200, {}, body)) is page
