"""The clinic names the mistake that was made, first, and none where none was made.

Every mistake is seeded by code of this file's own: a clinic that is tried with its own wrong ways of
signing would only agree with itself.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.algorithms import sm2
from certs.algorithms import sm2_curve as curve
from certs.algorithms.digest import digest, mac
from certs.algorithms.signature import family
from hub.message import Key, parse, sign, signing_bytes, verify
from hub.message.clinic import SHOWN, diagnose
from hub.message.clinic_content import CONTENT
from hub.message.clinic_mistakes import mistakes
from hub.message.clinic_values import readings
from hub.message.clinic_writing import BYTES, TEXTS, WRITING
from tests.rows import each

D = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
SECRET = random.Random(2).randbytes(32)


@cache
def key(alg: str) -> Key:
    if alg.startswith("hmac"):
        return Key("T01-1", "T01", alg, SECRET)
    made: Any = {
        "sm2-sm3": lambda: D,
        "rsa-sha256": lambda: pkcs8(rsa.generate_private_key(65537, 2048)),
        "ecdsa-sha256": lambda: pkcs8(ec.generate_private_key(ec.SECP256R1())),
    }[alg]()
    return Key("T01-1", "T01", alg, public=family(alg).public_of(made), private=made)


def pkcs8(made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def unsigned(alg: str = "hmac-sm3") -> dict[str, Any]:
    """An envelope in which every seeded mistake makes a difference."""
    return {
        "head": {
            "ver": "1", "realm": "sandbox", "from": "T01", "to": "hub", "msgId": "m-1",
            "msgType": "record.put",
            "stage": "eng-tender-notice", "time": "2026-11-22T06:00:00+08:00", "nonce": "n0000001",
            "sign": {"keyId": "T01-1", "alg": alg},
        },
        "body": {
            "op": "insert", "key": "K/1", "version": 1,
            "fields": {
                "NOTICE_NAME": "兰州新区<道路>改造 & 绿化=一期",
                "NOTICE_CONTENT": "第一行\n第二行 e\u0301 é 結尾 ",
                "BUDGET": "1234.50",
                "link": "http://example.org/a/b",
                "REMARK": "",
                "NOTE": None,
                "PUBLISH_TIME": "2026-11-22T09:00:00+08:00",
            },
            "ext": {}, "files": [],
        },
    }  # fmt: skip


def text(value: Any, **how: Any) -> str:
    settings_: dict[str, Any] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":"), **how}
    return json.dumps(value, **settings_)


def edited(change: Callable[[dict[str, Any]], Any], **how: Any) -> Callable[[dict[str, Any]], bytes]:
    """The canonical text of an envelope changed in place (or of what the change returns)."""

    def made(envelope: dict[str, Any]) -> bytes:
        other = copy.deepcopy(envelope)
        found = change(other)
        return text(other if found is None else found, **how).encode()

    return made


def each_string(change: Callable[[str], Any]) -> Callable[[dict[str, Any]], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(member) for name, member in value.items()}
        return (
            [walk(m) for m in value]
            if isinstance(value, list)
            else change(value)
            if isinstance(value, str)
            else value
        )

    return walk


def without(wanted: Callable[[Any], bool]) -> Callable[[dict[str, Any]], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(member) for name, member in value.items() if not wanted(member)}
        return value

    return walk


def reverse(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reverse(value[name]) for name in sorted(value, reverse=True)}
    return value


def caseless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: caseless(value[name]) for name in sorted(value, key=str.lower)}
    return value


def at(envelope: dict[str, Any], path: str, value: Any) -> None:
    *parts, last = path.split("/")
    for part in parts:
        envelope = envelope[part]
    envelope[last] = value


def drop(part: dict[str, Any], name: str) -> None:
    del part[name]


# What is signed by mistake, seeded independently: (expected first, bytes of the unsigned envelope).
SIGNED: list[tuple[str, Callable[[dict[str, Any]], bytes]]] = [
    ("value-empty", edited(lambda e: at(e, "head/sign/value", ""))),
    ("value-null", edited(lambda e: at(e, "head/sign/value", None))),
    ("value-placeholder", edited(lambda e: at(e, "head/sign/value", "signature"))),
    ("sign-removed", edited(lambda e: drop(e["head"], "sign"))),
    ("sign-incomplete", edited(lambda e: at(e, "head/sign", {"alg": e["head"]["sign"]["alg"]}))),
    ("sign-incomplete", edited(lambda e: at(e, "head/sign", {}))),
    ("body-only", edited(lambda e: e["body"])),
    ("fields-only", edited(lambda e: e["body"]["fields"])),
    ("member-missing", edited(lambda e: drop(e["body"], "files"))),
    ("member-missing", edited(lambda e: drop(e["head"], "to"))),
    ("decimal-as-number", lambda e: text(e).replace('"1234.50"', "1234.50").replace('"1"', "1").encode()),
    ("decimal-as-number", edited(each_string(lambda s: float(s) if s in {"1234.50", "1"} else s))),
    ("decimal-reformatted", edited(lambda e: at(e, "body/fields/BUDGET", "1234.5"))),
    ("integer-as-string", edited(lambda e: at(e, "body/version", "1"))),
    ("time-zone", edited(lambda e: at(e, "head/time", "2026-11-21T22:00:00Z"))),
    ("time-zone", edited(lambda e: at(e, "head/time", "2026-11-22T06:00:00"))),
    ("time-format", edited(lambda e: at(e, "head/time", "20261122060000"))),
    ("time-format", edited(lambda e: at(e, "head/time", "2026-11-22 06:00:00"))),
    (
        "time-format",
        edited(each_string(lambda s: s[:19].replace("T", " ") if s.endswith("+08:00") else s)),
    ),
    ("null-dropped", edited(without(lambda v: v is None))),
    ("empty-dropped", edited(without(lambda v: v == ""))),
    ("empty-containers-dropped", edited(without(lambda v: v in ([], {})))),
    ("unicode-form", edited(each_string(lambda s: unicodedata.normalize("NFC", s)))),
    ("unicode-form", edited(each_string(lambda s: unicodedata.normalize("NFD", s)))),
    ("line-ends", edited(each_string(lambda s: s.replace("\n", "\r\n")))),
    ("trimmed", edited(each_string(str.strip))),
    ("member-order", edited(lambda e: None, sort_keys=False)),
    ("member-order-reversed", edited(reverse, sort_keys=False)),
    ("member-order-ignoring-case", edited(caseless, sort_keys=False)),
    ("white-space", edited(lambda e: None, separators=(", ", ": "))),
    ("white-space", edited(lambda e: None, separators=(",", ": "), indent=2)),
    ("white-space", edited(lambda e: None, separators=(",", ": "), indent="\t")),
    ("white-space", lambda e: text(e, separators=(",", ": "), indent=4).replace("\n", "\r\n").encode()),
    ("ascii-escapes", edited(lambda e: None, ensure_ascii=True)),
    ("ascii-escapes", lambda e: "".join(c if c.isascii() else f"\\u{ord(c):04X}" for c in text(e)).encode()),
    ("escaped-slash", lambda e: text(e).replace("/", r"\/").encode()),
    (
        "html-escapes",
        lambda e: text(e).replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")
        .replace("=", r"\u003d").encode(),
    ),
    ("gbk", lambda e: text(e).encode("gb18030")),
    ("utf-16", lambda e: text(e).encode("utf-16-le")),
    ("default-charset", lambda e: text(e).encode("ascii", "replace")),
    ("bom", lambda e: b"\xef\xbb\xbf" + text(e).encode()),
    ("newline", lambda e: text(e).encode() + b"\n"),
    ("newline", lambda e: text(e).encode() + b"\r\n"),
    (
        "query-string",
        lambda e: "&".join(f"{k}={v}" for k, v in sorted(e["body"]["fields"].items()) if v).encode(),
    ),
    ("digest-signed", lambda e: digest(text(e).encode())),
    ("digest-hex-signed", lambda e: digest(text(e).encode()).hex().encode()),
]  # fmt: skip
# For the mistakes in the bytes every algorithm must do; ECDSA has the shortest list of its own.
ALGS = ("hmac-sm3", "hmac-sha256", "sm2-sm3", "rsa-sha256", "ecdsa-sha256")


def value_of(data: bytes, by: Key) -> bytes:
    """A signature by other code than the product's `sign`."""
    if by.alg == "hmac-sm3":
        return mac(data, by.secret, "hmac-sm3")
    if by.alg == "hmac-sha256":
        import hmac

        return hmac.digest(by.secret, data, "sha256")
    if by.alg == "sm2-sm3":
        return sm2.sign(data, by.private, by.ident, by=sm2.PurePython())
    made: Any = load_der_private_key(by.private, None)
    if by.alg == "rsa-sha256":
        return bytes(made.sign(data, padding.PKCS1v15(), hashes.SHA256()))
    return bytes(made.sign(data, ec.ECDSA(hashes.SHA256())))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sent(value: str, alg: str = "hmac-sm3") -> dict[str, Any]:
    envelope = unsigned(alg)
    envelope["head"]["sign"]["value"] = value
    return envelope


