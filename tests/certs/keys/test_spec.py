"""Lines of the settings: what they mean, what is refused, and that secrets have no place in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.keys.spec import KeySpec, KeySpecError, parse
from tests.rows import each


@each(
    ("line", "expected"),
    [
        ("file:/k.pem", KeySpec("file", "/k.pem")),
        ("file:///k%20y.pem", KeySpec("file", "/k y.pem")),
        ("file:C:/keys/k.pem?certificate=C:/k.crt",
         KeySpec("file", "C:/keys/k.pem", {"certificate": "C:/k.crt"})),
        ("file:/k.p12?pin-source=env:PIN", KeySpec("file", "/k.p12", {}, "env:PIN")),
        ("file:/k.p12?pin-source=/run/pin", KeySpec("file", "/k.p12", {}, "file:/run/pin")),
        ("pkcs11:token=%E4%B8%AD;object=a%3Bb?module-path=/m.so&pin-source=file:/run/pin",
         KeySpec("pkcs11", "/m.so", {"token": "中", "object": "a;b"}, "file:/run/pin")),
        ("PKCS11:id=%01%ff?module-path=/m.so", KeySpec("pkcs11", "/m.so", {"id": "%01%ff"})),
        ("sdf:/l.so?index=1&certificate=/c.pem",
         KeySpec("sdf", "/l.so", {"index": "1", "certificate": "/c.pem"})),
        ("https://h.example:9443/api/?key=k+1",
         KeySpec("server", "https://h.example:9443/api", {"key": "k+1"})),
    ],
)  # fmt: skip
def test_what_a_line_means(line: str, expected: KeySpec) -> None:
    assert parse(line) == expected


@each(
    ("line", "said"),
    [
        ("", "开头"), ("/k.pem", "开头"), ("ftp://h/k", "开头"), ("file:", "路径"), ("sdf:?index=1", "路径"),
        ("file:/k?certifcate=/c", "certificate"), ("file:/k?x=1", "可用"), ("file:/k?certificate=", "没有值"),
        ("file:/k?certificate=/a&certificate=/b", "两次"), ("file:/k?pin-source=1234", "pin-source"),
        ("pkcs11:object=a", "module-path"), ("pkcs11:token=t?module-path=/m", "object="),
        ("pkcs11:object=%ff?module-path=/m", "UTF-8"), ("https://h:0/x", "端口"),
        ("https://h:99999/x", "解析"),
        ("https:///x", "主机"), ("https://h/x#y", "片段"), ("file:/k\n", ""), ("file:/k\x00", "一行"),
        ("file:/" + "k" * 5000, "字符"), ("https://[::1/x", "解析"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(line: str, said: str) -> None:
    if not said:
        assert parse(line).place == "/k"
        return
    with pytest.raises(KeySpecError, match=said):
        parse(line)


@each(
    "line",
    [
        "pkcs11:object=a?module-path=/m&pin-value={}", "file:/k?pin={}", "file:/k?password={}",
        "sdf:/l?PIN={}",         "https://me:{}@h/x", "https://{}@h/x",
        "file:/k?pin-source={}", "file:/k?pwd={}", "{}:/k",
        "https://h/x?{}=1",
    ],
)  # fmt: skip
def test_a_secret_in_the_line_is_refused_and_never_repeated(line: str) -> None:
    with pytest.raises(KeySpecError) as caught:
        parse(line.format("s3cr3t-9q"))
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert "s3cr3t" not in told


@pytest.mark.parametrize("text", ["", "x", "0", "65", "-1", "1.5"])
def test_numbers_have_bounds(text: str) -> None:
    with pytest.raises(KeySpecError, match="sessions"):
        KeySpec("sdf", "/l", {"sessions": text}).number("sessions", 4, 1, 64)
    assert KeySpec("sdf", "/l", {"sessions": "0x10"}).number("sessions", 4, 1, 64) == 16


@given(
    st.text()
    | st.sampled_from(["file:", "pkcs11:", "sdf:", "https://"]).flatmap(lambda s: st.text().map(s.__add__))
)
def test_no_line_raises_anything_else(line: str) -> None:
    try:
        assert parse(line).place
    except KeySpecError as error:
        assert str(error)
