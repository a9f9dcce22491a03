"""Certificates: what stands in one, and whether it is valid: by the very judgement of `/v1/ca/recognise`."""

from __future__ import annotations

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from hub.catalogue.gateways import Gateway
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.items import b64, by_oid, item
from hub.sof.refusing import BAD_CERTIFICATE, BAD_PARAMETER, RefusedError, of_said

CERTIFICATE = "base64EncodeCert"
_NUMBERING = "standard"
_MEANT = '缺省按签名证书验;验加密证书请带 "options":{"purpose":"enciphering"}'


async def server_certificate(bench: Bench, call: Call) -> Told:
    usage = call.number("certUsage")
    if usage not in (1, 2):
        raise RefusedError(BAD_PARAMETER, call.at("certUsage"), "1 签名 | 2 加密", str(usage), "改为 1 或 2")
    pair = await bench.work(bench.pair)
    return Told(b64((pair.signing if usage == 1 else pair.encryption).certificate))


async def info(bench: Bench, call: Call) -> Told:
    known, number = Gateway.load().info[_NUMBERING], call.number("type")
    if number not in known:
        wanted = " ".join(f"0x{one:02X}" for one in known)
        raise RefusedError(
            BAD_PARAMETER, call.at("type"), wanted, f"0x{number & 0xFFFFFFFF:X}", "用标准编号(十六进制)"
        )
    row = known[number]
    return Told(await bench.work(lambda: item(leaf_of(call), row.item, row.form)))


async def info_by_oid(bench: Bench, call: Call) -> Told:
    return Told(await bench.work(lambda: by_oid(leaf_of(call), call.text("oid"))))


async def validate(bench: Bench, call: Call) -> Told:
    """1, or -1 to -6. A certificate nobody can read is an error, not an answer."""
    question = {**call.options, "certificate": call.base64(CERTIFICATE)}
    said = await bench.desk.recognise(bench.application, question)
    error = of_said(said, BAD_CERTIFICATE)
    if error == BAD_CERTIFICATE:
        raise RefusedError(error, call.at(CERTIFICATE), "X.509 证书", said["zh"], "核对是否为证书 DER")
    usage = {"key-usage"} == {one["code"] for one in said["reasons"]} and "purpose" not in call.options
    return Told(said["sofCode"], error, said, _MEANT if usage else "")


def leaf_of(call: Call) -> Certificate:
    try:
        return read_certificate(call.octets(CERTIFICATE))
    except MalformedError as error:
        raise RefusedError(
            BAD_CERTIFICATE, call.at(CERTIFICATE), "X.509 证书", str(error), "核对是否为证书 DER"
        ) from None
