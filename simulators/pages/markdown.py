"""The papers' own Markdown as HTML: headings, lists, tables, fences, bold and code, and nothing else.

`rules.md` of every dialect keeps to that much, and a page that can write no other tags can be given any
text: what is not one of those marks is escaped and stands there as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from markupsafe import Markup

_INLINE = re.compile(r"(?P<tick>`+)(?P<code>.+?)(?P=tick)(?!`)|\*\*(?P<bold>.+?)\*\*", re.DOTALL)
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r" *(?:[-*]|(\d+)\.) +(.*)")
_RULE = re.compile(r"[|:\- ]+")
_CELL = re.compile(r"(?<!\\)\|")


def html(text: str) -> Markup:
    """One document as a fragment; headings begin one level down, the page has its own."""
    return Markup("\n".join(_blocks(text.splitlines())))  # noqa: S704 - every text went through `inline`


def inline(text: str) -> str:
    """Escaped, with **bold** and `code`; marks inside code are left alone."""
    parts, last = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[last : found.start()]))
        if found["code"] is not None:
            parts.append(f"<code>{escape(found['code'].strip())}</code>")
        else:
            parts.append(f"<strong>{inline(found['bold'])}</strong>")
        last = found.end()
    return "".join(parts) + escape(text[last:])


def language(text: str, lang: str) -> str:
    """The half of a two-language page that stands under `## 中文` or `## English`, with its title."""
    title, _, rest = text.partition("\n")
    halves: dict[str, list[str]] = {"": [title]}
    chosen = ""
    for line in rest.splitlines():
        if line.startswith("## "):
            chosen = (
                "en" if line[3:].startswith("English") else "zh" if line[3:].startswith("中文") else chosen
            )
            if line[3:] in ("中文", "English"):
                continue
        halves.setdefault(chosen, []).append(line)
    return "\n".join([*halves[""], *halves.get(lang, halves.get("zh", []))])


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        heading = _HEADING.fullmatch(line)
        if heading:
            level = min(6, len(heading[1]) + 1)
            yield f"<h{level}>{inline(heading[2])}</h{level}>"
            at += 1
        elif line.startswith("```"):
            end = _until(lines, at + 1, lambda text: text.startswith("```"))
            yield f"<pre>{escape(chr(10).join(lines[at + 1 : end]))}</pre>"
            at = end + 1
        elif line.lstrip().startswith("|"):
            end = _until(lines, at, lambda text: not text.lstrip().startswith("|"))
            yield _table(lines[at:end])
            at = end
        elif _ITEM.fullmatch(line):
            end = _until(lines, at, lambda text: not text.strip() or _starts(text))
            yield _list(lines[at:end])
            at = end
        elif not line.strip():
            at += 1
        else:
            end = _until(lines, at + 1, _ends_paragraph)
            yield f"<p>{_joined(lines[at:end])}</p>"
            at = end


def _until(lines: list[str], at: int, ends: Callable[[str], bool]) -> int:
    return next((n for n in range(at, len(lines)) if ends(lines[n])), len(lines))


def _starts(line: str) -> bool:
    return line.lstrip().startswith("|") or line.startswith(("```", "#"))


def _ends_paragraph(line: str) -> bool:
    return not line.strip() or _starts(line) or _ITEM.match(line) is not None


def _joined(lines: list[str]) -> str:
    """Lines of one paragraph or item: marks may go over their ends."""
    return inline("\n".join(line.strip() for line in lines)).replace("\n", "<br>")


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in _CELL.split(line.strip().strip("|"))] for line in lines]
    ruled = len(lines) > 1 and _RULE.fullmatch(lines[1]) is not None
    head = "".join(f"<th>{inline(cell)}</th>" for cell in rows[0]) if ruled else ""
    body = "".join(
        f"<tr>{''.join(f'<td>{inline(cell)}</td>' for cell in row)}</tr>" for row in rows[2 if ruled else 0 :]
    )
    thead = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<div class="wide"><table>{thead}<tbody>{body}</tbody></table></div>'


def _list(lines: list[str]) -> str:
    """Items of one list; a line that begins none goes on with the one before."""
    items: list[list[str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if item is not None:
            items.append([item[2]])
        else:
            items[-1].append(line)
    first = _ITEM.fullmatch(lines[0])
    number = first[1] if first is not None else None
    tag = "ul" if number is None else "ol"
    start = f' start="{number}"' if number not in (None, "1") else ""
    return f"<{tag}{start}>{''.join(f'<li>{_joined(item)}</li>' for item in items)}</{tag}>"
