"""The installed standard, and one corpus of defective messages for all tests that want it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.standard import Standard, load


def _mutator() -> ModuleType:
    # Tests are no packages (importmode=importlib), so the neighbour is loaded by its file.
    name = "hutong_tests_mutator"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("mutator.py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def standard() -> Standard:
    return load()


@pytest.fixture(scope="session")
def mutator(standard: Standard) -> Any:
    return _mutator().Mutator(standard.sample)


@pytest.fixture(scope="session")
def corpus(mutator: Any) -> list[Any]:
    return list(mutator.mutants(10_000))