def named(value: str, alg: str = "hmac-sm3", *, raw: bytes = b"", **more: Any) -> tuple[str, ...]:
    envelope = sent(value, alg)
    found = diagnose(envelope, raw or text(envelope).encode(), more.pop("by", key(alg)), **more)
    assert not found.fits
    assert found.canonical == signing_bytes(envelope)
    return found.mistakes


@pytest.mark.parametrize("alg", ALGS)
def test_a_right_signature_names_nothing(alg: str) -> None:
    envelope = sign(unsigned(alg), key(alg))
    found = diagnose(envelope, text(envelope).encode(), replace(key(alg), private=b""))
    assert found.fits
    assert found.mistakes == ()
    assert verify(envelope, {"T01-1": key(alg)}.get) == []


@each(
    ("seed", "alg"),
    [(n, alg) for n in range(len(SIGNED)) for alg in ALGS if alg in {"hmac-sm3", "sm2-sm3"} or n % 5 == 0],
    ids=lambda part: f"{SIGNED[part][0]}-{part}" if isinstance(part, int) else part,
)
def test_every_mistake_in_what_was_signed_is_named_first(seed: int, alg: str) -> None:
    expected, make = SIGNED[seed]
    data = make(unsigned(alg))
    assert data != signing_bytes(sent("AAAA", alg))
    by = replace(key(alg), private=b"")
    assert named(b64(value_of(data, key(alg))), alg, by=by)[0] == expected


