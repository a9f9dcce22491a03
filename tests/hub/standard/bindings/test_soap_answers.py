"""Receipts, replies and problems in SOAP are what the published schema says they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from hub.message import Finding
from hub.standard import Standard
from hub.standard.bindings.soap_answers import problem, response
from hub.standard.bindings.soap_names import q
from hub.standard.bindings.soap_xsd import operations, xsd

FINDING = Finding("code.unknown", "/body/fields/A", "一\x01二", "b", "c", "STD-1")
RECEIPT = {
    "hubId": "0198-1", "receiptState": "accepted", "receivedTime": "2026-03-01T09:00:00+08:00", "from": "T01",
    "msgId": "m1", "digest": "sm3:" + "0" * 64, "reason": "",
    "sign": {"alg": "hmac-sm3", "keyId": "k1", "value": "00ff" * 16},
}  # fmt: skip


@pytest.fixture(scope="module")
def judge(standard: Standard) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(xsd(standard)))


def valid(judge: etree.XMLSchema, element: etree._Element) -> etree._Element:
    again = etree.fromstring(etree.tostring(element))
    assert judge.validate(again), judge.error_log.last_error
    return again


def test_receipts_of_every_operation(standard: Standard, judge: etree.XMLSchema) -> None:
    for name, _, _ in operations(standard):
        told = valid(judge, response(standard, name, "0000", RECEIPT, [FINDING]))
        assert told.findtext(f".//{q('hubId')}") == "0198-1"
        assert told.findtext(f".//{q('sign')}/{q('value')}") == "00ff" * 16
        assert told.findtext(f".//{q('finding')}/{q('expected')}") == "一\ufffd二"


def test_replies_of_every_service(
    standard: Standard, judge: etree.XMLSchema, replied: Callable[..., dict[str, Any]]
) -> None:
    for name, service in standard.services.items():
        for full in (False, True):
            reply = replied(name, full=full)
            told = valid(judge, response(standard, name, "0000", reply))
            rows = told.findall(f"{q('answer')}/{q('body')}/*")
            assert {etree.QName(row).localname for row in rows} == set(reply), service.name


def test_problems(judge: etree.XMLSchema) -> None:
    told = valid(judge, problem("field.required", 422, [FINDING, FINDING], title="不符合标准"))
    assert len(told.findall(q("finding"))) == 2
    assert told.findtext(q("status")) == "422"
