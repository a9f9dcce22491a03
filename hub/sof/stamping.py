"""Time stamps: asked for, given by the service that stamps the hub's log, and read."""

from __future__ import annotations

import base64

from certs.algorithms.identifiers import DIGESTS
from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.model.general_names import DIRECTORY
from certs.model.names import Name
from certs.timestamp import Digest, read_info, read_request, read_response, request
from certs.timestamp.respond import granted
from hub.errors import SenderError
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.items import b64, name, time
from hub.sof.refusing import ALGORITHM, BAD_MESSAGE, BAD_PARAMETER, INPUT, RefusedError
from hub.sof.verifying import signer_of

_OIDS = {word: oid for oid, word in DIGESTS.items()}
_KINDS = "1 时间 2 证书 3 序列号 4 策略 5 摘要算法 6 摘要 7 机构名"


async def ask(bench: Bench, call: Call) -> Told:
    nonce = int.from_bytes(bench.random(8), "big") | 1

    def work() -> bytes:
        return request(Digest.of(call.octets("inData"), "sm3"), nonce=nonce)

    return Told(b64(await bench.work(work)))


async def respond(bench: Bench, call: Call) -> Told:
    """The answer to a request as RFC 3161 has it, whoever made the request."""
    at = call.at("timeStampRequest")
    try:
        asked = read_request(call.octets("timeStampRequest"))
    except MalformedError as error:
        raise RefusedError(
            INPUT, at, "RFC 3161 时间戳请求", str(error), "用 SOF_CreateTimeStampRequest 作"
        ) from None
    if asked.imprint is None:
        raise RefusedError(ALGORITHM, at, "已知的摘要算法与相符的长度", "", "用 SM3")
    question = {
        "digest": f"{asked.imprint.algorithm}:{asked.imprint.value.hex()}",
        "certificates": asked.wants_certificates,
    }
    if asked.nonce is not None:
        question["nonce"] = f"{asked.nonce:X}" if asked.nonce >= 0 else ""
    if asked.policy is not None:
        question["policy"] = asked.policy
    try:
        made = await bench.desk.stamp(bench.application, question)
    except SenderError as error:
        told = error.findings[0] if error.findings else None
        expected = told.expected if told is not None else "可以受理的请求"
        raise RefusedError(BAD_PARAMETER, at, expected, error.detail, "改正后再申请") from error
    return Told(b64(granted(base64.b64decode(made["token"]))))


async def info(bench: Bench, call: Call) -> Told:
    """Read, not judged; a bare token is taken as well."""
    number = call.number("type")
    if not 1 <= number <= 7:
        raise RefusedError(BAD_PARAMETER, call.at("type"), _KINDS, str(number), "从所列中选一个")
    return Told(await bench.work(lambda: _item(call, number)))


def _item(call: Call, number: int) -> str:
    try:
        token = _token(call.octets("tsResponseData"))
        signed = read_signed(token)
        found = read_info(signed.content or b"")
    except MalformedError as error:
        raise RefusedError(
            BAD_MESSAGE, call.at("tsResponseData"), "时间戳应答或 token", str(error), "核对编码"
        ) from None
    tsa = found.tsa.value if found.tsa is not None and found.tsa.kind == DIRECTORY else None
    told = {
        1: time(found.at),
        2: b64(signer_of(signed)) if signed.signers else "",
        3: f"{found.serial:X}",
        4: found.policy,
        5: _OIDS.get(found.imprint.algorithm, found.imprint.algorithm),
        6: found.imprint.value.hex().upper(),
        7: name(tsa) if isinstance(tsa, Name) else "",
    }
    return told[number]


def _token(raw: bytes) -> bytes:
    try:
        read_signed(raw)
    except MalformedError:
        token = read_response(raw).token
        if token is None:
            raise MalformedError("a response without a token") from None
        return token
    return raw
