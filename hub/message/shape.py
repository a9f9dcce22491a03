"""The shape of head and body, before any field of a stage is looked at.

What the members mean is contracts.md's "native envelope"; here stands only which there are, and
how each must be written. Rules are rows, so that the vendor's document can be made from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.message.finding import Finding, shown

CLAUSE = "EX-ENV-05"
UNSIGNED = "EX-SIG-05"
DATETIME = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\+08:00"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object: how a string value must look, or which type it has."""

    name: str
    required: bool = True
    pattern: str = ""
    kind: type = str
    expected: str = ""

    def wrong(self, value: Any) -> bool:
        if self.kind is int:
            return not isinstance(value, int) or isinstance(value, bool) or value < 0
        if not isinstance(value, self.kind):
            return True
        return bool(self.pattern) and re.fullmatch(self.pattern, str(value)) is None


HEAD = (
    Member("ver", pattern="1", expected='"1"'),
    Member("realm", pattern="sandbox|production", expected="sandbox | production"),
    Member("from", pattern="[A-Z][0-9]{2}|centre", expected="系统编号,如 T01"),
    Member("to", required=False, pattern="[A-Z][0-9]{2}|hub", expected="系统编号,如 D01"),
    Member("msgId", pattern=r"[!-~]{1,64}", expected="1-64 个可见 ASCII 字符,同一发送方内唯一"),
    Member(
        "msgType", pattern=r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*){0,2}", expected="报文类型,如 record.put"
    ),
    Member("stage", required=False, pattern="[a-z0-9-]{1,40}", expected="环节编号"),
    Member("time", pattern=DATETIME, expected="YYYY-MM-DDTHH:MM:SS+08:00"),
    Member("nonce", pattern=r"[!-~]{8,64}", expected="8-64 个可见 ASCII 字符,每次发送不同"),
    Member("corrId", required=False, pattern=r"[!-~]{1,64}", expected="1-64 个可见 ASCII 字符"),
    Member("sign", required=False, kind=dict, expected="对象"),
)
SIGN = (
    Member(
        "alg", pattern="hmac-sm3|hmac-sha256|sm2-sm3|rsa-sha256|ecdsa-sha256", expected="标准列出的签名算法"
    ),
    Member("keyId", pattern=r"[!-~]{1,64}", expected="密钥编号"),
    Member("value", pattern=r"[A-Za-z0-9+/]{4,1024}={0,2}", expected="Base64"),
)
RECORD_BODY = (
    Member("op", pattern="insert|update|delete", expected="insert | update | delete"),
    Member("key", pattern=r"[!-~]{1,64}", expected="发送方记录主键,1-64 个可见 ASCII 字符"),
    Member("version", kind=int, expected="非负整数"),
    Member("fields", kind=dict, expected="对象"),
    Member("ext", required=False, kind=dict, expected="对象"),
    Member("files", required=False, kind=list, expected="数组"),
)
SERVICE_BODY = (
    Member("op", required=False),
    Member("key", required=False),
    Member("version", required=False, kind=int),
    *RECORD_BODY[3:],
)
FILE = (
    Member("name", pattern=r"[^/\\\x00-\x1f]{1,200}", expected="文件名,不含路径"),
    Member("digest", pattern="sm3:[0-9a-f]{64}|sha256:[0-9a-f]{64}", expected="sm3:64 位小写十六进制"),
    Member("size", kind=int, expected="字节数"),
    Member("media", pattern=r"[a-z0-9.+-]+/[a-z0-9.+-]+", expected="媒体类型"),
    Member("role", pattern=r"[A-Za-z0-9_-]{1,40}", expected="附件角色"),
)


def check_shape(envelope: object, *, signed: bool = True) -> list[Finding]:
    """All that is wrong with head and body as such; fields of a stage are not looked at.

    With `signed` the signature block must be there (its truth is another question).
    """
    if not isinstance(envelope, dict):
        return [
            Finding(
                "envelope.type", "", "对象 {head, body}", shown(envelope), "报文最外层应为 JSON 对象", CLAUSE
            )
        ]
    findings = _unknown(envelope, {"head", "body"}, "")
    head, body = envelope.get("head"), envelope.get("body")
    if not isinstance(head, dict):
        findings.append(Finding("envelope.required", "/head", "对象", shown(head), "补上报文头 head", CLAUSE))
    else:
        findings += check_members(head, HEAD, "/head")
        findings += _signature(head, signed)
        if head.get("msgType") == "record.put" and "stage" not in head:
            findings.append(
                Finding(
                    "envelope.required",
                    "/head/stage",
                    "环节编号",
                    "",
                    "record.put 必须写明 head.stage",
                    CLAUSE,
                )
            )
    if not isinstance(body, dict):
        findings.append(Finding("envelope.required", "/body", "对象", shown(body), "补上报文体 body", CLAUSE))
        return findings
    is_record = isinstance(head, dict) and "stage" in head
    findings += check_members(body, RECORD_BODY if is_record else SERVICE_BODY, "/body")
    files = body.get("files")
    for index, row in enumerate(files if isinstance(files, list) else ()):
        if isinstance(row, dict):
            findings += check_members(row, FILE, f"/body/files/{index}")
        else:
            findings.append(Finding("envelope.type", f"/body/files/{index}", "对象", shown(row), "", CLAUSE))
    return findings


def check_members(value: Mapping[str, Any], members: tuple[Member, ...], at: str) -> list[Finding]:
    """Missing, unknown and badly written members of one object."""
    findings = _unknown(value, {member.name for member in members}, at)
    for member in members:
        if member.name not in value:
            if member.required:
                findings.append(
                    Finding(
                        "envelope.required",
                        f"{at}/{member.name}",
                        member.expected,
                        "",
                        f"补上 {member.name}",
                        CLAUSE,
                    )
                )
        elif member.wrong(value[member.name]):
            found = shown(value[member.name])
            findings.append(
                Finding(
                    "envelope.format",
                    f"{at}/{member.name}",
                    member.expected,
                    found,
                    f"按标准改写 {member.name}",
                    CLAUSE,
                )
            )
    return findings


def _signature(head: dict[str, Any], signed: bool) -> list[Finding]:
    sign = head.get("sign")
    if isinstance(sign, dict):
        wanted = SIGN if signed else (*SIGN[:2], Member("value", required=False))
        return check_members(sign, wanted, "/head/sign")
    if signed and sign is None:
        return [
            Finding(
                "envelope.required", "/head/sign", "签名块 {alg, keyId, value}", "", "报文必须签名", UNSIGNED
            )
        ]
    return []


def _unknown(value: Mapping[str, Any], known: set[str], at: str) -> list[Finding]:
    return [
        Finding(
            "envelope.unknown", f"{at}/{name}", "标准列出的成员", shown(name), "删除或移到 body.ext", CLAUSE
        )
        for name in value
        if name not in known
    ]
