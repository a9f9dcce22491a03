"""Signing with the application's own key: bare, message, XML. Who signs is the application, never the hub."""

from __future__ import annotations

from collections.abc import Callable

from certs import cms
from certs.keys.port import KeyFailureError, SigningKey
from certs.model.der import MalformedError
from certs.xml import XmlSigningError, sign_xml
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.items import b64
from hub.sof.refusing import BAD_XML, RefusedError
from hub.sof.refusing import SIGNING as SIGNING_FAILED

_Sign = Callable[[SigningKey], bytes]


async def data(bench: Bench, call: Call) -> Told:
    return await _signed(bench, call, lambda key: key.sign(call.octets("inData")))


async def file(bench: Bench, call: Call) -> Told:
    return await _signed(bench, call, lambda key: key.sign(call.octets("inFile")))


async def message(bench: Bench, call: Call) -> Told:
    return await _signed(bench, call, lambda key: cms.sign(call.octets("inData"), key, time=bench.now))


async def detached(bench: Bench, call: Call) -> Told:
    return await _signed(
        bench, call, lambda key: cms.sign(call.octets("inData"), key, time=bench.now, detached=True)
    )


async def xml(bench: Bench, call: Call) -> Told:
    return await _signed(bench, call, lambda key: _xml(call, key), slow=True)


def _xml(call: Call, key: SigningKey) -> bytes:
    try:
        return sign_xml(call.octets("inData"), key)
    except (MalformedError, XmlSigningError) as error:
        raise RefusedError(BAD_XML, call.at("inData"), "一份 XML 文档", str(error), "核对文档") from None


async def _signed(bench: Bench, call: Call, sign: _Sign, *, slow: bool = False) -> Told:
    def work() -> bytes:
        try:
            return sign(bench.pair().signing)
        except KeyFailureError as error:
            raise RefusedError(
                SIGNING_FAILED,
                call.function.name,
                "服务签名密钥可用",
                str(error),
                "稍后再试,或请中心查看设备",
            ) from error

    return Told(b64(await bench.work(work, slow=slow)))
