"""Texts of judges in one language, for a page: evidence, sentences and advice, with clocks as here.

Every text may come from a hostile certificate: what moves a cursor or turns the direction of writing is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from certs.cli.naming import plain
from certs.cli.phrases import chinese
from hub.console import wording
from hub.console.clocks import timed

_BOTH = re.compile(r"(.*[\u4e00-\u9fff][^/]*) / ([\x20-\x7e]+)")
# Whoever reads a page has no command line: its options are told as what the page offers.
_OPTIONS = (
    (re.compile(r"\s*[((]--[a-z][^))]*[))]"), "", ""),
    (re.compile(r"用 --content 给出"), "在“被签原文”处给出", ""),
    (re.compile(r"by --content"), "", "under “signed data”"),
    (re.compile(r"--content"), "被签原文", "the signed data"),
    (re.compile(r"--extra"), "同一文件中附上", "within the same file"),
    (re.compile(r"--(?:trust|tsa-trust)"), "信任列表", "the trust list"),
    (re.compile(r"--makers"), "制章者名录", "the list of makers"),
)


def spoken(text: str, place: int) -> str:
    return wording.told(text) if place == 0 else text


def worded(text: str, place: int) -> str:
    for pattern, *words in _OPTIONS:
        text = pattern.sub(words[place], text)
    return plain(text)


def said(text: str, place: int) -> str:
    """Evidence in one language, its times as clocks here show them."""
    both = _BOTH.fullmatch(text)
    text = both[place + 1] if both is not None else text
    text = chinese(text) if place == 0 else text
    return plain(timed(wording.spoken(text, place)))


def each(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(map(plain, texts)))
