"""Bytes to values, refusing what two parsers could read differently.

I-JSON (RFC 7493) narrowed by contracts.md: UTF-8, no duplicate or non-ASCII member names, no floats,
no integers beyond 2^53, no NUL, no lone surrogates, bounded depth. All of it is looked at before any
signature, because a signature over an ambiguous text proves nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from hub.message.canon import Canon
from hub.message.finding import Finding, shown
from hub.message.strict import MAX_INTEGER, UNSURE, read

MAX_DEPTH = 16
# Rules of `hub/standard/data/exchange_rules.csv`; the conformance register uses the same ids.
CLAUSE = "EX-ENV-06"
TWICE, NUMBERS, ENCODING = "EX-ENV-01", "EX-ENV-02", "EX-ENV-03"


class Parsed(NamedTuple):
    """`value` is None when the bytes are no JSON at all; findings may stand beside a value. `canon` are the
    parts of a text that is its own canonical form, where that was seen."""

    value: Any
    findings: tuple[Finding, ...]
    canon: Canon | None = None


class _Strange(str):
    """Keeps a number we refuse in its place, so that its pointer can be told."""

    __slots__ = ()


class _Twice(dict[str, Any]):
    """An object that named a member more than once."""

    repeated: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counted = Counter(name for name, _ in pairs)
    twice = _Twice(found)
    twice.repeated = tuple(sorted(name for name, count in counted.items() if count > 1))
    return twice


def _integer(text: str) -> Any:
    # Longer digits than 2^53 has are refused unread: int() of a million digits is a bomb.
    if len(text) <= 17 and abs(int(text)) <= MAX_INTEGER:
        return int(text)
    return _Strange(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_Strange, parse_int=_integer, parse_constant=_Strange, strict=True
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(raw: bytes) -> Parsed:
    """Parse one JSON text; never raises on hostile input."""
    value, canon = read(raw)
    if value is not UNSURE:
        return Parsed(value, (), canon)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _broken(
            "json.encoding",
            "UTF-8",
            f"byte {error.start}: 0x{raw[error.start]:02x}",
            "报文必须是 UTF-8,请检查发送端编码(常见原因:GBK)",
            ENCODING,
        )
    if text.startswith("\ufeff"):
        return _broken("json.encoding", "UTF-8, no BOM", "BOM", "去掉文件开头的 BOM", ENCODING)
    if _too_deep(text):
        return _broken("json.depth", f"<= {MAX_DEPTH}", f"> {MAX_DEPTH}", "嵌套层数过多,请按接口标准组织报文")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        near = shown(text[max(0, error.pos - 20) : error.pos + 20])
        return _broken(
            "json.malformed",
            "JSON",
            f"line {error.lineno} column {error.colno}: {near}",
            f"JSON 语法错误:{error.msg}",
        )
    findings: list[Finding] = []
    _walk(value, "", findings)
    return Parsed(value, tuple(findings))


def _broken(code: str, expected: str, observed: str, advice: str, clause: str = CLAUSE) -> Parsed:
    return Parsed(None, (Finding(code, "", expected, observed, advice, clause),))


def _too_deep(text: str) -> bool:
    """Count brackets outside strings; only texts that could be too deep are looked at."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in "]}":
            depth -= 1
    return False


# A string that nobody closed is taken as it is, to its end: begun again at each of its quotes, it would cost
# the square of its length.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def _walk(value: Any, at: str, findings: list[Finding]) -> None:
    if isinstance(value, dict):
        for name in value.repeated if isinstance(value, _Twice) else ():
            findings.append(
                Finding(
                    "json.duplicate-key",
                    f"{at}/{pointer(name)}",
                    "每个成员名只出现一次",
                    name,
                    "删除重复的成员",
                    TWICE,
                )
            )
        for name, member in value.items():
            if not name.isascii():
                findings.append(
                    Finding(
                        "json.name",
                        f"{at}/{pointer(name)}",
                        "ASCII 成员名",
                        shown(name),
                        "成员名请用标准中的英文名",
                        CLAUSE,
                    )
                )
            _walk(member, f"{at}/{pointer(name)}", findings)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _walk(member, f"{at}/{index}", findings)
    elif isinstance(value, _Strange):
        code, expected = (
            ("json.float", "十进制数写成字符串")
            if not value.lstrip("-").isdigit()
            else ("json.integer", "超过 2^53 的整数写成字符串")
        )
        findings.append(
            Finding(code, at, expected, shown(str(value)), '请用字符串表示,例如 "1234.50"', NUMBERS)
        )
    elif isinstance(value, str):
        if "\x00" in value:
            findings.append(
                Finding("json.nul", at, "不含 NUL 字符", shown(value), "删除 NUL 字符(\\u0000)", CLAUSE)
            )
        if _LONE_SURROGATE.search(value):
            findings.append(
                Finding(
                    "json.surrogate",
                    at,
                    "成对的代理项",
                    shown(value.encode("utf-8", "replace").decode()),
                    "生僻字请按 UTF-8 直接书写",
                    CLAUSE,
                )
            )


def pointer(name: str) -> str:
    """Escape one member name for a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
