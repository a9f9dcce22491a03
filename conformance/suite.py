"""Every case there is, found by walking `conformance/cases`; a new file needs no registration."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import conformance.cases
from conformance.case import Case
from conformance.verdict import Text


@cache
def cases() -> tuple[Case, ...]:
    """All cases in chapter and file order; two cases of one id stop the suite."""
    found: dict[str, Case] = {}
    for info in sorted(
        pkgutil.walk_packages(conformance.cases.__path__, "conformance.cases."), key=lambda i: i.name
    ):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        for value in vars(module).values():
            if not isinstance(value, Case):
                continue
            if value.id in found:
                raise ValueError(f"two cases are called {value.id}")
            found[value.id] = value
    return tuple(found.values())


@cache
def chapters() -> dict[str, Text]:
    """Chapter -> its titles, as the folder's docstring begins."""
    found = {}
    for info in pkgutil.iter_modules(conformance.cases.__path__):
        module = importlib.import_module(f"conformance.cases.{info.name}")
        zh, _, rest = (module.__doc__ or "").partition(" / ")
        found[info.name] = Text(zh, rest.partition(":")[0])
    return found
