"""The same code is found in every form in which vendors write it, and nothing else is taken for one."""

from datetime import UTC, datetime

import pytest

from certs.model import write as w
from certs.subject import Rule, subject
from certs.subject.places import unwrapped
from certs.testpki.forms import FORMS, written_extension, written_name
from certs.testpki.issue import Authority, extension
from tests.rows import each

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CODE = "91620000MA71A0013W"
CA = Authority.root("沙箱 places", "ecdsa-sha256", now=NOW)
CREDIT = Rule("credit", "extension", "1.2.156.10260.4.1.4", ("uscc",))


def certificate(*extensions: bytes, name: bytes | str = "某") -> bytes:
    return CA.issue(name, extensions=extensions).certificate


@each("form", FORMS)
def test_every_form_of_a_private_extension(form: str) -> None:
    found = subject(certificate(written_extension(CREDIT.oid, CODE, form)), [CREDIT])
    assert found.bound is not None
    assert (found.bound.code, found.bound.kind) == (CODE, "uscc")


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("identity", "bare")])
def test_every_form_of_an_attribute(form: str) -> None:
    rule = Rule("unique", "subject", "2.5.4.45", ("uscc",))
    name = written_name([("C", "CN", "printable"), ("UI", "{code}", form)], {"code": CODE})
    found = subject(certificate(name=name), [rule])
    assert found.bound is not None
    assert found.bound.code == CODE


def test_alternative_names_both_kinds() -> None:
    other = w.sequence(
        w.element(0xA0, w.oid("1.2.156.1.8888.148"), w.explicit(0, w.utf8(CODE))),
        w.explicit(4, written_name([("UI", "{code}", "utf8")], {"code": CODE})),
    )
    raw = certificate(extension("2.5.29.17", other))
    for oid in ("1.2.156.1.8888.148", "2.5.4.45"):
        found = subject(raw, [Rule("san", "alternative", oid, ("uscc",))])
        assert found.bound is not None
        assert found.bound.place == f"alternative {oid}"
    assert subject(raw, [Rule("san", "alternative", "1.2.3", ("uscc",))]).candidates == ()


@pytest.mark.parametrize(
    "written",
    [CODE.lower(), f" {CODE} ", f"{CODE[:8]} {CODE[8:]}", "".join(chr(ord(c) + 0xFEE0) for c in CODE)],
)
def test_case_blanks_and_full_width_do_not_matter(written: str) -> None:
    found = subject(certificate(written_extension(CREDIT.oid, written, "utf8")), [CREDIT])
    assert found.bound is not None
    assert found.bound.code == CODE


@pytest.mark.parametrize(
    "value",
    [b"", b"\x00\x01\xff\xfe", w.sequence(), w.integer(5), w.octets(b""), w.utf8("x" * 300), b"0\x84"],
)
def test_what_is_no_text_yields_nothing(value: bytes) -> None:
    found = subject(certificate(extension(CREDIT.oid, value)), [CREDIT])
    assert found.candidates == ()
    assert found.bound is None


def test_unwrapping_is_bounded() -> None:
    deep = CODE.encode()
    for _ in range(50):
        deep = w.octets(deep)
    assert CODE not in unwrapped(deep)
    assert len(unwrapped(w.sequence(*[w.utf8("x")] * 100))) <= 32
    assert unwrapped(w.sequence(w.oid("1.2.3"), w.utf8(CODE))) == [CODE]