@pytest.mark.parametrize("alg", ["hmac-sm3", "sm2-sm3"])
@pytest.mark.parametrize(
    ("expected", "make"),
    [
        ({"member-order", "white-space", "ascii-escapes"}, lambda e: json.dumps(e).encode()),
        (
            {"member-order", "ascii-escapes", "escaped-slash"},
            lambda e: json.dumps(e, separators=(",", ":")).replace("/", r"\/").encode(),
        ),
        ({"member-order", "white-space"}, lambda e: json.dumps(e, ensure_ascii=False, indent=2).encode()),
        (
            {"value-empty", "member-order"},
            edited(lambda e: at(e, "head/sign/value", ""), sort_keys=False),
        ),
        ({"body-only", "member-order"}, lambda e: text(e["body"], sort_keys=False).encode()),
        ({"member-order", "gbk"}, lambda e: text(e, sort_keys=False).encode("gbk", "ignore")),
        ({"ascii-escapes", "newline"}, lambda e: text(e, ensure_ascii=True).encode() + b"\n"),
    ],
)  # fmt: skip
def test_what_libraries_do_by_default(alg: str, expected: set[str], make: Any) -> None:
    envelope = unsigned(alg)
    envelope["body"]["fields"].pop("NOTICE_CONTENT")  # GBK lacks the combining accent
    envelope["head"]["sign"]["value"] = b64(value_of(make(envelope), key(alg)))
    assert set(diagnose(envelope, b"", key(alg)).mistakes) == expected


