"""What is asked of the certificate services: JSON that nobody vouches for, read into values.

Every fault becomes a finding and the reading goes on, so that a caller learns all of them at once. Octets
are base64 or PEM text, or a file the caller has sent before, named by its digest as in any message.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certs.timestamp.model import SIZES, Digest
from certs.trust import Revocation
from certs.verdict import Moment
from hub.ca.policy import PURPOSES
from hub.errors import SenderError
from hub.message import Finding, parse, shown

CODE, CLAUSE = "ca.request", "EX-ERR-01"
MOST_CERTIFICATES, MOST_ITEMS = 50, 1000
KINDS = ("auto", "raw", "attached", "detached", "xml", "pdf", "ofd", "seal", "timestamp")
MEDIA = ("token", "tokenless")
_COMMON = frozenset(("at", "purpose", "sector", "medium", "subject", "revocation", "chain", "crls", "ocsp"))
RECOGNISE = _COMMON | {"certificate"}
VERIFY = _COMMON | {"certificate", "kind", "signature", "data", "digest", "covers"}
EXPLAIN = _COMMON | {"file", "name", "data"}
STAMP = frozenset(("data", "digest", "nonce", "policy", "certificates"))
_MODES = {one.value: one for one in Revocation}
_BEGIN, _END = re.compile(r"-----BEGIN [A-Z0-9 #]{1,40}-----"), "-----END "


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, for what and by whose word; `revocation` is the caller's own choice, None for the policy's."""

    at: Moment
    purpose: str = "signing"
    sector: str | None = None
    medium: str | None = None
    subject: str | None = None
    revocation: Revocation | None = None
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """Something signed: `signature` holds it, `data` what it is about where that is apart."""

    kind: str
    signature: bytes = field(repr=False)
    data: bytes | None = field(default=None, repr=False)
    digest: Digest | None = None
    certificate: bytes | None = field(default=None, repr=False)
    covers: str | None = ""


class Reading:
    """Walks over one object and keeps what is wrong with it."""

    def __init__(self, value: Any, known: frozenset[str], at: str = "") -> None:
        self._value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        self._at, self.findings = at, []
        if not isinstance(value, dict):
            self._say("", "JSON 对象 {…}", type(value).__name__, "请求体应为 JSON 对象")
        for name in sorted(self._value.keys() - known)[:20] if not self._value.keys() <= known else ():
            self._say(name, " ".join(sorted(known)), name, "删去或改正这个成员名")

    findings: list[Finding]

    def _say(self, name: str, expected: str, observed: str, advice: str) -> None:
        at = f"{self._at}/{name}" if name else self._at
        self.findings.append(Finding(CODE, at, expected, shown(observed), advice, CLAUSE))

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def text(self, name: str, most: int = 200) -> str | None:
        value = self._value.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
            self._say(name, f"至多 {most} 字的文本", str(value), "改为文本,或省去")
            return None
        return value

    def choice(self, name: str, known: Mapping[str, Any] | tuple[str, ...]) -> str | None:
        value = self._value.get(name)
        if value is None or (isinstance(value, str) and value in known):
            return value
        self._say(name, " | ".join(known), str(value), "从所列值中选一个,或省去")
        return None

    def flag(self, name: str, default: bool) -> bool:
        value = self._value.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self._say(name, "true | false", str(value), "写明是或否")
        return default

    def octets(self, name: str, *, needed: bool = False) -> bytes | None:
        value = self._value.get(name)
        if value is None:
            if needed:
                self._say(name, "base64、PEM,或已上传附件 {name,digest,size,media}", "", "补上此项")
            return None
        return self._octets(name, value)

    def several(self, name: str) -> tuple[bytes, ...]:
        value = self._value.get(name, [])
        if not isinstance(value, list) or len(value) > MOST_CERTIFICATES:
            self._say(name, f"至多 {MOST_CERTIFICATES} 项的数组", str(type(value).__name__), "改为数组 […]")
            return ()
        found = (self._octets(f"{name}/{place}", one) for place, one in enumerate(value))
        return tuple(one for one in found if one is not None)

    def moment(self, name: str, now: datetime) -> Moment:
        value = self._value.get(name)
        if value is None:
            return Moment(now, "clock")
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            self._say(name, "YYYY-MM-DDTHH:MM:SS+08:00", str(value), "写出带时区的时刻,或省去")
            return Moment(now, "clock")
        return Moment(found, "argument")

    def digest(self, name: str) -> Digest | None:
        """`sm3:<hex>`, as everywhere else."""
        value = self._value.get(name)
        if value is None:
            return None
        kind, _, text = value.partition(":") if isinstance(value, str) else ("", "", "")
        try:
            octets = bytes.fromhex(text) if re.fullmatch("[0-9a-f]{2,128}", text) else b""
        except ValueError:
            octets = b""
        if SIZES.get(kind) != len(octets):
            self._say(name, "sm3:<64 位十六进制> | sha256:<…>", str(value), "写明算法与整个摘要")
            return None
        return Digest(kind, octets)

    def nonce(self, name: str) -> int | None:
        """A number, decimal or hexadecimal; a stamp repeats it."""
        text = self.text(name, 64)
        if text is None or re.fullmatch("[0-9A-Fa-f]{1,64}", text):
            return int(text, 10 if text.isdigit() else 16) if text else None
        self._say(name, "十进制或十六进制数", text, "改为数字,或省去")
        return None

    def differs(self, name: str) -> None:
        """A digest of other data than those beside it: one of them is shown, the other would be judged."""
        self._say(name, "data 的摘要", "", "原文与摘要只给其一,或核对二者")

    def refuse(self) -> None:
        """Raises SenderError with all that was found."""
        if self.findings:
            raise SenderError("请求不成立 / not a question", code=CODE, findings=tuple(self.findings))

    def _octets(self, name: str, value: Any) -> bytes | None:
        if isinstance(value, dict) and "digest" in value:
            stated, value = str(value["digest"]), value.get("data")
            if value is None:
                self._say(name, "已由本系统上传的附件", "", "先以 PUT /v1/files/{digest} 上传")
                return None
            if not isinstance(value, str) or not is_of(value, stated):
                self._say(name, stated[:80], "", "data 与 digest 不符:核对附件的摘要与内容")
                return None
        found = octets_of(value) if isinstance(value, str) else None
        if found is None:
            self._say(name, "base64、PEM,或已上传附件", str(value)[:40], "按 RFC 4648 第 4 节编码")
        return found


