"""A machine without SM2 in its libcrypto and without a compiler: `pytest -p tests.certs.hidden tests/certs`.

Everything then rests on plain Python; slower, and every vector has to pass all the same.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

from certs.algorithms import sm2, sm2_encryption, sm2_libcrypto, sm2_native


def _none() -> list[str]:
    return []


_load = sm2_native.load


def _absent(place: Path | None = None) -> ctypes.CDLL:
    """The installed one; those that tests compile themselves stay."""
    if place is None:
        raise sm2_libcrypto.UnusableError("hidden")
    return _load(place)


def pytest_configure() -> None:
    """Before any test module asks which libraries there are."""
    for module in (sm2, sm2_encryption, sm2_libcrypto):
        setattr(module, "installed", _none)  # noqa: B010  modules do not declare what they import
    setattr(sm2_native, "load", _absent)  # noqa: B010
    sm2.backend.cache_clear()
    sm2_encryption.backend.cache_clear()
    assert (sm2.backend().name, sm2_encryption.backend().name) == ("python", "python")