def test_the_text_as_sent() -> None:
    by, envelope = key("hmac-sm3"), unsigned()
    bare = json.dumps(envelope, ensure_ascii=False, indent=3).encode()
    value = b64(value_of(bare, by))
    # A library that writes the value into the text it signed before.
    raw = bare.replace(b'"alg": "hmac-sm3"', b'"alg": "hmac-sm3", "value": "' + value.encode() + b'"')
    value = b64(value_of(raw.replace(value.encode(), b""), by))
    assert named(value, raw=raw)[0] == "text-as-sent"
    whole = b'{"odd":   "text"}'
    assert named(b64(value_of(whole, by)), raw=whole)[0] == "raw-file"


# The value: how it was written down.
VALUES: list[tuple[str, Callable[[bytes], str]]] = [
    ("hex", lambda v: v.hex()),
    ("hex-upper", lambda v: v.hex().upper()),
    ("base64url", lambda v: base64.urlsafe_b64encode(v).decode()),
    ("base64-no-padding", lambda v: b64(v).rstrip("=")),
    ("base64-line-breaks", lambda v: base64.encodebytes(v).decode()[:40] + "\n" + b64(v)[40:]),
    ("base64-of-hex", lambda v: b64(v.hex().encode())),
    ("base64-twice", lambda v: b64(b64(v).encode())),
]


@each("alg", ["hmac-sm3", "sm2-sm3", "ecdsa-sha256"])
@each(("expected", "write"), VALUES, ids=[name for name, _ in VALUES])
def test_every_mistake_in_writing_the_value_is_named(
    alg: str, expected: str, write: Callable[[bytes], str]
) -> None:
    data = signing_bytes(sent("", alg))
    # A signature differs each time, so one is found whose Base64 has what this mistake changes.
    values = (value_of(data, key(alg)) for _ in range(100))
    written = next(write(value) for value in values if write(value) != b64(value))
    assert named(written, alg)[0] == expected


def test_the_seeded_secret_gives_a_value_that_base64url_changes() -> None:
    assert set("+/") & set(b64(value_of(signing_bytes(sent("")), key("hmac-sm3"))))


