"""Where each thing stands on the site, and how pages name each other: relatively, so that file:// works."""

from __future__ import annotations

import posixpath

LANGUAGES = {"zh": "", "en": "en/"}


def page_of(lang: str, path: str) -> str:
    """The path of a page in one language: Chinese at the root, English under `en/`."""
    return LANGUAGES[lang] + path


def relative(here: str, target: str) -> str:
    """A link from one path of the site to another; the fragment stays."""
    path, hash_, fragment = target.partition("#")
    return posixpath.relpath(path, posixpath.dirname(here) or ".") + hash_ + fragment


def stage(name: str, field: str = "") -> str:
    return f"stages/{name}.html" + (f"#f-{field}" if field else "")


def service(name: str) -> str:
    return f"services/{name}.html"


def code_list(name: str) -> str:
    return f"codes/{name}.html"


def form(name: str) -> str:
    return f"formats.html#fmt-{name}"


def common_type(name: str) -> str:
    return f"services/types.html#t-{name}"


def rule(name: str) -> str:
    return f"exchange.html#{name}"


def finding(code: str) -> str:
    return f"findings.html#{code}"
