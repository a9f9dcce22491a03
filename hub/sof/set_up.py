"""Set-up: version, application, methods, random numbers. Nothing that is set here is kept.

The standard's server keeps a method per application; ours is what the application's key can do, so setting
the same succeeds and setting another is refused instead of forgotten.
"""

from __future__ import annotations

from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.items import b64
from hub.sof.refusing import ALGORITHM, INPUT_LENGTH, NO_APPLICATION, RefusedError

VERSION = "GB/T 43694-2024"
MOST_RANDOM = 4096
SM4_CBC = 0x00000402
_METHODS = {"sm2-sm3": 0x00020201, "rsa-sha256": 0x00010004}


async def version(bench: Bench, call: Call) -> Told:
    return Told(VERSION)


async def last_error(bench: Bench, call: Call) -> Told:
    return Told(bench.last_error, bench.last_error)


async def instance(bench: Bench, call: Call) -> Told:
    name = call.text("appName")
    if name not in ("", bench.application):
        raise RefusedError(
            NO_APPLICATION,
            call.at("appName"),
            f"本次签名所属的应用 {bench.application}",
            name,
            "用自己的应用名",
        )
    return Told(bench.application)


async def random(bench: Bench, call: Call) -> Told:
    size = call.number("randomLen")
    if not 1 <= size <= MOST_RANDOM:
        raise RefusedError(
            INPUT_LENGTH, call.at("randomLen"), f"1 至 {MOST_RANDOM} 的字节数", str(size), "改长度后再取"
        )
    return Told(b64(bench.random(size)))


async def sign_method(bench: Bench, call: Call) -> Told:
    pair = await bench.work(bench.pair)
    return Told(_METHODS.get(pair.signing.algorithm, 0))


async def set_sign_method(bench: Bench, call: Call) -> Told:
    mine = (await sign_method(bench, call)).data
    return _same(call, "signMethod", mine)


async def encrypt_method(bench: Bench, call: Call) -> Told:
    return Told(SM4_CBC)


async def set_encrypt_method(bench: Bench, call: Call) -> Told:
    return _same(call, "encryptMethod", SM4_CBC)


def _same(call: Call, name: str, mine: int) -> Told:
    wanted = call.number(name)
    if wanted != mine:
        raise RefusedError(
            ALGORITHM,
            call.at(name),
            f"0x{mine:08X}(本应用密钥所定)",
            f"0x{wanted & 0xFFFFFFFF:08X}",
            "不必另设",
        )
    return Told(0)
