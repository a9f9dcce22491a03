"""Rough handling of banks and packages: whatever octets come, there is an answer that says what was done."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.dialects import SIDES, bank_documents
from simulators.dialects.bank_tcp_xml import TEXTS
from simulators.roll import roll
from simulators.systems.build import Making, build
from simulators.wire import Request

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
ROUGH = settings(max_examples=150, deadline=None, database=None)


def golden(dialect: str, ident: str) -> dict[str, Any]:
    lines = [line for line in Papers.load(dialect).golden() if line["file"] == "outward.jsonl"]
    return next(line for line in lines if line["id"] == ident)


DOCUMENT = base64.b64decode(golden("bank-tcp-xml", "account-ok")["request"]["body_b64"])
PUT = json.loads(golden("xml-drop", "push-success")["request"]["body"])["put"][0]
PACKAGE = base64.b64decode(PUT["b64"])


def spoiled(octets: bytes) -> st.SearchStrategy[bytes]:
    """A few octets changed, cut out or put in."""
    places = st.integers(0, len(octets) - 1)
    cuts = st.tuples(places, st.integers(0, 40), st.binary(max_size=12))
    return st.lists(cuts, min_size=1, max_size=4).map(lambda done: _spoil(octets, done))


def _spoil(octets: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, more in cuts:
        octets = octets[:at] + more + octets[at + length :]
    return octets


@ROUGH
@given(st.binary(max_size=400) | spoiled(DOCUMENT))
def test_the_bank_answers_whatever_comes(octets: bytes) -> None:
    system = build(roll()["F03"], Making())
    system.desk.credentials = {"auth_code": "GS6201"}
    system.side = SIDES["bank-tcp-xml"](system.desk)
    said = bank_documents.understood(system.side.answer(Request("TCP", "/", body=octets), NOW).body)
    assert (said.body["result"] == "1") is (system.desk.ledger.effects == 1)
    assert said.body["result"] == "1" or said.body["errcode"] in TEXTS


@ROUGH
@given(st.binary(max_size=400) | spoiled(PACKAGE))
def test_a_package_is_good_or_told_what_it_is(octets: bytes) -> None:
    """An octet that does not matter to a zip (a date, an attribute) may pass; then it is a record."""
    system = build(roll()["X02"], Making())
    request = Request("FILES", "/" + PUT["path"], body=octets)
    told = json.loads(system.side.answer(request, NOW).body)["put"]
    ((path, text),) = told.items()
    answer = base64.b64decode(text).decode()
    if system.desk.ledger.effects:
        assert 'result="success"' in answer and path.endswith(".receipt.xml")
    else:
        assert 'code="' in answer