class TestKeyedDigests:
    def value(self, secret: bytes, alg: str = "hmac-sm3") -> str:
        return b64(mac(signing_bytes(sent("")), secret, alg))

    @pytest.mark.parametrize(
        ("expected", "secret"),
        [
            ("secret-base64-text", base64.b64encode(SECRET)),
            ("secret-hex-text", SECRET.hex().encode()),
            ("secret-newline", base64.b64encode(SECRET) + b"\n"),
            ("secret-empty", b""),
        ],
    )
    def test_the_secret_in_another_form(self, expected: str, secret: bytes) -> None:
        assert named(self.value(secret)) == (expected,)

    def test_a_secret_that_is_text_itself(self) -> None:
        inner = random.Random(3).randbytes(24)
        by = Key("T01-1", "T01", "hmac-sm3", base64.b64encode(inner))
        assert named(self.value(inner), by=by) == ("secret-decoded-twice",)

    def test_other_constructions(self) -> None:
        data = signing_bytes(sent(""))
        assert named(self.value(SECRET, "hmac-sha256")) == ("other-digest",)
        assert named(b64(digest(data))) == ("digest-only",)
        assert named(hashlib.sha256(data).hexdigest()) == ("digest-only", "hex")
        assert named(b64(digest(data + SECRET))) == ("secret-beside",)
        assert named(digest(data + base64.b64encode(SECRET)).hex().upper()) == ("secret-beside", "hex-upper")

    def test_an_old_key_of_the_same_member_but_nobody_elses(self) -> None:
        old = Key("T01-0", "T01", "hmac-sm3", b"o" * 32)
        foreign = Key("T02-1", "T02", "hmac-sm3", b"f" * 32)
        assert named(self.value(b"o" * 32), others=[old, foreign]) == ("other-own-key",)
        assert named(self.value(b"f" * 32), others=[old, foreign]) == ()
        pair = replace(key("sm2-sm3"), key_id="T01-9")
        assert named(b64(value_of(signing_bytes(sent("")), pair)), others=[pair]) == ("other-own-key",)

    def test_what_can_be_said_when_nothing_fits(self) -> None:
        assert named("%%%%") == ("not-a-value",)
        assert named(b64(b"x" * 20)) == ("length",)
        assert named(b64(b"x" * 32)) == ()
        for alg in ("sm2-sm3", "ecdsa-sha256"):
            assert named(b64(b"x" * 40), alg) == ("not-a-value",)
            assert named(b64(encode_dss_signature(5, 7)), alg) == ()
        assert named(b64(b"x" * 128), "rsa-sha256") == ("length",)

    def test_labels(self) -> None:
        envelope = unsigned()
        envelope["head"]["sign"] |= {"alg": "hmac-sha256", "keyId": "T01-7"}
        envelope["head"]["sign"]["value"] = b64(mac(signing_bytes(envelope), SECRET))
        found = diagnose(envelope, b"", key("hmac-sm3"))
        assert not found.fits
        assert found.mistakes == ("key-id", "algorithm-name")


