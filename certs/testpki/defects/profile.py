"""One broken certificate for each rule of the profile; the table's ids are the rules' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.model import write as w
from certs.model.der import Reader
from certs.testpki.defects.bench import Bench, instead, name_of, plus, without
from certs.testpki.defects.exhibit import Exhibit
from certs.testpki.defects.path import flipped
from certs.testpki.issue import (
    ALGORITHMS,
    DAY,
    ENCIPHER,
    SIGN,
    Alter,
    Blank,
    basic_constraints,
    extended_usage,
    extension,
    key_usage,
)
from certs.testpki.mark import MARK_TEXT

Both = tuple[Exhibit, Exhibit]
_BASIC, _USAGE, _AKI, _SKI = "2.5.29.19", "2.5.29.15", "2.5.29.35", "2.5.29.14"
_CRL, _AIA = "2.5.29.31", "1.3.6.1.5.5.7.1.1"
_NULLED = w.algorithm("1.2.156.10197.1.501", w.NULL)
_STAMPING, _ANY = "1.3.6.1.5.5.7.3.8", "2.5.29.37.0"


def _named(**different: bytes) -> Alter:
    """The holder's name written plainly, some of it differently (b"": left out)."""
    plain = {"C": w.printable("CN"), "O": w.utf8("沙箱某公司"), "CN": w.utf8("沙箱某公司"),
             "OU": w.utf8(MARK_TEXT)}  # fmt: skip
    pairs = [(kind, value) for kind, value in {**plain, **different}.items() if value]
    return lambda blank: replace(blank, subject=name_of(*pairs))


def _validity(days: int) -> Alter:
    return lambda blank: replace(blank, not_after=blank.not_before + days * DAY)


def _key(spki: bytes) -> Alter:
    return lambda blank: replace(blank, key=spki)


def _bits(blank: Blank) -> bytes:
    """The point of the key that is there."""
    reader = Reader(blank.key)
    return reader.octet_bits(reader.inside(reader.whole())[1])


def _odd_key(blank: Blank) -> Blank:
    return replace(blank, key=w.sequence(w.algorithm("1.2.156.10197.1.301"), w.bits(_bits(blank))))


def _short_rsa(bench: Bench) -> Both:
    """A modulus of 1,024 bits; nobody has its factors, and nobody needs them."""
    modulus = int.from_bytes(bench.source.octets(f"defect/{bench.id}", 128), "big") | 1 << 1023 | 1
    public = w.sequence(w.integer(modulus), w.integer(65537))
    return bench.both(_key(w.sequence(w.algorithm("1.2.840.113549.1.1.1", w.NULL), w.bits(public))))


