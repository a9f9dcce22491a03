"""Templates and assets; nothing is fetched from elsewhere, nothing runs inline."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from certs.identity import masked

ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("simulators.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    """No page shows a resident number whole, synthetic though it is."""
    return masked(value) if type(value) is str else value


def page(template: str, lang: str, **values: Any) -> str:
    """One page or part of one in `zh` or `en`; `t(zh, en)` in a template picks the language."""

    def pick(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    return _environment().get_template(template).render(lang=lang, t=pick, **values)


@cache
def asset_bytes(name: str) -> bytes:
    return files("simulators.pages").joinpath("assets", name).read_bytes()
