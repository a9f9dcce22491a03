"""NIST PKITS, SM2 chains and OpenSSL's own verify tests, read from beside the project; each miss is named."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SUITES = Path(__file__).parents[4] / "shared" / "pki"
HERE = Path(__file__).parent

# Proxy certificates (RFC 3820) are issued by people, not by CAs: never recognised.
PROXIES = {"ossl:111", "ossl:112", "ossl:115"}
# What the contract's call cannot be told: OpenSSL's security level, strict flag and direct trust in a leaf.
UNTOLD = {
    "ossl:119", "ossl:121", "ossl:123", "ossl:127", "ossl:129", "ossl:168",  # level 0 admits what is weak
    "ossl:118",  # level 3 refuses RSA-2048
    "ossl:090", "ossl:184",  # strict profile
    "ossl:082", "ossl:083", "ossl:188",  # a leaf trusted by itself
}  # fmt: skip


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look themselves up
    spec.loader.exec_module(made)
    return made


def cases(name: str) -> list[Any]:
    if not (SUITES / f"{name}.json.xz").exists():
        pytest.skip(f"outside suite {name} is not beside the project (../shared/pki)")
    return list(module(SUITES / "suite.py").load(name)[1])


@pytest.mark.parametrize(("name", "count"), [("pkits", 249), ("gm", 30), ("openssl_verify", 126)])
@pytest.mark.parametrize("ask", ["validate", "bare"])
def test_verdicts(name: str, count: int, ask: str) -> None:
    judge = getattr(module(HERE / "hutong_validator.py"), ask)
    missed, slow = {}, {}
    all_cases = cases(name)
    for case in all_cases:
        begun = time.thread_time()
        ok, why = judge(case)
        took = time.thread_time() - begun
        if took > 1.0:  # a guard against blow-up; how fast each is, the runner with --limit tells
            slow[case.id] = took
        if ok != case.expect:
            missed[case.id] = why
    expected = PROXIES | (UNTOLD if ask == "bare" else set()) if name == "openssl_verify" else set()
    assert len(all_cases) == count
    assert set(missed) == expected, missed
    assert not slow


def test_no_case_depends_on_a_remembered_verdict() -> None:
    """A case judged after all others gives what it gives first: nothing leaks from case to case."""
    judge = module(HERE / "hutong_validator.py").validate
    forward = {case.id: judge(case)[0] for case in cases("pkits")}
    assert {case.id: judge(case)[0] for case in reversed(cases("pkits"))} == forward