def _raw_signature(bench: Bench) -> Both:
    key = bench.key()
    reader = Reader(key.certificate)
    body, algorithm, signature = reader.inside(reader.whole())
    r, s = decode_dss_signature(reader.octet_bits(signature))
    raw = w.bits(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return bench.shown(key), bench.shown(w.sequence(reader.raw(body), reader.raw(algorithm), raw))


def _cut(bench: Bench) -> Both:
    key = bench.key()
    return bench.shown(key), bench.shown(key.certificate[:-1])


def _twice(blank: Blank) -> Blank:
    return plus(blank, *(one for one in blank.extensions if w.oid(_SKI) in one[:10]))


def _usage(*usages: str, critical: bool = True) -> Alter:
    stated = key_usage(*usages)
    if not critical:
        stated = stated.replace(w.boolean(True), b"", 1)
        stated = w.sequence(stated[2:])
    return lambda blank: instead(blank, _USAGE, stated)


def _as_ca(critical: bool) -> Alter:
    """A CA, its basic constraints critical or not."""
    basic = basic_constraints(ca=True) if critical else extension(_BASIC, w.sequence(w.boolean(True)))
    return lambda blank: instead(_usage("keyCertSign", "cRLSign")(blank), _BASIC, basic)


def _with(oid: str, value: bytes, *, critical: bool = False) -> Alter:
    return lambda blank: instead(blank, oid, extension(oid, value, critical=critical))


def _drop(*oids: str) -> Alter:
    return lambda blank: without(blank, *oids)


def _no_code(bench: Bench) -> Both:
    return bench.shown(bench.key()), bench.shown(bench.key(more=()))


def _stamping(bench: Bench) -> Both:
    return bench.both(
        lambda b: plus(b, extended_usage(_STAMPING)),
        lambda b: plus(b, extended_usage(_STAMPING, critical=True)),
    )


def _changed(**different: object) -> Alter:
    return lambda blank: replace(blank, **different)  # type: ignore[arg-type]


_ALTERS: dict[str, Alter] = {
    "version": _changed(version=2),
    "serial-positive": _changed(serial=-(1 << 100)),
    "serial-size": _changed(serial=1 << 165),
    "serial-chance": _changed(serial=4711),
    "algorithm-admitted": _changed(algorithm=w.algorithm("1.2.840.113549.1.1.5", w.NULL)),
    "algorithm-agrees": _changed(algorithm=_NULLED, outer_algorithm=ALGORITHMS["sm2-sm3"]),
    "algorithm-parameters": _changed(algorithm=_NULLED),
    "unique-ids": _changed(unique=w.element(0x81, b"\x00old")),
    "validity-order": _validity(-1),
    "validity-length": _validity(3650),
    "time-form": _changed(time=w.generalized_time),
    "issuer-empty": _changed(issuer=w.sequence()),
    "subject-empty": _changed(subject=w.sequence()),
    "subject-common": _named(CN=b""),
    "country-form": _named(C=w.utf8("CN")),
    "country-value": _named(C=w.printable("US")),
    "text-utf8": _named(O=w.element(0x1E, "沙箱某公司".encode("utf-16-be"))),
    "text-honest": _named(O=w.element(0x13, "沙箱某公司".encode())),
    "text-length": _named(CN=w.utf8("沙箱" * 40)),
    "text-blank": _named(CN=w.utf8("沙箱某公司 ")),
    "unique-form": _named(UI=w.utf8("B00162")),
    "key-usable": lambda b: replace(b, key=flipped(b.key)),
    "key-family": _key(w.sequence(w.algorithm("1.3.101.112"), w.bits(bytes(range(32))))),
    "key-form": _odd_key,
    "extension-twice": _twice,
    "extension-unknown": lambda b: plus(b, extension("2.25.1", w.NULL, critical=True)),
    "extension-unreadable": _with(_AKI, b"\x30\x03\x02\x01"),
    "usage-missing": _drop(_USAGE),
    "usage-critical": _usage(*SIGN, critical=False),
    "usage-separated": _usage(*SIGN, *ENCIPHER),
    "usage-authority": _usage(*SIGN, "keyCertSign"),
    "basic-missing": _drop(_BASIC),
    "basic-length": _with(_BASIC, w.sequence(w.integer(0)), critical=True),
    "authority-key": _drop(_AKI),
    "subject-key": _drop(_SKI),
    "identifier-critical": _with(_SKI, w.octets(b"twenty octets of key"), critical=True),
    "revocation-pointer": _drop(_CRL, _AIA),
    "extended-any": lambda b: plus(b, extended_usage(_ANY)),
    "leaf-self-issued": lambda b: replace(b, issuer=b.subject),
    "encoding": _with(_BASIC, w.sequence(w.boolean(False)), critical=True),
}  # fmt: skip


def _altered(alter: Alter) -> Callable[[Bench], Both]:
    return lambda bench: bench.both(alter)


BUILD: dict[str, Callable[[Bench], Both]] = {
    **{f"profile-{rule}": _altered(alter) for rule, alter in _ALTERS.items()},
    "profile-unreadable": _cut,
    "profile-signature-form": _raw_signature,
    "profile-key-size": _short_rsa,
    "profile-basic-critical": lambda bench: bench.both(_as_ca(False), _as_ca(True)),
    "profile-subject-code": _no_code,
    "profile-extended-stamping": _stamping,
}
