"""What is wrong with a signature: the mistakes vendors really make, each tried in turn.

A receiver can only say "does not fit". With the sender's own key at hand one can say more: sign the
message the wrong way on purpose, in each of the usual wrong ways, and see which one gives the value
that was sent. Pure; the command prints.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from certs.algorithms.digest import MACS, digest, mac
from hub.message import Key, signing_bytes

Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`name` is stable; `bytes_of` gives what was signed by mistake, from the message and its raw text."""

    name: str
    zh: str
    bytes_of: Callable[[Envelope, bytes], bytes | None]


def _without_value(envelope: Envelope) -> Envelope:
    head = dict(envelope["head"])
    head["sign"] = {name: value for name, value in head.get("sign", {}).items() if name != "value"}
    return {**envelope, "head": head}


def _valued(envelope: Envelope, value: str | None) -> Envelope:
    return {**envelope, "head": {**envelope["head"], "sign": {**envelope["head"]["sign"], "value": value}}}


def _without_sign(envelope: Envelope) -> Envelope:
    return {**envelope, "head": {name: value for name, value in envelope["head"].items() if name != "sign"}}


def _dump(value: Any, **how: Any) -> bytes | None:
    settings: dict[str, Any] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":"), **how}
    return json.dumps(value, **settings).encode("utf-8")


def _gbk(envelope: Envelope, _: bytes) -> bytes | None:
    try:
        return signing_bytes(envelope).decode("utf-8").encode("gb18030")
    except UnicodeError:
        return None


MISTAKES = (
    Mistake("member-order", "成员未按名称排序", lambda e, _: _dump(_without_value(e), sort_keys=False)),
    Mistake(
        "ascii-escapes", "中文写成了 \\uXXXX 转义", lambda e, _: _dump(_without_value(e), ensure_ascii=True)
    ),
    Mistake(
        "white-space",
        "分隔符后带空格(语言库的缺省输出)",
        lambda e, _: _dump(_without_value(e), separators=(", ", ": ")),
    ),
    Mistake(
        "default-dump",
        "未排序、未去空格、带转义(json.dumps 缺省输出)",
        lambda e, _: _dump(_without_value(e), sort_keys=False, ensure_ascii=True, separators=(", ", ": ")),
    ),
    Mistake("gbk-bytes", "对 GBK 编码的字节签名", _gbk),
    Mistake("trailing-newline", "规范化字节后多了换行", lambda e, _: signing_bytes(e) + b"\n"),
    Mistake("with-crlf", "规范化字节后多了回车换行", lambda e, _: signing_bytes(e) + b"\r\n"),
    Mistake(
        "empty-value-member",
        "签名时带着空的 sign.value",
        lambda e, _: _dump(_valued(e, "")),
    ),
    Mistake("null-value-member", "签名时带着 sign.value: null", lambda e, _: _dump(_valued(e, None))),
    Mistake("without-sign-block", "签名时去掉了整个 sign 块", lambda e, _: _dump(_without_sign(e))),
    Mistake("body-only", "只对 body 签名", lambda e, _: _dump(e.get("body"))),
    Mistake("raw-file", "直接对文件原文签名", lambda _, raw: raw),
    Mistake("digest-first", "先求 SM3 再对摘要签名", lambda e, _: digest(signing_bytes(e))),
    Mistake(
        "digest-hex-first",
        "先求 SM3 十六进制再签名",
        lambda e, _: digest(signing_bytes(e)).hex().encode("ascii"),
    ),
)


@dataclass(frozen=True, slots=True)
class Explained:
    """`fits` when the signature is right; otherwise the mistakes that would give the value that was sent."""

    fits: bool
    reasons: tuple[tuple[str, str], ...]


def explain(envelope: Envelope, raw: bytes, key: Key) -> Explained:
    """Compare `head.sign.value` with what each mistake would have given under this key."""
    stated = str(envelope["head"]["sign"].get("value", ""))
    fits = any(value == stated for _, _, value in _renderings(signing_bytes(envelope), key, right=True))
    if fits and envelope["head"]["sign"].get("alg") == key.alg:
        return Explained(True, ())
    reasons: list[tuple[str, str]] = []
    if "value" in envelope["head"]["sign"]:
        reasons += _with_value(envelope, stated)
    candidates = [("", "", signing_bytes(envelope))]
    candidates += [(m.name, m.zh, data) for m in MISTAKES if (data := m.bytes_of(envelope, raw)) is not None]
    for name, zh, data in candidates:
        for how, how_zh, value in _renderings(data, key, right=False):
            if value == stated:
                names = [part for part in (name, how) if part]
                if names:
                    reasons.append(("+".join(names), ";".join(part for part in (zh, how_zh) if part)))
    return Explained(False, tuple(dict.fromkeys(reasons)))


def _renderings(data: bytes, key: Key, *, right: bool) -> Iterator[tuple[str, str, str]]:
    """The ways a keyed digest gets into text; the first is the right one."""
    value = mac(data, key.secret, key.alg)
    yield "", "", base64.b64encode(value).decode("ascii")
    if right:
        return
    yield "hex", "签名值写成了十六进制,应为 Base64", value.hex()
    yield "hex-upper", "签名值写成了大写十六进制,应为 Base64", value.hex().upper()
    if b"+" in (plain := base64.b64encode(value)) or b"/" in plain:
        yield "base64url", "用了 URL 安全的 Base64", base64.urlsafe_b64encode(value).decode("ascii")
    yield "base64-of-hex", "对十六进制文本再做 Base64", base64.b64encode(value.hex().encode()).decode("ascii")
    for other in MACS:
        if other != key.alg:
            text = base64.b64encode(mac(data, key.secret, other)).decode("ascii")
            yield other, f"实际用了 {other},密钥登记的是 {key.alg}", text
    text = base64.b64encode(mac(data, base64.b64encode(key.secret), key.alg)).decode("ascii")
    yield "secret-not-decoded", "密钥文件中的 Base64 未解码就当作密钥", text
    yield (
        "secret-hex",
        "把密钥的十六进制文本当作密钥",
        base64.b64encode(mac(data, key.secret.hex().encode(), key.alg)).decode("ascii"),
    )
    yield "plain-digest", "只求了摘要,没有用密钥", base64.b64encode(digest(data)).decode("ascii")


def _with_value(envelope: Envelope, stated: str) -> list[tuple[str, str]]:
    """A value no keyed digest can have: said so before anything is compared."""
    try:
        size = len(base64.b64decode(stated, validate=True))
    except (binascii.Error, ValueError):
        return [("not-base64", "签名值不是标准 Base64")]
    if size == 32:
        return []
    return [("length", f"签名值解码后为 {size} 字节,HMAC 应为 32 字节")]
