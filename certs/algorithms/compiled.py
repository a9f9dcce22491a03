"""Modules of Python that were compiled at installation, by file: one file per kind of machine and name.

A source tree may be shared by machines, and one file of the stable interface serves every version of
Python: neither goes with how `import` looks for modules.
"""

from __future__ import annotations

import platform
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any


class UnusableError(Exception):
    """There is no accelerator here, or not one to be believed; says why."""


def file_name(name: str) -> str:
    """What `hatch_build.py` calls the file."""
    return f"{name}-{sys.platform}-{platform.machine()}.so"


def module(name: str, path: Path, interface: int) -> Any:
    """The module in a file, if it was compiled from this state of its source. Raises UnusableError."""
    if not path.is_file():
        raise UnusableError(f"{path.name} was not compiled at installation")
    loader = ExtensionFileLoader(name, str(path))
    try:
        spec = spec_from_file_location(name, path, loader=loader)
        if spec is None:
            raise UnusableError(f"{path.name}: no module of Python")
        found: Any = module_from_spec(spec)
        loader.exec_module(found)
        stated = found.interface()
    except (ImportError, AttributeError, TypeError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if stated != interface:
        raise UnusableError(f"{path.name} is from another version; install again")
    return found