class TestSm2:
    """The identity, Z and the pair (r, s)."""

    PUBLIC = sm2.public_of(D)

    def e(self, ident: bytes = sm2.DEFAULT_ID, data: bytes | None = None) -> bytes:
        return sm2.e_value(signing_bytes(sent("", "sm2-sm3")) if data is None else data, self.PUBLIC, ident)

    def pair(self, e: bytes) -> tuple[int, int]:
        return sm2.PurePython().sign(e, D)

    def by_e(self, e: bytes) -> tuple[str, ...]:
        return named(b64(encode_dss_signature(*self.pair(e))), "sm2-sm3")

    def test_identities(self) -> None:
        assert self.by_e(self.e(b"")) == ("empty-id",)
        for ident in (
            b"ALICE123@YAHOO.COM",
            b"T01",
            b"12345678",
            bytes.fromhex("1234567812345678"),
            b"T01-1",
        ):
            assert self.by_e(self.e(ident)) == ("wrong-id",)
        own = replace(key("sm2-sm3"), ident=b"T01@gansu")
        value = b64(encode_dss_signature(*self.pair(self.e())))
        assert named(value, "sm2-sm3", by=own) == ("wrong-id",)
        details = diagnose(sent(value, "sm2-sm3"), b"", own).public()["mistakes"]
        assert details[0]["detail"] == "1234567812345678"

    def test_digests(self) -> None:
        data = signing_bytes(sent("", "sm2-sm3"))
        assert self.by_e(digest(data)) == ("no-z",)
        assert self.by_e(self.e(data=digest(data))) == ("digest-signed",)
        assert self.by_e(self.e(data=hashlib.sha256(data).digest())) == ("digest-signed",)
        assert self.by_e(self.e(data=self.e())) == ("digest-signed",)
        z256 = sm2.z_value(self.PUBLIC, algorithm="sha256")
        assert self.by_e(hashlib.sha256(z256 + data).digest()) == ("other-digest",)
        assert self.by_e(hashlib.sha256(data).digest()) == ("other-digest",)

    def test_z_made_wrongly(self) -> None:
        data = signing_bytes(sent("", "sm2-sm3"))
        numbers = b"".join(n.to_bytes(32, "big") for n in (curve.A, curve.B, *curve.G))
        entl = digest(b"\x00\x10" + sm2.DEFAULT_ID + numbers + self.PUBLIC[1:])
        assert self.by_e(digest(entl + data)) == ("entl-bytes",)
        point = digest(b"\x00\x80" + sm2.DEFAULT_ID + numbers + self.PUBLIC)
        assert self.by_e(digest(point + data)) == ("z-with-04",)

    def test_the_pair_written_otherwise(self) -> None:
        r, s = self.pair(self.e())
        both = (r.to_bytes(32, "big"), s.to_bytes(32, "big"))
        assert named(b64(both[0] + both[1]), "sm2-sm3") == ("raw-rs",)
        assert named((both[0] + both[1]).hex(), "sm2-sm3") == ("raw-rs", "hex")[::-1]
        assert named(b64(encode_dss_signature(s, r)), "sm2-sm3") == ("rs-swapped",)
        assert set(named(b64(both[1] + both[0]), "sm2-sm3")) == {"raw-rs", "rs-swapped"}
        small = (int.from_bytes(half, "little") for half in both)
        assert named(b64(encode_dss_signature(*small)), "sm2-sm3") == ("rs-little-endian",)
        assert set(named(b64(both[0][::-1] + both[1][::-1]), "sm2-sm3")) == {"raw-rs", "rs-little-endian"}

    def test_integers_without_their_leading_zero(self) -> None:
        for _ in range(50):
            r, s = self.pair(self.e())
            if r >> 255:
                break
        one, two = r.to_bytes(32, "big"), s.to_bytes(32, "big")
        sloppy = b"\x30" + bytes([4 + 64]) + b"\x02\x20" + one + b"\x02\x20" + two
        assert named(b64(sloppy), "sm2-sm3") == ("der-integers",)

    def test_two_at_once(self) -> None:
        data = text(unsigned("sm2-sm3"), sort_keys=False).encode()
        assert set(self.by_e(digest(data))) == {"member-order", "no-z"}
        r, s = self.pair(self.e(b""))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert set(named(raw.hex().upper(), "sm2-sm3")) == {"empty-id", "raw-rs", "hex-upper"}

    def test_facts(self) -> None:
        wrong = digest(signing_bytes(sent("", "sm2-sm3")))
        envelope = sent(b64(encode_dss_signature(*self.pair(wrong))), "sm2-sm3")
        facts = diagnose(envelope, b"", replace(key("sm2-sm3"), private=b"")).public()
        assert facts["z"] == sm2.z_value(self.PUBLIC).hex()
        assert facts["e"] == self.e().hex()
        assert facts["eSigned"] == f"{int.from_bytes(wrong, 'big') % curve.N:064x}"
        assert facts["digest"] == "sm3:" + wrong.hex()
        assert facts["canonical"].encode() == signing_bytes(envelope)


class TestRsaAndEcdsa:
    def rsa(self, *how: Any) -> tuple[str, ...]:
        made: Any = load_der_private_key(key("rsa-sha256").private, None)
        return named(b64(made.sign(signing_bytes(sent("", "rsa-sha256")), *how)), "rsa-sha256")

    def test_digests_and_paddings(self) -> None:
        assert self.rsa(padding.PKCS1v15(), hashes.SHA1()) == ("other-digest",)
        assert self.rsa(padding.PKCS1v15(), hashes.SHA512()) == ("other-digest",)
        assert self.rsa(padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()) == ("pss",)
        data = signing_bytes(sent("", "rsa-sha256"))
        made: Any = load_der_private_key(key("rsa-sha256").private, None)
        numbers = made.private_numbers()
        block = b"\x00\x01" + b"\xff" * 221 + b"\x00" + hashlib.sha256(data).digest()
        bare = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
        assert named(b64(bare), "rsa-sha256") == ("no-digest-info",)

    def test_an_ecdsa_pair_and_another_digest(self) -> None:
        made: Any = load_der_private_key(key("ecdsa-sha256").private, None)
        data = signing_bytes(sent("", "ecdsa-sha256"))
        r, s = decode_dss_signature(made.sign(data, ec.ECDSA(hashes.SHA256())))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert named(b64(raw), "ecdsa-sha256") == ("raw-rs",)
        assert named(b64(encode_dss_signature(s, r)), "ecdsa-sha256") == ("rs-swapped",)
        other = made.sign(digest(data), ec.ECDSA(Prehashed(hashes.SHA256())))
        assert named(b64(other), "ecdsa-sha256") == ("other-digest",)


