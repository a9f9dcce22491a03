"""Rough handling: whatever bytes come, each foreign side answers and nothing takes effect by accident."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Maker = Callable[..., Any]
WHO = {
    "static-token-rest": "M01",
    "soap11-wsse": "D09",
    "asmx-parasxml": "M03",
    "exch-hmac": "R01",
    "chain-rest": "B01",
    "legacy-http": "X07",
    "hub-unified-v1": "P02",
}
ROUGH = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("dialect", WHO)
@ROUGH
@given(cut=st.integers(0, 3000), noise=st.binary(max_size=12))
def test_spoiled_golden_requests(bench: Maker, dialect: str, cut: int, noise: bytes) -> None:
    at = bench(dialect, WHO[dialect])
    for line in list(at.lines.values())[:6]:
        raw = line["request"]["body"].encode()
        at.desk.ledger.clear()
        spoiled = raw[: cut % (len(raw) + 1)] + noise + raw[cut % (len(raw) + 1) :]
        text = spoiled.decode("utf-8", "replace")
        reply = at.say({**line, "request": {**line["request"], "body": text}})
        assert 200 <= reply.status < 600 and isinstance(reply.body, bytes)


@ROUGH
@given(
    changes=st.dictionaries(
        st.sampled_from(["rowguid", "version", "opertype", "infotitle", "sendtime"]), VALUES
    )
)
def test_static_token_takes_only_what_its_form_allows(bench: Maker, changes: dict[str, Any]) -> None:
    at = bench("static-token-rest", "M01")
    line = at.lines["push-ok"]
    body = json.loads(line["request"]["body"])
    body["params"] |= changes
    reply = at.say({**line, "request": {**line["request"], "body": json.dumps(body)}})
    code = json.loads(reply.body)["status"]["code"]
    assert (code == 1) == (at.desk.ledger.effects == 1)
    if code == 1:
        assert isinstance(body["params"]["rowguid"], str) and body["params"]["infotitle"]


@ROUGH
@given(
    head=st.dictionaries(st.sampled_from(["msgId", "nonce", "time", "stage", "to", "from", "sign"]), VALUES)
)
def test_native_refuses_every_touched_head(bench: Maker, head: dict[str, Any]) -> None:
    at = bench("hub-unified-v1", "P02")
    line = at.lines["push-ok"]
    body = json.loads(line["request"]["body"])
    before = json.dumps(body, sort_keys=True)
    body["head"] |= head
    reply = at.say({**line, "request": {**line["request"], "body": json.dumps(body)}})
    assert (reply.status == 202) == (json.dumps(body, sort_keys=True) == before)


@pytest.mark.parametrize("query", ["since=yesterday", "since=2026-11-22", "cursor=" + "9" * 5000, "cursor=x"])
def test_odd_queries_of_the_native_export(bench: Maker, query: str) -> None:
    from datetime import datetime

    from hub.message import Key, sign_request
    from simulators.wire import Request

    at = bench("hub-unified-v1", "P02")
    given_ = at.desk.credentials
    key = Key(given_["key_id"], "centre", given_["alg"], given_["secret"].encode())
    now = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
    headers = sign_request("GET", f"/uis/v1/records?{query}", key, now=now, nonce="q" * 16)
    lower = {name.lower(): value for name, value in headers.items()}
    reply = at.side.answer(Request("GET", "/uis/v1/records", query, lower), now)
    assert reply.status == (400 if "yesterday" in query else 200)
