"""The facade with zeep, which knows nothing but the WSDL."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

import pytest
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.message import canonical, sign_request
from hub.server.soap import record, strict
from hub.server.soap.names import SOAP11, SOAP12, q
from hub.server.soap.record import envelope_text, operation_element
from tests.hub.server.soap_client import arguments, media, read_fault, wrapped


@pytest.fixture
async def client(world: Any) -> zeep.Client:
    return await asyncio.to_thread(zeep.Client, world.url + "/soap?wsdl")


@pytest.mark.parametrize("port", ["Exchange11", "Exchange12"])
async def test_zeep_puts_a_record_and_asks_for_it(world: Any, client: zeep.Client, port: str) -> None:
    service = client.bind("Hutong", port)
    sent = world.signed(stage="eng-tender-project")
    reply = await asyncio.to_thread(lambda: service.putRecord(**arguments(sent)))
    assert reply.code == "0000"
    assert json.loads(reply.content)["hubId"] == reply.hubId

    target = f"/v1/messages/{reply.hubId}"
    proof = sign_request("GET", target, world.keys["P01"], now=world.clock(), nonce=secrets.token_hex(8))
    auth = dict(zip(("keyId", "time", "nonce", "alg", "value"), proof.values(), strict=True))
    trace = await asyncio.to_thread(lambda: service.queryTrace(hubId=reply.hubId, auth=auth))
    assert json.loads(trace.content)["msgId"] == sent["head"]["msgId"]
    with pytest.raises(zeep.exceptions.Fault) as again:
        await asyncio.to_thread(lambda: service.queryTrace(hubId=reply.hubId, auth=auth))
    assert "auth.nonce-reused" in etree.tostring(again.value.detail).decode()


@pytest.mark.parametrize("port", ["Exchange11", "Exchange12"])
async def test_a_refusal_is_a_fault_with_all_findings(world: Any, client: zeep.Client, port: str) -> None:
    envelope = world.envelope()
    envelope["body"]["fields"] = {"LEGAL_NAME": ""}
    from hub.message import sign

    sent = sign(envelope, world.keys["P01"])
    status, problem, _ = await world.post(sent)
    assert status == 422
    service = client.bind("Hutong", port)
    with pytest.raises(zeep.exceptions.Fault) as refused:
        await asyncio.to_thread(lambda: service.putRecord(**arguments(sent)))
    detail = etree.tostring(refused.value.detail).decode()
    rows = refused.value.detail.findall(f".//{q('finding')}")
    assert sorted(row.findtext(q("code")) for row in rows) == sorted(f["code"] for f in problem["findings"])
    assert problem["code"] in detail


async def test_the_service_operation_answers_or_faults(world: Any, client: zeep.Client) -> None:
    service = client.bind("Hutong", "Exchange11")
    sent = world.signed(msgType="no.such")
    with pytest.raises(zeep.exceptions.Fault):
        await asyncio.to_thread(lambda: service.requestService(**arguments(sent)))


def test_a_clean_record_comes_out_canonical() -> None:
    envelope = {
        "head": {"ver": "1", "from": "P01", "sign": {"alg": "a", "keyId": "k", "value": "v"}},
        "body": {
            "op": "insert",
            "key": "k-1",
            "version": 3,
            "fields": {"B": "二\n行 <&>", "A": " 空格 ", "N": 7, "L": ["x", {"y": "z"}], "T": True, "E": ""},
            "ext": {},
            "files": [
                {"name": "a.pdf", "digest": "sm3:00", "size": 12, "media": "application/pdf", "role": "r"}
            ],
        },
    }
    element = operation_element("putRecord", envelope)
    again = etree.fromstring(etree.tostring(element))
    assert envelope_text(again) == canonical(envelope)


def test_stray_elements_are_all_named() -> None:
    element = operation_element("putRecord", {"head": {"ver": "1"}, "body": {"fields": {}}})
    etree.SubElement(element, "{urn:other}thing")
    etree.SubElement(element, q("surplus"))
    element.find(q("head")).tail = "loose text"
    with pytest.raises(record.SenderError) as refused:
        envelope_text(element)
    assert {finding.code for finding in refused.value.findings} == {
        "soap.namespace",
        "soap.member",
        "soap.text",
    }


@pytest.mark.parametrize("version", [SOAP11, SOAP12])
async def test_what_is_no_call_of_ours_is_named(world: Any, version: Any) -> None:
    async def call(raw: bytes) -> tuple[str, list[str], str]:
        headers = {"Content-Type": media(version)}
        async with world.http.post(world.url + "/soap", data=raw, headers=headers) as reply:
            assert reply.status >= 400
            return read_fault(await reply.read())

    good = wrapped(world.signed(), version)
    assert (await call(b"<a/>"))[0] == "soap.version"
    assert (await call(good.replace(b"putRecord", b"dropTable")))[0] == "soap.operation"
    header = b'<s:Header><x xmlns="urn:x" s:mustUnderstand="1"/></s:Header><s:Body>'
    assert (await call(good.replace(b"<s:Body>", header)))[0] == "soap.must-understand"
    assert (await call(good.replace(b"<s:Body>", b"<s:Body><x/>")))[0] == "soap.envelope"


async def test_wsdl_names_the_address_it_was_asked_at(world: Any) -> None:
    status, text = await world.get("/soap?wsdl")
    assert status == 200
    assert f'location="{world.url}/soap"' in text
    assert (await world.get("/soap"))[0] == 400


# Everything XML can carry: no control characters but tab, line feed and carriage return, no surrogates.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r", max_codepoint=0xFFFD)
)
VALUE = st.one_of(
    TEXT,
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.lists(TEXT),
    st.dictionaries(st.sampled_from("ABC"), TEXT),
)


@given(fields=st.dictionaries(st.from_regex("[A-Z_]{1,9}", fullmatch=True), VALUE, max_size=8))
def test_any_record_survives_its_xml_clothes(fields: dict[str, Any]) -> None:
    envelope = {"head": {"ver": "1"}, "body": {"op": "insert", "version": 1, "fields": fields}}
    raw = etree.tostring(operation_element("putRecord", envelope), encoding="utf-8")
    assert envelope_text(strict.read(raw)) == canonical(envelope)


def test_a_document_type_is_harmless_as_text() -> None:
    assert strict.read(b"<a><![CDATA[<!DOCTYPE x>]]></a>").text == "<!DOCTYPE x>"
