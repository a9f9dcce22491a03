"""A PDF sealed in two steps, and judged like any other."""

from __future__ import annotations

import pytest

from certs.model.der import MalformedError
from certs.pdf import finish_pdf, prepare_pdf, verify_pdf
from certs.seal import sign_with_seal
from certs.verdict import Verdict
from tests.certs.pdf import writer
from tests.certs.seal import world as w

TIME = w.NOW - w.HOUR


def value(imprint: bytes) -> bytes:
    return sign_with_seal(w.seal(5), w.signer(), imprint, TIME)


def judge(data: bytes) -> Verdict:
    return verify_pdf(data, trust=w.trust(), at=w.NOW)


def sealed(pdf: bytes) -> bytes:
    made = prepare_pdf(pdf, time=TIME)
    return finish_pdf(made.data, value(made.imprint))


def test_sealed_once_and_once_more_and_nothing_left_open() -> None:
    plain = writer.plain()
    once = sealed(plain)
    assert once.startswith(plain)
    twice = sealed(once)
    for file, count in ((once, "1"), (twice, "2")):
        verdict = judge(file)
        assert verdict.ok, verdict.reasons
        assert verdict.facts["signatures"] == count
        assert not judge(file.replace(b"Award", b"Aword")).ok
    assert not judge(twice + b"\n%more\n1 0 obj<<>>endobj").ok


def test_what_is_not_sealed() -> None:
    made, other = prepare_pdf(writer.plain(), time=TIME), prepare_pdf(sealed(writer.plain()), time=TIME)
    assert not judge(finish_pdf(made.data, value(other.imprint))).ok
    broken = sealed(writer.plain()).replace(b"Award", b"Aword").replace(b"/ByteRange [0", b"/ByteRange [1")
    for file in (b"", b"PK\x03\x04", made.data, broken):
        with pytest.raises(MalformedError):
            prepare_pdf(file, time=TIME)
    for file in (writer.plain(), finish_pdf(made.data, value(made.imprint))):
        with pytest.raises(MalformedError):
            finish_pdf(file, value(made.imprint))
    for wrong in (b"", b"\x30\x00", value(made.imprint) + bytes(70_000)):
        with pytest.raises(MalformedError):
            finish_pdf(made.data, wrong)
