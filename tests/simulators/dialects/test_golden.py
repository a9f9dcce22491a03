"""Golden transcripts of every dialect: the golden request gets the golden answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from simulators.desk import Refusal
from simulators.faults.plan import MECHANISMS, known
from simulators.wire import Request

Maker = Callable[..., Any]


def replaced(fault: str, dialect: str) -> tuple[int, str, str]:
    """What a `replace` fault puts on the wire: status, content type, body."""
    row = known(fault, dialect)
    rewrite = MECHANISMS[row.mechanism](row).rewrite
    assert rewrite is not None
    reply = rewrite(None, Request("POST", "/"))  # type: ignore[arg-type]
    return reply.status, reply.headers["Content-Type"], reply.body.decode()


def test_soap11(bench: Maker) -> None:
    at = bench("soap11-wsse", "D09")

    def book(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        if asked["INVEST_PROJECT_CODE"].endswith("999999"):
            raise Refusal("project.not-found")
        return {
            "found": True,
            "INVEST_PROJECT_CODE": asked["INVEST_PROJECT_CODE"],
            "PROJECT_NAME": "永登县城区供热管网改造工程",
            "TENDER_PROJECT_TYPE": "A01",
            "LEGAL_PERSON": "永登县住房和城乡建设局",
            "TENDER_MODE": "1",
            "budget": {"amount": "1300", "unit": "1"},
            "APPROVAL_AUTHORITY": "永登县发展和改革局",
            "approvalTime": "2026-10-08T10:00:00+08:00",
            "APPROVAL_NUMBER": "永发改〔2026〕15号",
            "approvalResult": "approved",
            "asOf": "2026-11-22T09:00:00+08:00",
        }

    at.desk.books["project.query"] = book
    for ident in (
        "push-ok", "push-duplicate", "push-nonce-reused", "push-expired", "push-bad-password",
        "push-conflict", "push-schema", "push-no-soapaction", "query-record", "query-record-none",
        "query-project", "query-project-none",
    ):  # fmt: skip
        at.golden(ident)
    assert at.desk.ledger.effects == 1


def test_asmx(bench: Maker) -> None:
    at = bench("asmx-parasxml", "M03")
    for ident in (
        "push-ok",
        "push-duplicate",
        "push-conflict",
        "push-bad-token",
        "push-refused",
        "get-ok",
        "get-none",
    ):
        at.golden(ident)
    assert at.desk.ledger.effects == 1
    for ident, mood in (
        ("answer-double-escaped", "double-escaped-cdata"),
        ("answer-bom", "bom-in-inner-xml"),
        ("answer-ampersand", "unescaped-ampersand"),
        ("answer-empty", "empty-string-answer"),
    ):
        bench("asmx-parasxml", "M03").golden(ident, (mood,))
    page = at.lines["answer-html"]["reply"]
    assert replaced("html-error-page-200", "asmx-parasxml") == (
        page["status"], page["headers"]["Content-Type"], page["body"],
    )  # fmt: skip


def test_d08_escapes_twice_of_its_own_accord(bench: Maker) -> None:
    bench("asmx-parasxml", "D08").golden("answer-double-escaped")


def test_exch_hmac(bench: Maker) -> None:
    at = bench("exch-hmac", "R01")

    def book(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        barred = asked["party.code"] == "916201037190556627"
        hit = {
            "VIOLATING_CODE": "WF-2026-0001", "kind": "barred", "confinedAction": "1",
            "CONFINED_START": "2026-01-01T00:00:00+08:00", "CONFINED_END": "2027-12-31T23:59:59+08:00",
            "blocking": True,
        }  # fmt: skip
        return {
            "creditCheckNo": "HY202612200000000" + ("2" if barred else "1"), "barred": barred,
            "hits": [hit] if barred else [], "sourceSystem": "R01", "asOf": "2026-12-20T09:00:00+08:00",
        }  # fmt: skip

    at.desk.books["credit.query"] = book
    at.golden("secret", late=0.0)
    for ident in ("secret-bad-key", "push-ok", "push-twice", "query-two", "query-none"):
        at.golden(ident)
    at.golden("push-code-number", ("code-type-flip",))
    for ident in ("push-bad-sign", "push-old-rtime", "push-rid", "push-refused", "push-expired"):
        at.golden(ident, late=0.0)
    at.golden("credit-ok")
    at.golden("credit-barred")
    assert [record.effects for record in at.desk.ledger] == [2, 1]
    page = at.lines["gateway-502"]["reply"]
    assert replaced("gateway-502", "exch-hmac") == (502, page["headers"]["Content-Type"], page["body"])


def test_chain(bench: Maker) -> None:
    at, tx = bench("chain-rest", "B01"), '"txHash":"0x[0-9a-f]{64}"'
    at.golden("put-ok")
    for ident in ("put-repeat", "query-ok", "verify-ok", "verify-differs"):
        at.golden(ident, numbers=tx)
    for ident in ("put-conflict", "put-no-app", "put-bad-hash", "query-none"):
        at.golden(ident)
    at.golden("put-cert-expired", ("member-cert-expired",))
    for _ in range(20):
        at.say(at.lines["query-none"], late=5.0)
    at.golden("put-throttled", late=5.5)
    assert at.desk.ledger.effects == 1
    assert at.say(at.lines["query-none"], late=6.0).status == 404


def test_legacy_session(bench: Maker) -> None:
    at = bench("legacy-http", "X07")
    lines = {line["id"]: line for line in at.papers.golden() if line["file"] == "session-rcode.jsonl"}
    at.lines = lines
    for ident in (
        "login-ok",
        "login-bad",
        "save-ok",
        "save-duplicate",
        "save-conflict",
        "save-refused",
        "query-ok",
        "query-none",
    ):
        at.golden(ident)
    at.golden("save-stacktrace", ("stacktrace-in-answer",))
    at.golden("save-expired")
    assert at.desk.ledger.effects == 1


def test_legacy_appkey(bench: Maker) -> None:
    at = bench("legacy-http", "S01")
    at.lines = {line["id"]: line for line in at.papers.golden() if line["file"] == "appkey-md5.jsonl"}
    for ident in (
        "save-ok",
        "save-duplicate",
        "save-bad-sign",
        "save-expired",
        "save-refused",
        "query-ok",
        "query-none",
    ):
        at.golden(ident)
    assert at.desk.ledger.effects == 1
    again = bench("legacy-http", "S01")
    again.lines = at.lines
    again.golden("save-data-string", ("data-json-in-string",))


def test_native(bench: Maker) -> None:
    at = bench("hub-unified-v1", "P02")
    for ident in ("push-ok", "push-duplicate", "push-conflict", "push-bad-sign", "push-replay", "push-clock"):
        line = at.lines[ident]
        late = 61.0 if line["request"]["body"].find("T09:01:00") > 0 else 1.0
        at.golden(ident, late=late)
    at.golden("query-ok")
    at.golden("query-none")
    assert at.desk.ledger.effects == 1
    said = at.say(at.lines["push-findings"])
    wanted = json.loads(at.lines["push-findings"]["reply"]["body"])
    found = json.loads(said.body)
    assert (said.status, found["code"], found["title"]) == (422, wanted["code"], wanted["title"])
    assert [(f["code"], f["at"]) for f in found["findings"]] == [
        (f["code"], f["at"]) for f in wanted["findings"]
    ]


@pytest.mark.parametrize("dialect", ["soap11-wsse", "asmx-parasxml"])
def test_bombs_and_doctypes_are_refused(bench: Maker, dialect: str) -> None:
    at = bench(dialect, "D09" if dialect.startswith("soap") else "M03")
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    line = at.lines["push-ok"]
    body = line["request"]["body"].replace("?>\n", "?>\n" + bomb, 1)
    said = at.say({**line, "request": {**line["request"], "body": body}})
    assert said.status == 500 and b"Client" in said.body
    assert at.desk.ledger.effects == 0
