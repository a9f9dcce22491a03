"""The typed contract at `/soap`, with zeep, which knows nothing but the WSDL."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import zeep
from lxml import etree

from hub.message import Key, sign
from hub.standard import load
from hub.standard.bindings.soap_encode import soap_encode
from hub.standard.bindings.soap_names import SOAP11, SOAP12, q
from hub.standard.bindings.soap_xsd import xsd


def posted(world: Any, raw: bytes, version: Any) -> Any:
    return world.http.post(
        world.url + "/soap", data=raw, headers={"Content-Type": f"{version.media}; charset=utf-8"}
    )


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(xsd(load())))


@pytest.mark.parametrize("port", ["Standard11", "Standard12"])
async def test_zeep_puts_a_typed_record(world: Any, port: str) -> None:
    client = await asyncio.to_thread(zeep.Client, world.url + "/soap?wsdl=typed")
    envelope = world.envelope(stage="eng-tender-project")
    # zeep writes empty containers as nothing: who uses it leaves them out, then signs.
    envelope["body"] = {k: v for k, v in envelope["body"].items() if v or k == "fields"}
    sent = sign(envelope, world.keys["P01"])
    put = client.bind("HutongStandard", port)["put.eng-tender-project"]
    reply = await asyncio.to_thread(lambda: put(head=sent["head"], body=sent["body"]))
    assert (reply.code, reply.msgId) == ("0000", sent["head"]["msgId"])
    status, first, _ = await world.post(sent)
    assert (status, first["hubId"]) == (200, reply.hubId), "the same message, whichever binding"


@pytest.mark.parametrize("version", [SOAP11, SOAP12])
async def test_a_refusal_says_what_the_json_binding_says(
    world: Any, schema: etree.XMLSchema, version: Any
) -> None:
    envelope = world.envelope(stage="eng-tender-project")
    envelope["body"]["fields"]["TENDER_PROJECT_NAME"] = ""
    envelope["body"]["fields"]["NOBODY"] = "x"
    sent = sign(envelope, world.keys["P01"])
    _, problem, _ = await world.post(sent)
    raw = soap_encode(load(), sent, version=version)
    assert isinstance(raw, bytes)
    async with posted(world, raw, version) as answer:
        root = etree.fromstring(await answer.read())
    told = root.find(f".//{q('problem')}")
    assert told is not None and schema.validate(told), schema.error_log.last_error
    codes = [row.findtext(q("code")) for row in told.findall(q("finding"))]
    assert codes == [row["code"] for row in problem["findings"]] and len(codes) >= 2


async def test_elements_that_contradict_the_head_are_refused(world: Any) -> None:
    raw = soap_encode(load(), world.signed(stage="eng-tender-project"))
    assert isinstance(raw, bytes)
    broken = raw.replace(b"<stage>eng-tender-project<", b"<stage>eng-project<")
    async with posted(world, broken, SOAP11) as answer:
        root = etree.fromstring(await answer.read())
    assert root.findtext(f".//{q('problem')}/{q('code')}") == "soap.mismatch"


async def test_a_wrong_signature_is_refused(world: Any) -> None:
    stranger = Key(world.keys["P01"].key_id, "P01", "hmac-sm3", b"?" * 32)
    raw = soap_encode(load(), sign(world.envelope(stage="eng-tender-project"), stranger))
    assert isinstance(raw, bytes)
    async with posted(world, raw, SOAP11) as answer:
        root = etree.fromstring(await answer.read())
    assert str(root.findtext(f".//{q('problem')}/{q('code')}")).startswith("auth.")
