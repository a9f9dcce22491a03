"""Issuing by hand: certificates and lists in which every field can be wrong on purpose.

`cryptography` makes no certificate with an SM2 key and refuses to make a defective one, so these come from
our own writer. For sandboxes and tests only: subjects say so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.algorithms import sm2_curve
from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import public_der
from certs.keys.held import HeldKey
from certs.model import write as w

ALGORITHMS = {
    "sm2-sm3": w.algorithm("1.2.156.10197.1.501"),
    "rsa-sha256": w.algorithm("1.2.840.113549.1.1.11", w.NULL),
    "ecdsa-sha256": w.algorithm("1.2.840.10045.4.3.2"),
}
# fmt: off
ATTRIBUTES = {"CN": "2.5.4.3", "SN": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8",
              "O": "2.5.4.10", "OU": "2.5.4.11", "UID": "0.9.2342.19200300.100.1.1", "UI": "2.5.4.45"}
# fmt: on
USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)  # fmt: skip
SIGN = ("digitalSignature", "nonRepudiation")
ENCIPHER = ("keyEncipherment", "dataEncipherment", "keyAgreement")
DAY = timedelta(days=1)


def new_key(algorithm: str) -> bytes:
    """A fresh private key in the form of `certs.algorithms.signature`."""
    if algorithm == "sm2-sm3":
        return (secrets.randbelow(sm2_curve.N - 2) + 1).to_bytes(32, "big")
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == "ecdsa-sha256"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def public_info(key: HeldKey) -> bytes:
    """SubjectPublicKeyInfo."""
    return _public_info(key.algorithm, key.private)


@lru_cache(256)
def _public_info(algorithm: str, private: bytes) -> bytes:
    """Each certificate names its own key and its issuer's several times; a public key is a multiplication,
    and reading an RSA key tests its primes (80 ms)."""
    key = HeldKey(algorithm, private)
    return public_der(key.public) if algorithm == "sm2-sm3" else key.public


def name(*pairs: tuple[str, str]) -> bytes:
    """A distinguished name; kinds as in `ATTRIBUTES`, or numbers. C is printable, the rest UTF-8."""
    return w.sequence(
        *(
            w.set_of(
                w.sequence(
                    w.oid(ATTRIBUTES.get(kind, kind)), w.printable(value) if kind == "C" else w.utf8(value)
                )
            )
            for kind, value in pairs
        )
    )


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return w.sequence(w.oid(oid), w.boolean(True) if critical else b"", w.octets(value))


def basic_constraints(*, ca: bool, path_length: int | None = None) -> bytes:
    length = b"" if path_length is None else w.integer(path_length)
    return extension("2.5.29.19", w.sequence(w.boolean(True) if ca else b"", length), critical=True)


def key_usage(*names: str) -> bytes:
    return extension("2.5.29.15", w.flags(*(USAGES.index(one) for one in names)), critical=True)


def extended_usage(*oids: str, critical: bool = False) -> bytes:
    return extension("2.5.29.37", w.sequence(*(w.oid(one) for one in oids)), critical=critical)


def subject_key(public: bytes) -> bytes:
    return extension("2.5.29.14", w.octets(key_identifier(public)))


def authority_key(public: bytes) -> bytes:
    return extension("2.5.29.35", w.sequence(w.implicit(0, w.octets(key_identifier(public)))))


def key_identifier(public: bytes) -> bytes:
    """20 bytes that name a SubjectPublicKeyInfo."""
    return digest(public, "sha256")[:20]


@dataclass(frozen=True, slots=True)
class Blank:
    """What a certificate says, before it is signed; everything as whole DER elements."""

    serial: int
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    key: bytes
    extensions: tuple[bytes, ...] = ()
    algorithm: bytes = b""
    outer_algorithm: bytes = b""
    version: int = 3
    unique: bytes = b""
    time: Callable[[datetime], bytes] = w.time

    def signed(self, by: HeldKey) -> bytes:
        inner = self.algorithm or ALGORITHMS[by.algorithm]
        version = w.explicit(0, w.integer(self.version - 1)) if self.version > 1 else b""
        validity = w.sequence(self.time(self.not_before), self.time(self.not_after))
        extensions = w.explicit(3, w.sequence(*self.extensions)) if self.extensions else b""
        head = (version, w.integer(self.serial), inner, self.issuer, validity, self.subject, self.key)
        body = w.sequence(*head, self.unique, extensions)
        return w.sequence(body, self.outer_algorithm or inner, w.bits(by.sign(body)))


_SERIALS = count(0x4855_0000_0000_0001)
Alter = Callable[[Blank], Blank]


def unaltered(blank: Blank) -> Blank:
    return blank


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA of a sandbox: its key, its name, the moment its world stands at."""

    key: HeldKey
    subject: bytes
    now: datetime
    days: int = 30
    common: str = field(default="")

    @classmethod
    def root(
        cls,
        common: str,
        algorithm: str = "sm2-sm3",
        *,
        now: datetime,
        days: int = 3650,
        key: HeldKey | None = None,
        subject: bytes | None = None,
        extensions: Sequence[bytes] = (),
        alter: Alter = unaltered,
    ) -> Authority:
        """Key and name are its own unless given; `alter` has the last word about what is signed."""
        key, subject = key or HeldKey(algorithm, new_key(algorithm)), subject or _sandbox(common)
        blank = cls(key, subject, now, days, common)
        stated = [*_ca_extensions(key, key), *extensions]
        made = alter(blank._blank(subject, public_info(key), stated, days)).signed(key)
        return cls(replace(key, certificate=made), subject, now, common=common)

    def sub(
        self,
        common: str,
        algorithm: str | None = None,
        *,
        days: int = 1825,
        key: HeldKey | None = None,
        subject: bytes | None = None,
        extensions: Sequence[bytes] = (),
        alter: Alter = unaltered,
    ) -> Authority:
        """A CA below this one."""
        algorithm = algorithm or self.key.algorithm
        key, subject = key or HeldKey(algorithm, new_key(algorithm)), subject or _sandbox(common)
        stated = [*_ca_extensions(key, self.key), *extensions]
        made = alter(self._blank(subject, public_info(key), stated, days)).signed(self.key)
        chain = (self.key.certificate, *self.key.chain)
        return Authority(replace(key, certificate=made, chain=chain), subject, self.now, common=common)

    def issue(
        self,
        subject: bytes | str,
        *,
        algorithm: str | None = None,
        usage: Sequence[str] = SIGN,
        extended: Sequence[str] = (),
        extensions: Sequence[bytes] = (),
        key: HeldKey | None = None,
        days: int | None = None,
        alter: Alter = unaltered,
        **different: object,
    ) -> HeldKey:
        """A key with its certificate and chain. `different` replaces fields of the `Blank`, then `alter`
        sees the whole."""
        algorithm = algorithm or self.key.algorithm
        key = key or HeldKey(algorithm, new_key(algorithm))
        subject = _sandbox(subject) if isinstance(subject, str) else subject
        stated = [basic_constraints(ca=False), key_usage(*usage), *extensions]
        if extended:
            only_stamps = tuple(extended) == ("1.3.6.1.5.5.7.3.8",)
            stated.append(extended_usage(*extended, critical=only_stamps))
        stated += [subject_key(public_info(key)), authority_key(public_info(self.key))]
        blank = self._blank(subject, public_info(key), stated, self.days if days is None else days)
        made = alter(replace(blank, **different)).signed(self.key)  # type: ignore[arg-type]
        return replace(key, certificate=made, chain=(self.key.certificate, *self.key.chain))

    def crl(
        self,
        revoked: Iterable[tuple[int, datetime, int]] = (),
        *,
        number: int = 1,
        this_update: datetime | None = None,
        days: int = 7,
        extensions: Sequence[bytes] = (),
    ) -> bytes:
        """A list of (serial, since, reason)."""
        begin = this_update or self.now
        rows = [
            w.sequence(
                w.integer(serial),
                w.time(since),
                w.sequence(extension("2.5.29.21", w.enumerated(reason))) if reason else b"",
            )
            for serial, since, reason in revoked
        ]
        body = w.sequence(
            w.integer(1), ALGORITHMS[self.key.algorithm], self.subject, w.time(begin),
            w.time(begin + days * DAY), w.sequence(*rows) if rows else b"",
            w.explicit(0, w.sequence(
                authority_key(public_info(self.key)), extension("2.5.29.20", w.integer(number)), *extensions
            )),
        )  # fmt: skip
        return w.sequence(body, ALGORITHMS[self.key.algorithm], w.bits(self.key.sign(body)))

    def _blank(self, subject: bytes, key: bytes, extensions: Sequence[bytes], days: int) -> Blank:
        begin, end = self.now - DAY, self.now + days * DAY
        return Blank(next(_SERIALS), self.subject, begin, end, subject, key, tuple(extensions))


def _ca_extensions(key: HeldKey, issuer: HeldKey) -> list[bytes]:
    return [
        basic_constraints(ca=True),
        key_usage("keyCertSign", "cRLSign"),
        subject_key(public_info(key)),
        authority_key(public_info(issuer)),
    ]


def _sandbox(common: str) -> bytes:
    return name(("C", "CN"), ("O", "Hutong Sandbox (never for production)"), ("CN", common))
