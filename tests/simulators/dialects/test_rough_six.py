"""Rough handling of six dialects: whatever bytes and headers come, there is an answer and no effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects import SIDES
from simulators.roll import roll
from simulators.systems.books import open_books
from simulators.wire import Request

# dialect -> system, and which golden lines to spoil
WHO = {
    "static-token-rest": ("M04", "sm2-aes.jsonl"),
    "exch-hmac": ("D14", "soap-cdata-package.jsonl"),
    "soap12-x509": ("P05", "outward.jsonl"),
    "rpc-execute": ("D10", "outward.jsonl"),
    "sm2-envelope": ("F01", "outward.jsonl"),
    "scan-oauth": ("P23", "outward.jsonl"),
}
ROUGH = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
SPOILT = st.tuples(st.integers(0, 6000), st.binary(max_size=12), st.booleans())


def systems(dialect: str) -> tuple[Any, list[dict[str, Any]]]:
    ident, file = WHO[dialect]
    lines = [line for line in Papers.load(dialect).golden() if line["file"] == file]
    lines = [line for line in lines if line.get("system", ident) == ident][:5]
    desk = Desk(ident, "", dialect, roll()[ident].variant, lines[0]["secrets"])
    open_books(desk, 1)
    return SIDES[dialect](desk), lines


@pytest.mark.parametrize("dialect", WHO)
@ROUGH
@given(spoilt=SPOILT)
def test_spoilt_golden_requests(dialect: str, spoilt: tuple[int, bytes, bool]) -> None:
    side, lines = systems(dialect)
    at, noise, instead = spoilt
    for line in lines:
        raw = line["request"]["body"].encode()
        cut = at % (len(raw) + 1)
        body = raw[:cut] + noise + (b"" if instead else raw[cut:])
        headers = {name.lower(): value for name, value in line["request"]["headers"].items()}
        now = datetime.fromisoformat(line["at"])
        reply = side.answer(Request("POST", line["request"]["path"], "", headers, body), now)
        assert 200 <= reply.status < 600 and isinstance(reply.body, bytes)
        if body != raw and dialect != "rpc-execute":  # there nothing is signed: noise in white space is none
            assert side._desk.ledger.effects == 0
        side._desk.ledger.clear()


@pytest.mark.parametrize("dialect", WHO)
@ROUGH
@given(values=st.lists(st.text(max_size=20), min_size=8, max_size=8))
def test_odd_headers(dialect: str, values: list[str]) -> None:
    side, lines = systems(dialect)
    names = ("content-type", "x-app-id", "x-sign", "rtime", "sign", "x-timestamp", "x-nonce", "authorization")
    for line in lines[:2]:
        headers = {name.lower(): value for name, value in line["request"]["headers"].items()}
        headers |= dict(zip(names, values, strict=True))
        body = line["request"]["body"].encode()
        now = datetime.fromisoformat(line["at"])
        reply = side.answer(Request("POST", line["request"]["path"], "", headers, body), now)
        assert 200 <= reply.status < 600
