"""Certificates named once: ① with its whole name where the chain is drawn, and by its number afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from certs.identity import masked
from certs.model.certificate import Certificate
from certs.model.names import COMMON_NAME

_MOST = 20
_ORGANISATION = "2.5.4.10"
_FIRST = 0x2460  # ①, up to ⑳
_LONGEST = 24
# A whole name, not a part of a longer one: what is put before and after it must not belong to a name.
_BEFORE, _AFTER = r"(?<![\w,=+])", r"(?![\w,=+…])(?! #)"


class Names:
    """The first twenty certificates of a report have a number; the rest is told by name."""

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        found = list({one.raw: one for one in certificates}.values())[:_MOST]
        self.numbers = {one.raw: chr(_FIRST + at) for at, one in enumerate(found)}
        self._short: dict[str, str] = {}
        subjects = [str(one.subject) for one in found]
        for one in found:  # as whoever signs names his certificate
            self._short[f"{one.issuer} #{one.serial:x}"] = f"{self.numbers[one.raw]} {called(one)}"
        for one, subject in zip(found, subjects, strict=True):
            self._short[str(one)] = f"{self.numbers[one.raw]} {called(one)}"
            if subject and subjects.count(subject) == 1:  # two of one name: only with the serial number
                self._short[subject] = self._short[str(one)]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest = sorted(self._short, key=len, reverse=True)
        return re.compile(f"{_BEFORE}({'|'.join(map(re.escape, longest))}){_AFTER}") if longest else None

    def number(self, one: Certificate) -> str:
        return self.numbers.get(one.raw, "·")

    def short(self, text: str) -> str:
        """The text with the whole names in it replaced."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._short[found[0]], text)


def plain(text: str) -> str:
    """Without characters that would move a cursor, begin a line or turn the direction of writing."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\u3000" else "\ufffd" for char in text)


def called(one: Certificate, longest: int = _LONGEST) -> str:
    """What people call it: the common name, or the organisation where that is only a number."""
    names = [*one.subject.values(COMMON_NAME)[-1:], *one.subject.values(_ORGANISATION)[:1]]
    speaking = [name for name in names if any(char.isalpha() for char in name)]
    text = next(iter(speaking or names), str(one.subject)) or f"#{one.serial:x}"
    shown = plain(masked(text))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
