"""The papers' rules as HTML: every mark they use, nothing left over, nothing of theirs taken for a tag."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lxml import html as parser

from hub.catalogue.papers import ROOT
from simulators.pages.markdown import html, language
from tests.rows import each

RULES = sorted(ROOT.glob("*/rules.md"))


@each("path", RULES, ids=lambda path: path.parent.name)
@each("lang", ["zh", "en"])
def test_every_rule_page_is_rendered_whole(path: Path, lang: str) -> None:
    text = language(path.read_text("utf-8"), lang)
    page: Any = parser.fromstring(f"<div>{html(text)}</div>")
    for code in page.iter("code", "pre"):
        code.text = ""
    shown = page.text_content()
    assert not re.search(r"\*\*|^ *\|", shown, re.MULTILINE)
    assert len(shown) > 500
    assert len(page.findall(".//table")) == len(re.findall(r"^ *\|[-| :]+\|$", text, re.MULTILINE))


def test_the_two_languages_are_parted() -> None:
    text = "# title\n\n## 中文\n一\n### 共同\n二\n## English\none\n"
    assert language(text, "zh").split() == ["#", "title", "一", "###", "共同", "二"]
    assert language(text, "en").split() == ["#", "title", "one"]


def test_what_is_no_mark_is_text() -> None:
    told = html('<script>alert(1)</script> `<b>**x**</b>`\n\n| <i> | `a` |\n|---|---|\n| "q" | & |\n')
    assert "<script>" not in told and "<i>" not in told and "<b>" not in told
    assert "<code>&lt;b&gt;**x**&lt;/b&gt;</code>" in told
    assert "<td>&amp;</td>" in told


def test_a_list_goes_on_where_it_was_interrupted() -> None:
    assert html("1. a\n   more\n2. b\n```\nx\n```\n3. c") == (
        '<ol><li>a<br>more</li><li>b</li></ol>\n<pre>x</pre>\n<ol start="3"><li>c</li></ol>'
    )
