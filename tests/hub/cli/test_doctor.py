"""What the doctor says of SM2 with the system library at hand, and with it hidden."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from certs.algorithms import sm2, sm2_libcrypto, sm2_native
from certs.algorithms.sm2_libcrypto import installed, load
from hub.cli import doctor

LOOKS = [doctor._sm2, doctor._sm2_encryption]


@pytest.mark.parametrize("look", LOOKS)
def test_the_backend_that_is_really_used_is_named(look: Callable[[], list[doctor.Line]]) -> None:
    (line,) = look()
    has_library = load(installed())[0] is not None
    assert line.level == ("ok" if has_library else "warn")
    assert ("libcrypto 计算" in line.zh) is has_library


@pytest.mark.parametrize("look", LOOKS)
def test_without_a_library_it_is_slower_and_the_doctor_says_so(
    look: Callable[[], list[doctor.Line]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sm2_libcrypto, "installed", lambda: iter(()))
    monkeypatch.setattr("certs.algorithms.sm2.installed", lambda: iter(()))
    (line,) = look()
    assert line.level == "warn"
    assert "纯 Python" in line.zh


def test_who_verifies_is_said_with_and_without_the_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = doctor._sm2()
    compiled = sm2.accelerated(sm2.PurePython())[1] is None
    assert ("编译的加速部件完成" in line.zh) is compiled
    monkeypatch.setattr(sm2_native, "file_name", lambda: "_sm2-none.so")
    (line,) = doctor._sm2()
    assert "验签无加速部件(_sm2-none.so" in line.zh
