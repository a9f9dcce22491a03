"""The site built once from the installed tables, and its pages looked at as a browser would."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hub.standard.documents.site import build

VOID = {"meta", "link", "br", "input", "img", "hr"}
# In SVG every element may close itself.
SVG = {"path", "rect", "circle", "line"}


@dataclass
class Seen:
    """Ids and links of one page, and what is wrong with its tags."""

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self._open = Seen(), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(dict(attrs))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(dict(attrs))
        if tag not in SVG:
            self.seen.wrong.append(f"<{tag}/> at {self.getpos()}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.seen.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.seen.text.append(data)

    def _note(self, attrs: dict[str, str | None]) -> None:
        if "id" in attrs:
            self.seen.ids.append(str(attrs["id"]))
        self.seen.links += [str(attrs[name]) for name in ("href", "src", "action") if name in attrs]

    def done(self) -> Seen:
        self.close()
        self.seen.wrong += [f"<{tag}> never closed" for tag in self._open]
        return self.seen


def read(text: str) -> Seen:
    reader = Reader()
    reader.feed(text)
    return reader.done()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("site")
    begun = time.perf_counter()
    files = build(folder)
    print(f"\nsite: {files} files in {time.perf_counter() - begun:.1f} s")
    yield folder


@pytest.fixture(scope="session")
def pages(built: Path) -> dict[str, Seen]:
    return {
        path.relative_to(built).as_posix(): read(path.read_text("utf-8"))
        for path in sorted(built.rglob("*.html"))
    }
