"""Pages from templates: one environment, escaping on, missing names are mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.standard.documents import places
from hub.standard.documents.rows import terms


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, lang: str, path: str, values: Mapping[str, Any], *, other: str) -> bytes:
    """One page; `path` is without language, `other` the language of the switch ("" for none)."""
    here = places.page_of(lang, path)
    text = (
        _environment()
        .get_template(template)
        .render(
            lang=lang,
            places=places,
            t=lambda zh, en: en if lang == "en" else zh,
            term=_term(lang),
            url=lambda target: places.relative(here, places.page_of(lang, target)),
            shared=lambda target: places.relative(here, target),
            switch=places.relative(here, places.page_of(other, path)) if other else "",
            here=path,
            **values,
        )
    )
    return text.encode("utf-8")


def _term(lang: str) -> Callable[[str, str], str]:
    def word(kind: str, name: str) -> str:
        zh, en = terms().get((kind, name), (name, name))
        return en if lang == "en" else zh

    return word


def asset(name: str) -> bytes:
    """A file of the site that is the same in every language."""
    return (files(__package__) / "assets" / name).read_bytes()