class TestTable:
    def test_every_row_is_recognised_somewhere_and_every_name_has_a_row(self) -> None:
        tried = {*CONTENT, *WRITING, *BYTES, *TEXTS, "member-missing"}
        assert tried <= set(mistakes())
        seeded = {name for name, _ in SIGNED} | {name for name, _ in VALUES}
        own = {
            "raw-file", "text-as-sent", "other-digest", "other-own-key", "secret-base64-text",
            "secret-hex-text", "secret-decoded-twice", "secret-newline", "secret-empty", "digest-only",
            "secret-beside", "no-z", "empty-id", "wrong-id", "entl-bytes", "z-with-04", "no-digest-info",
            "pss",
            "raw-rs", "rs-swapped", "rs-little-endian", "der-integers", "algorithm-name", "key-id", "sender",
            "not-a-value", "length",
        }  # fmt: skip
        assert set(mistakes()) == seeded | own, "a row that nothing here seeds"
        assert len(mistakes()) >= 60

    def test_every_row_says_what_and_what_to_do(self) -> None:
        for row in mistakes().values():
            assert row.zh and row.en.isascii() and row.remedy


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.just("12.30"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abAB/~ ", max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


class TestBounds:
    def test_the_answer_is_bounded(self) -> None:
        envelope = unsigned()
        envelope["body"]["fields"]["NOTICE_CONTENT"] = "文" * 200_000
        signed = sign(envelope, key("hmac-sm3"))
        signed["head"]["nonce"] = "n0000002"
        facts = diagnose(signed, b"", key("hmac-sm3"), limit=20).public()
        assert len(facts["canonical"]) == SHOWN
        assert facts["canonicalLength"] == len(signing_bytes(signed))

    @settings(max_examples=60, deadline=None)
    @given(
        JSON,
        st.text(max_size=60) | st.binary(max_size=70).map(b64),
        st.sampled_from(ALGS),
        st.binary(max_size=50),
    )
    def test_nothing_is_raised_whatever_came(self, body: Any, value: str, alg: str, raw: bytes) -> None:
        envelope: Any = {"head": {"time": body, "sign": {"value": value, "alg": body}}, "body": body}
        if parse(json.dumps(envelope).encode()).findings:
            return
        found = diagnose(envelope, raw, replace(key(alg), private=b""), others=[key("hmac-sm3")], limit=60)
        assert not found.fits
        json.dumps(found.public())

    @settings(max_examples=60, deadline=None)
    @given(JSON, st.sampled_from(ALGS))
    def test_a_right_signature_over_anything_names_nothing(self, body: Any, alg: str) -> None:
        envelope: dict[str, Any] = {"head": {"from": "T01"}, "body": body}
        if parse(json.dumps(envelope).encode()).findings:
            return
        found = diagnose(sign(envelope, key(alg)), b"", replace(key(alg), private=b""))
        assert (found.fits, found.mistakes) == (True, ())

    @given(st.text(max_size=120))
    def test_readings_never_raise(self, value: str) -> None:
        for names, data in readings(value):
            assert set(names) <= set(mistakes())
            assert isinstance(data, bytes)
