"""Signing and checking messages and body-less requests.

Keys registered for `hmac-*` hold a shared secret, those for `sm2-sm3`, `rsa-sha256` and `ecdsa-sha256`
a public key; whose certificate stands behind a public key is the registrar's matter, not looked at here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from hub.message.canonical import Written, signing_bytes
from hub.message.finding import Finding
from hub.message.key import ALGORITHMS, Key, holds, make_value

CST = timezone(timedelta(hours=8))
WINDOW = timedelta(seconds=300)
# Which exchange rule a refusal cites (`hub/standard/data/exchange_rules.csv`).
CLAUSES = {
    "auth.signature": "EX-SIG-01",
    "auth.key": "EX-SIG-04",
    "auth.algorithm": "EX-SIG-07",
    "auth.missing": "EX-SIG-08",
    "auth.time": "EX-TIM-01",
    "auth.time-window": "EX-TIM-01",
}
HEADERS = ("X-Hutong-Key", "X-Hutong-Time", "X-Hutong-Nonce", "X-Hutong-Alg", "X-Hutong-Sign")


def wall(at: datetime) -> str:
    """A moment as messages write it: seconds, +08:00."""
    return at.astimezone(CST).isoformat(timespec="seconds")


def sign(envelope: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """A copy of the envelope with its signature block; `envelope` is left as it was.

    Raises CannotSignError for a key whose private half is not here.
    """
    head = {**envelope["head"], "sign": {"alg": key.alg, "keyId": key.key_id}}
    unsigned = {**envelope, "head": head}
    value = base64.b64encode(make_value(signing_bytes(unsigned), key)).decode("ascii")
    return {**unsigned, "head": {**head, "sign": {**head["sign"], "value": value}}}


def verify(
    envelope: dict[str, Any], key_of: Callable[[str], Key | None], written: Written | None = None
) -> list[Finding]:
    """Is the signature that of the sender named in the head? Empty when it is. `written` saves writing anew.

    The answer to a wrong key and to a wrong signature tell apart what the sender may know of its
    own keys; it never tells whether a key of somebody else exists.
    """
    head = envelope["head"]
    block = head["sign"]
    key = key_of(block["keyId"])
    if key is None or key.owner != head["from"]:
        return [
            _finding(
                "auth.key",
                "/head/sign/keyId",
                f"{head['from']} 的有效密钥",
                block["keyId"],
                "使用对接时分配给本系统的密钥",
            )
        ]
    return _compare((written or Written(envelope)).signed(), key, block["alg"], block["value"], "/head/sign")


def request_bytes(
    method: str, target: str, key_id: str, time: str, nonce: str, body_digest: str = ""
) -> bytes:
    """What a request without envelope signs, line by line; the body digest is "" where there is no body."""
    return "\n".join((method.upper(), target, key_id, time, nonce, body_digest)).encode("utf-8")


def sign_request(
    method: str, target: str, key: Key, *, now: datetime, nonce: str, body_digest: str = ""
) -> dict[str, str]:
    """The five headers that sign a request without envelope."""
    time = wall(now)
    value = make_value(request_bytes(method, target, key.key_id, time, nonce, body_digest), key)
    return dict(
        zip(HEADERS, (key.key_id, time, nonce, key.alg, base64.b64encode(value).decode("ascii")), strict=True)
    )


def verify_request(
    method: str,
    target: str,
    headers: Mapping[str, str],
    key_of: Callable[[str], Key | None],
    *,
    body_digest: str = "",
) -> tuple[Key | None, list[Finding]]:
    """Who asks; None with findings when the headers are missing or do not fit."""
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        return None, [
            _finding("auth.missing", f"/headers/{name}", name, "", "无报文体的请求须带签名请求头")
            for name in missing
        ]
    key_id, time, nonce, alg, value = (headers[name] for name in HEADERS)
    key = key_of(key_id)
    if key is None:
        return None, [
            _finding("auth.key", f"/headers/{HEADERS[0]}", "有效密钥", key_id, "使用对接时分配给本系统的密钥")
        ]
    findings = _compare(
        request_bytes(method, target, key_id, time, nonce, body_digest),
        key,
        alg,
        value,
        f"/headers/{HEADERS[4]}",
        "对六行(以 LF 相连)的签名:方法、路径(含查询串)、密钥号、时间、随机数、正文摘要",
        "逐行核对;正文摘要是 sm3:<所发字节的十六进制>,没有正文为空行",
    )
    return (None, findings) if findings else (key, [])


def check_time(stated: str, now: datetime, at: str, window: timedelta = WINDOW) -> list[Finding]:
    """Refuse what was signed too long ago or in the future; both clocks are named in the answer."""
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return [_finding("auth.time", at, "YYYY-MM-DDTHH:MM:SS+08:00", stated, "按标准书写时间")]
    if abs(now - moment) <= window:
        return []
    expected = f"{wall(now)} ± {int(window.total_seconds())} s"
    return [_finding("auth.time-window", at, expected, stated, "校准时钟(对接标准时间源)后重新签名发送")]


def _compare(
    data: bytes,
    key: Key,
    alg: str,
    value: str,
    at: str,
    expected: str = "对规范化报文的签名",
    advice: str = "用 hutong message explain 对照规范化字节",
) -> list[Finding]:
    if alg not in ALGORITHMS or alg != key.alg:
        return [_finding("auth.algorithm", f"{at}/alg", key.alg, alg, "使用该密钥登记的签名算法")]
    try:
        claimed = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return [_finding("auth.signature", at, "Base64", value[:12], "签名值须为标准 Base64")]
    if holds(data, key, claimed):
        return []
    return [_finding("auth.signature", at, expected, value[:12] + "…", advice)]


def _finding(code: str, at: str, expected: str, observed: str, advice: str) -> Finding:
    return Finding(code, at, expected, observed, advice, CLAUSES[code])
