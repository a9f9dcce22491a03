"""Templates and assets of the console; nothing is fetched from elsewhere, nothing runs inline."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from certs.identity import masked
from hub.console import wording
from hub.console.picture import HEIGHT, WIDTH, draw

ASSETS = {
    "page.css": "text/css",
    "status.js": "text/javascript",
    "certificates.css": "text/css",
    "certificates.js": "text/javascript",
    "opening.js": "text/javascript",
    "sm3.js": "text/javascript",
    "sof.js": "text/javascript",
    "use.css": "text/css",
    "use.js": "text/javascript",
    "use_result.js": "text/javascript",
    wording.SCRIPT: "text/javascript",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hub.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    """No page shows a resident number whole, wherever it stands in what somebody wrote."""
    return masked(value) if type(value) is str else value


def page(template: str, lang: str, **values: Any) -> str:
    """One page in `zh` or `en`; `t(zh, en)` in a template picks the language."""

    def pick(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    return (
        _environment()
        .get_template(template)
        .render(lang=lang, t=pick, draw=draw, width=WIDTH, height=HEIGHT, **values)
    )


@cache
def asset_bytes(name: str) -> bytes:
    if name == wording.SCRIPT:
        return wording.script()
    return files("hub.console").joinpath("assets", name).read_bytes()