def octets_of(text: str) -> bytes | None:
    """PEM or base64, white space let pass; one block of PEM only."""
    try:
        return base64.b64decode("".join(_inside(text).split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _inside(text: str) -> str:
    """What stands in the first block of PEM, or all of it. The end is looked for once: looked for from each
    beginning, of a text with nothing but beginnings, it would cost the square of its length."""
    begin = _BEGIN.search(text) if "-----BEGIN " in text[:4096] else None
    end = text.find(_END, begin.end() + 1) if begin is not None else -1
    return text if begin is None or end < 0 else text[begin.end() : end]


def is_of(text: str, stated: str) -> bool:
    """Are these octets (Base64) those of the digest beside them? What is named must be what is judged."""
    octets, (kind, _, value) = octets_of(text), stated.replace("-", ":", 1).partition(":")
    return octets is not None and kind in SIZES and Digest.of(octets, kind).value.hex() == value


def body_of(raw: bytes) -> Any:
    """The JSON of a request, as strictly as a message's; raises SenderError."""
    parsed = parse(raw)
    if parsed.findings:
        code = parsed.findings[0].code
        raise SenderError("请求体不成立 / not a body", code=code, findings=tuple(parsed.findings))
    return parsed.value


def circumstances(reading: Reading, now: datetime) -> Circumstances:
    mode = reading.choice("revocation", _MODES)
    return Circumstances(
        reading.moment("at", now),
        reading.choice("purpose", PURPOSES) or "signing",
        reading.text("sector", 60),
        reading.choice("medium", MEDIA),
        reading.text("subject", 60),
        _MODES[mode] if mode else None,
        reading.several("chain"),
        reading.several("crls"),
        reading.several("ocsp"),
    )


def proof(reading: Reading) -> Proof:
    """What `verify` is asked about."""
    kind = reading.choice("kind", KINDS) or "auto"
    signature = reading.octets("signature", needed=True) or b""
    certificate = reading.octets("certificate", needed=kind == "raw")
    covers = reading.text("covers", 200)
    data, about = reading.octets("data"), reading.digest("digest")
    if data is not None and about is not None and Digest.of(data, about.algorithm) != about:
        reading.differs("digest")
    return Proof(
        kind, signature, data, about, certificate,
        "" if covers is None else None if covers == "any" else covers,
    )  # fmt: skip
