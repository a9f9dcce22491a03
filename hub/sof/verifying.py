"""Verification in every form: the judgement is that of `/v1/ca/verify`, told as yes or no with a code."""

from __future__ import annotations

from certs.cms import read_signed
from certs.cms.signed import SignedData
from certs.model.der import MalformedError
from certs.xml import xml_signature_info
from hub.ca.told import certificate_of
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.certificate import CERTIFICATE
from hub.sof.items import b64
from hub.sof.refusing import BAD_MESSAGE, BAD_PARAMETER, BAD_XML, RefusedError, of_said

_ORIGINAL, _CERTIFICATE, _VALUE = 1, 2, 3


async def data(bench: Bench, call: Call) -> Told:
    return await _bare(bench, call, "inData")


async def file(bench: Bench, call: Call) -> Told:
    return await _bare(bench, call, "inFile")


async def message(bench: Bench, call: Call) -> Told:
    return await _verified(bench, call, "attached", call.base64("signedMessage"))


async def detached(bench: Bench, call: Call) -> Told:
    return await _verified(bench, call, "detached", call.base64("signedMessage"), call.base64("inData"))


async def xml(bench: Bench, call: Call) -> Told:
    return await _verified(bench, call, "xml", call.base64("inData"))


async def stamp(bench: Bench, call: Call) -> Told:
    return await _verified(bench, call, "timestamp", call.base64("tsResponseData"), call.base64("inData"))


async def _bare(bench: Bench, call: Call, name: str) -> Told:
    return await _verified(
        bench, call, "raw", call.base64("signValue"), call.base64(name), call.base64(CERTIFICATE)
    )


async def _verified(
    bench: Bench, call: Call, kind: str, signature: str, content: str | None = None, leaf: str | None = None
) -> Told:
    question = {**call.options, "kind": kind, "signature": signature}
    if content is not None:
        question["data"] = content
    if leaf is not None:
        question["certificate"] = leaf
    said = await bench.desk.verify(bench.application, question)
    error = of_said(said, BAD_XML if kind == "xml" else BAD_MESSAGE)
    return Told(said["result"] == "valid", error, said)


async def message_info(bench: Bench, call: Call) -> Told:
    """Taken out, not judged: whoever wants to know whether it holds verifies it."""
    number = call.number("type")
    if number not in (_ORIGINAL, _CERTIFICATE, _VALUE):
        wanted = "1 原文 | 2 签名证书 | 3 签名值"
        raise RefusedError(BAD_PARAMETER, call.at("type"), wanted, str(number), "从所列中选一个")
    return Told(b64(await bench.work(lambda: _out_of(call, number))))


def _out_of(call: Call, number: int) -> bytes:
    try:
        found = read_signed(call.octets("signedMessage"))
    except MalformedError as error:
        raise RefusedError(
            BAD_MESSAGE, call.at("signedMessage"), "签名消息(CMS、GB/T 35275)", str(error), "核对编码"
        ) from None
    if not found.signers:
        raise RefusedError(BAD_MESSAGE, call.at("signedMessage"), "至少一个签名者", "没有", "核对编码")
    if number == _ORIGINAL:
        return found.content or b""
    return found.signers[0].signature if number == _VALUE else signer_of(found)


def signer_of(found: SignedData) -> bytes:
    """The certificate the first signer names; nothing where the message does not carry it."""
    signer = found.signers[0]
    for raw in found.certificates:
        leaf = certificate_of(raw)
        if leaf is None:
            continue
        if signer.key_identifier is not None and leaf.extensions.subject_key == signer.key_identifier:
            return raw
        if signer.issuer is not None and (leaf.issuer, leaf.serial) == (signer.issuer, signer.serial):
            return raw
    return b""


async def xml_info(bench: Bench, call: Call) -> Told:
    number = call.number("type")
    if not 1 <= number <= 6:
        wanted = "1 原文 2 摘要 3 签名值 4 证书 5 摘要算法 6 签名算法"
        raise RefusedError(BAD_PARAMETER, call.at("type"), wanted, str(number), "从所列中选一个")
    try:
        found = await bench.work(lambda: xml_signature_info(call.octets("xmlSignedData"), number), slow=True)
    except MalformedError as error:
        raise RefusedError(
            BAD_XML, call.at("xmlSignedData"), "有一个签名的 XML", str(error), "核对文档"
        ) from None
    return Told(b64(found))
