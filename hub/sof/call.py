"""A question put to the SOF server, read: which function, and its arguments by the papers' types.

The form is the standard's as far as it says (`exec_name`, `exec_args`), arguments in order or by name;
`options` is ours: what a caller of `/v1/ca/verify` may say about time, purpose and sector.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from hub.ca.question import is_of, octets_of
from hub.catalogue.gateways import Argument, Function, Gateway
from hub.sof.refusing import BAD_CERTIFICATE, INPUT, MISSING, NOT_SUPPORTED, RefusedError

NAME, ARGUMENTS, OPTIONS = "exec_name", "exec_args", "options"
OPTION_NAMES = frozenset(
    ("at", "purpose", "sector", "medium", "subject", "revocation", "chain", "crls", "ocsp")
)
_BASE64 = "标准 Base64(RFC 4648 第 4 节)或 PEM"


@dataclass(frozen=True, slots=True)
class Call:
    """`given` has octets as bytes, numbers as int, everything else as text; `written` the octets as they
    came, to be handed on without encoding them again."""

    function: Function
    given: Mapping[str, Any] = field(repr=False)
    written: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def octets(self, name: str) -> bytes:
        found: bytes = self.given[name]
        return found

    def base64(self, name: str) -> str:
        """Base64 or PEM."""
        return self.written[name]

    def text(self, name: str) -> str:
        return str(self.given[name])

    def number(self, name: str) -> int:
        return int(self.given[name])

    def at(self, name: str) -> str:
        """Where an argument stands, for whoever has to find it."""
        return f"{self.function.name} 的参数 {name}"


def read_call(value: Any) -> Call:
    """Raises RefusedError for the first thing wrong with it."""
    if not isinstance(value, Mapping) or not isinstance(value.get(NAME), str):
        raise RefusedError(
            INPUT, "请求体", '{"exec_name":"SOF_…","exec_args":[…]}', type(value).__name__, "按此形式提问"
        )
    for name in value:
        if name not in (NAME, ARGUMENTS, OPTIONS):
            raise RefusedError(INPUT, f"请求体的 {name}", f"{NAME} {ARGUMENTS} {OPTIONS}", name, "删去此成员")
    function = Gateway.load().function(value[NAME])
    if function is None:
        raise _unknown(value[NAME])
    options = value.get(OPTIONS) or {}
    if not isinstance(options, Mapping) or not set(options) <= OPTION_NAMES:
        raise RefusedError(INPUT, OPTIONS, " ".join(sorted(OPTION_NAMES)), str(options), "只用所列成员")
    named = {name: _inside(one) for name, one in _arguments(function, value.get(ARGUMENTS)).items()}
    written = {name: one for name, one in named.items() if isinstance(one, str)}
    return Call(function, _given(function, named), written, options)


def _unknown(name: str) -> RefusedError:
    near = get_close_matches(name, Gateway.load().functions, 1, 0.7)
    advice = f"是否 {near[0]}?" if near else "功能见 hub/sof/README.md 的表"
    return RefusedError(NOT_SUPPORTED, NAME, "服务端 SOF 功能名", name, advice)


def _inside(value: Any) -> Any:
    """The octets that stand beside the digest of a file the caller sent before."""
    data = value.get("data") if isinstance(value, Mapping) else None
    if data is not None and not (isinstance(data, str) and is_of(data, str(value.get("digest", "")))):
        raise RefusedError(INPUT, "附件", "data 的摘要与 digest 相符", "", "核对附件的摘要与内容")
    return value if data is None else data


def _given(function: Function, named: Mapping[str, Any]) -> dict[str, Any]:
    missing = [one.name for one in function.arguments if one.name not in named and not one.optional]
    if missing:
        want = "、".join(f"{one.name}({one.kind})" for one in function.arguments)
        raise RefusedError(MISSING, f"{function.name} 的参数", want, f"缺 {'、'.join(missing)}", "补齐参数")
    return {
        one.name: _value(function, one, named[one.name]) for one in function.arguments if one.name in named
    }


def _arguments(function: Function, value: Any) -> dict[str, Any]:
    """By name, whichever way they came."""
    value = [] if value is None else value
    known = {one.name.lower(): one.name for one in function.arguments}
    if isinstance(value, Mapping):
        strange = [name for name in value if name.lower() not in known]
        if strange:
            wanted = "、".join(known.values()) or "没有参数"
            raise RefusedError(INPUT, f"{function.name} 的参数", wanted, strange[0], "按所列名字给参数")
        if len({name.lower() for name in value}) < len(value):
            # Written twice in two ways: whoever looked at it on its way may have looked at the other one.
            raise RefusedError(INPUT, f"{function.name} 的参数", "每个参数一次", "重复", "按所列名字各给一次")
        return {known[name.lower()]: one for name, one in value.items() if one is not None}
    if not isinstance(value, list) or len(value) > len(known):
        seen = f"{len(value)} 个" if isinstance(value, list) else type(value).__name__
        raise RefusedError(
            INPUT,
            ARGUMENTS,
            f"至多 {len(known)} 个参数的数组,或按名字的对象",
            seen,
            "按 functions.csv 给参数",
        )
    pairs = zip(known.values(), value, strict=False)
    return {name: one for name, one in pairs if one is not None}


def _value(function: Function, argument: Argument, value: Any) -> Any:
    at = f"{function.name} 的参数 {argument.name}"
    if argument.kind == "int":
        return _number(at, value)
    if argument.kind == "text":
        if not isinstance(value, str) or len(value) > 1000:
            raise RefusedError(INPUT, at, "文本", type(value).__name__, "改为文本")
        return value
    if isinstance(value, Mapping) and "digest" in value:
        raise RefusedError(INPUT, at, "已由本系统上传的附件", "", "先以 PUT /v1/files/{digest} 上传")
    found = octets_of(value) if isinstance(value, str) else None
    code = BAD_CERTIFICATE if argument.kind == "cert" else INPUT
    if found is None or (argument.kind == "cert" and not found):
        seen = str(value)[:40] if isinstance(value, str) else type(value).__name__
        advice = (
            "原文与文件也按字节编码成 Base64,不直接传文本" if code == INPUT else "传证书 DER 的 Base64 或 PEM"
        )
        raise RefusedError(code, at, _BASE64, seen, advice)
    return found


def _number(at: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}|0[xX][0-9A-Fa-f]{1,8}", value):
        return int(value, 16 if value[:2].lower() == "0x" else 10)
    raise RefusedError(INPUT, at, "整数(十进制,或 0x 十六进制)", str(value)[:40], "改为整数")
