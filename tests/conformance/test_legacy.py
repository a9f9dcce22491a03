"""The legacy chapter on a small .asmx of the tests' own: good, and wrong in one way per case."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import pytest
from aiohttp import web
from lxml import etree

from conformance.dialects import asmx
from conformance.driver import examine, run, seated
from conformance.plan import Plan
from conformance.register import requirements
from conformance.report import build
from conformance.suite import cases
from conformance.sut import Sut
from conformance.verdict import Verdict
from hub.catalogue.papers import Papers
from hub.standard import load

LEGACY = [case for case in cases() if case.dialect == "asmx-parasxml"]
VOLATILE = {"SendTime", "HubNo"}


@dataclass
class Old:
    """Rows by RowGuid; `flaw` is what is wrong with this one."""

    flaw: str
    rows: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        outer = etree.fromstring(await request.read())
        call = next(iter(outer.find(f"{{{asmx.SOAP}}}Body")))
        method = etree.QName(call).localname
        token, inner = (child.text or "" for child in call)
        try:
            said = self.said(method, token, inner)
        except etree.XMLSyntaxError:
            if self.flaw == "page":
                return web.Response(text="<html><body>Server Error</body></html>", content_type="text/html")
            said = self.result("0", "参数XML格式不正确", {"ErrorCode": "XML01"})
        body = (
            f'<soap:Envelope xmlns:soap="{asmx.SOAP}"><soap:Body><{method}Response xmlns="{asmx.NAMESPACE}">'
            f"<{method}Result>{html.escape(said)}</{method}Result></{method}Response></soap:Body></soap:Envelope>"
        )
        return web.Response(body=body.encode(), content_type="text/xml")

    def said(self, method: str, token: str, inner: str) -> str:
        if token != "right" and self.flaw != "any-token":
            return self.result("0", "身份验证失败", {"ErrorCode": "TOKEN"})
        text = inner.partition("?>")[2]
        if "<!DOCTYPE" in text and self.flaw != "expands":
            return self.result("0", "参数XML格式不正确", {"ErrorCode": "XML01"})
        row = {str(child.tag): child.text or "" for child in etree.fromstring(text)}
        if method == "GetRecord":
            receipt, kept = self.rows[row["RowGuid"]]
            return self.result("1", "", self.items(row, receipt, "F"), kept)
        return self.pushed(row)

    def pushed(self, row: dict[str, str]) -> str:
        before = self.rows.get(row["RowGuid"])
        if before is not None:
            same = {k: v for k, v in row.items() if k not in VOLATILE} == {
                k: v for k, v in before[1].items() if k not in VOLATILE
            }
            if same and self.flaw != "doubles":
                return self.result("1", "", self.items(row, before[0], "T"))
            if not same and self.flaw != "no-conflict":
                return self.result("0", "同版本数据内容不一致", {"ErrorCode": "CONF"})
        receipt = token_hex(4)
        kept = row
        if self.flaw == "believes-gb2312":
            kept = {k: v.encode("gb2312", "replace").decode("gb2312") for k, v in row.items()}
        self.rows[row["RowGuid"]] = (receipt, kept)
        return self.result("1", "", self.items(row, receipt, "F"))

    def items(self, row: dict[str, str], receipt: str, repeat: str) -> dict[str, str]:
        return {
            "RowGuid": row["RowGuid"],
            "ReceiptNo": receipt,
            "ReceiveTime": "2026-11-22 09:00:00",
            "IsRepeat": repeat,
        }

    def result(
        self, code: str, text: str, business: dict[str, str], record: dict[str, str] | None = None
    ) -> str:
        root = etree.Element("Root")
        info = etree.SubElement(root, "ReturnInfo")
        etree.SubElement(info, "Code").text = "200" if self.flaw == "own-code" and code == "1" else code
        etree.SubElement(info, "Description").text = text
        told = etree.SubElement(root, "BusinessInfo")
        for name, value in business.items():
            etree.SubElement(told, name).text = value
        if record is not None:
            kept = etree.SubElement(told, "Record")
            for name, value in record.items():
                etree.SubElement(kept, name).text = value
        etree.SubElement(root, "UserArea")
        return f"{asmx.DECLARATION}{etree.tostring(root, encoding='unicode')}"


@asynccontextmanager
async def old(flaw: str = "") -> AsyncIterator[Sut]:
    app = web.Application()
    app.router.add_post("/a.asmx", Old(flaw).answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    plan = Plan(
        system="T03", zh="老系统", version="1", build="", vendor="",
        endpoints={"inbound": f"http://127.0.0.1:{runner.addresses[0][1]}/a.asmx"},
        stages=(), dialect="asmx-parasxml", hub_key=None, system_key=None, token="right", ca=None,
        max_body=2_000_000, rate=0, listen="127.0.0.1", advertise="", digest="sm3:0",
    )  # fmt: skip
    clock: Any = lambda: datetime.now(UTC)  # noqa: E731
    try:
        async with seated(plan, load(), now=clock, unique=lambda: token_hex(8), seed=9_000) as sut:
            yield sut
    finally:
        await runner.cleanup()


async def test_a_good_old_system_conforms_and_the_report_names_its_profile() -> None:
    async with old() as sut:
        outcomes = await run(sut, cases())
        report = build(
            sut.plan, outcomes, suite=cases(), register=requirements(),
            started=datetime(2026, 11, 22, tzinfo=UTC), millis=1,
        )  # fmt: skip
    bad = [o for o in outcomes if o.verdict not in (Verdict.PASS, Verdict.NA)]
    assert not bad
    assert (report["verdict"], report["profile"], report["dialect"]) == (
        "conformant",
        "via-adapter",
        "asmx-parasxml",
    )
    assert report["summary"]["pass"] == len(LEGACY) >= 4
    assert '"right"' not in str(report) and ">right<" not in str(report), "the token is masked"


SEEN_TO_FAIL = {
    "LG-ANS-01": "own-code",
    "LG-AUT-01": "any-token",
    "LG-IDM-01": "doubles",
    "LG-IDM-02": "no-conflict",
    "LG-XML-01": "page",
    "LG-XML-02": "expands",
    "LG-STO-01": "believes-gb2312",
}


def test_every_case_has_a_system_that_fails_it() -> None:
    assert set(SEEN_TO_FAIL) == {case.requirement for case in LEGACY}


@pytest.mark.parametrize(("requirement", "flaw"), SEEN_TO_FAIL.items())
async def test_the_case_fails_on_the_flaw_it_is_about(requirement: str, flaw: str) -> None:
    [case] = [case for case in LEGACY if case.requirement == requirement]
    async with old(flaw) as sut:
        outcome = await examine(sut, case)
    assert outcome.verdict is Verdict.FAIL, outcome.failure


def test_the_suite_reads_the_papers_own_answers() -> None:
    """Golden transcripts: a right answer is read as meant; what an adapter repairs is a deviation here."""
    read = {}
    for line in Papers.load("asmx-parasxml").golden():
        if line["file"] != "outward.jsonl":
            continue
        method = line["request"]["headers"]["SOAPAction"].strip('"').rpartition("/")[2]
        answer = asmx.read(method, line["reply"]["body"].encode())
        read[line["id"]] = "wrong" if answer.wrong else answer.code
    assert {"push-ok", "push-duplicate", "get-ok", "answer-bom"} <= {k for k, v in read.items() if v == "1"}
    assert {"push-conflict", "push-bad-token"} <= {k for k, v in read.items() if v == "0"}
    repaired = {"answer-double-escaped", "answer-ampersand", "answer-empty", "answer-html"}
    assert repaired == {k for k, v in read.items() if v == "wrong"}
