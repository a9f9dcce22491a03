"""Walking over JSON that nobody vouches for: every fault becomes a finding, and the walk goes on.

What cannot be read is replaced by something harmless, so that all that is wrong comes out at once; a list
with findings is never used.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from certs.trustlist.finding import Finding, shown

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ABSENT = object()
_MOST_ITEMS, _MOST_FINDINGS = 2000, 200
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Place:
    """A value, where it stands, and where findings go."""

    value: Any
    at: str
    findings: list[Finding] = field(repr=False)

    def say(
        self, expected: str, advice: str, code: str = "list-content", observed: str | None = None
    ) -> None:
        if len(self.findings) < _MOST_FINDINGS:
            seen = shown("(缺)" if self.value is _ABSENT else self.value) if observed is None else observed
            self.findings.append(Finding(code, self.at or "/", expected, seen, advice))

    @property
    def there(self) -> bool:
        return self.value is not _ABSENT

    def member(self, name: str) -> Place:
        """A member, perhaps absent; of something that is no object nothing more is said."""
        value = self.value.get(name, _ABSENT) if isinstance(self.value, dict) else _ABSENT
        return Place(value, f"{self.at}/{name.replace('~', '~0').replace('/', '~1')}", self.findings)

    def object(self, known: frozenset[str]) -> bool:
        """Is it an object? Members nobody knows are findings: a typing error must not loosen a list."""
        if not isinstance(self.value, dict):
            self.say("JSON 对象 / object", "改为对象 {…}")
            return False
        for name in sorted(set(self.value) - known)[:20]:
            self.member(name).say("已知的成员名", f"删去或改正 {shown(name)}", observed=shown(name))
        return True

    def items(self, least: int = 0) -> Iterator[Place]:
        if not isinstance(self.value, list) or not least <= len(self.value) <= _MOST_ITEMS:
            self.say(f"至少 {least} 项、至多 {_MOST_ITEMS} 项的数组 / array", "改为数组 […] 并补足")
            return
        for count, value in enumerate(self.value):
            yield Place(value, f"{self.at}/{count}", self.findings)

    def entries(self) -> Iterator[tuple[str, Place]]:
        if not isinstance(self.value, dict):
            self.say("JSON 对象 / object", "改为对象 {…}")
            return
        for name in list(self.value)[:_MOST_ITEMS]:
            yield name, self.member(name)

    def text(self, pattern: str = r"[^\x00-\x1f]{1,500}", expected: str = "非空文本 / text") -> str:
        if not isinstance(self.value, str) or re.fullmatch(pattern, self.value) is None:
            self.say(expected, "按格式填写")
            return ""
        return self.value

    def choice(self, *options: str) -> str:
        if not isinstance(self.value, str) or self.value not in options:
            self.say(" | ".join(options), "从所列值中选一个")
            return ""
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.say("true | false", "写明是或否")
            return False
        return self.value

    def number(self, least: int, most: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not least <= self.value <= most:
            self.say(f"{least} 至 {most} 的整数 / integer", "改为此范围内的整数")
            return least
        return self.value

    def moment(self) -> datetime:
        if isinstance(self.value, str) and _TIME.fullmatch(self.value):
            try:
                return datetime.fromisoformat(self.value)
            except ValueError:
                pass
        self.say("YYYY-MM-DDTHH:MM:SS+08:00", "写出带时区的时刻")
        return EPOCH

    def octets(self) -> bytes:
        if isinstance(self.value, str):
            try:
                return base64.b64decode(self.value, validate=True)
            except (binascii.Error, ValueError):
                pass
        self.say("base64", "按 RFC 4648 第 4 节编码,不含换行")
        return b""
