"""The whole site: which paths there are, and each path's bytes when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from hub.standard.documents import contents, places
from hub.standard.documents.examples import Examples, Make
from hub.standard.documents.postman import collection
from hub.standard.documents.render import asset, page
from hub.standard.documents.search import index
from hub.standard.standard import Standard, load

LANGUAGES = tuple(places.LANGUAGES)


class Site:
    """A standard as files: `paths` in a fixed order, `make(path)` the bytes of one."""

    def __init__(self, standard: Standard, languages: Sequence[str] = LANGUAGES) -> None:
        examples = Examples(standard)
        self._makers: dict[str, Make] = dict(self._shared(standard, examples))
        for path, template, values in contents.pages(standard, examples):
            for lang in languages:
                other = next((one for one in languages if one != lang), "")
                self._makers[places.page_of(lang, path)] = _maker(template, lang, path, values, other)
        if "zh" not in languages:
            self._makers["index.html"] = lambda: _FORWARD

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._makers))

    def make(self, path: str) -> bytes:
        """The bytes of one path; KeyError when the site has no such path."""
        return self._makers[path]()

    @staticmethod
    def _shared(standard: Standard, examples: Examples) -> Iterator[tuple[str, Make]]:
        for name in ("site.css", "search.js", "sign.js"):
            yield f"assets/{name}", partial(asset, name)
        yield "assets/search-index.js", lambda: index(standard)
        yield "files/hutong.postman_collection.json", lambda: collection(standard, examples)
        for path, make in examples.downloads():
            yield f"files/{path}", make


_FORWARD = (
    b'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hutong</title>'
    b'<meta http-equiv="refresh" content="0; url=en/index.html"></head>'
    b'<body><a href="en/index.html">English</a></body></html>\n'
)


def _maker(template: str, lang: str, path: str, values: Callable[[], Mapping[str, Any]], other: str) -> Make:
    return lambda: page(template, lang, path, values(), other=other)


def build(directory: Path, languages: Sequence[str] = LANGUAGES, standard: Standard | None = None) -> int:
    """Write the site into a folder and say how many files it has; files of an older site stay."""
    site = Site(standard or load(), languages)
    for path in site.paths:
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(site.make(path))
    return len(site.paths)


@cache
def _served() -> Site:
    return Site(load())


@cache
def _made(path: str) -> bytes:
    return _served().make(path)


def site_page(path: str) -> bytes | None:
    """The installed standard's page at a path (`""` is the start), made once; None when there is none."""
    path = path or "index.html"
    if path.endswith("/"):
        path += "index.html"
    return _made(path) if path in _served()._makers else None
