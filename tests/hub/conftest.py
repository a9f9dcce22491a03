"""Lets the tests of the hub's core share their kit (`core_kit.py`)."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.services import terms

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="package", autouse=True)
def patient_services() -> Iterator[None]:
    """The few seconds that services and their providers have are no bet on this machine.

    A test about a limit sets its own (`service_timeout`, `REPLY_WITHIN`), which counts as ever.
    """
    whole = terms._terms

    def roomy(*given: Any) -> terms.Terms:
        made = whole(*given)
        ways = tuple(replace(one, seconds=20 * one.seconds) for one in made.providers)
        return replace(made, seconds=20 * made.seconds, providers=ways)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(terms, "_terms", roomy)
        yield
