"""A second hand that writes signed data: asn1crypto for the structures, gmalg for SM2 and SM3, the library's
own RSA and ECDSA. Imports nothing of `certs`.

`python -m tests.certs.golden.cms_writer` writes `cms/*.der` anew: every form once, under fresh keys, with
the roots in `cms/roots/`. All subjects are made up.
"""
# ruff: noqa: RUF012, E501  fields of asn1crypto are class attributes, and tables

from __future__ import annotations

import hashlib
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import gmalg
from asn1crypto import core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SM3, SHA256 = "1.2.156.10197.1.401", "2.16.840.1.101.3.4.2.1"
SM2_SIGN, SM2_SM3, SM2_CURVE = "1.2.156.10197.1.301.1", "1.2.156.10197.1.501", "1.2.156.10197.1.301"
RSA, RSA_SHA256, ECDSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
EC_KEY, PSS = "1.2.840.10045.2.1", "1.2.840.113549.1.1.10"
SM2_ARC, RSA_ARC = "1.2.156.10197.6.1.4.2.", "1.2.840.113549.1.7."
CONTENT = "甘肃省公共资源交易:投标文件签名样例(沙箱)".encode()
MADE = datetime(2026, 11, 1, tzinfo=UTC)
IDENTITY = b"1234567812345678"


class Algorithm(core.Sequence):
    _fields = [("oid", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class Extension(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("critical", core.Boolean, {"default": False}),
               ("value", core.OctetString)]  # fmt: skip


class Extensions(core.SequenceOf):
    _child_spec = Extension


class Validity(core.Sequence):
    _fields = [("begin", core.UTCTime), ("end", core.UTCTime)]


class Body(core.Sequence):
    _fields = [("version", core.Integer, {"explicit": 0}), ("serial", core.Integer), ("algorithm", Algorithm),
               ("issuer", core.Any), ("validity", Validity), ("subject", core.Any), ("key", core.Any),
               ("extensions", Extensions, {"explicit": 3})]  # fmt: skip


class Certificate(core.Sequence):
    _fields = [("body", Body), ("algorithm", Algorithm), ("value", core.OctetBitString)]


class Key(core.Sequence):
    _fields = [("algorithm", Algorithm), ("point", core.OctetBitString)]


class RS(core.Sequence):
    _fields = [("r", core.Integer), ("s", core.Integer)]


class Values(core.SetOf):
    _child_spec = core.Any


class Attribute(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("values", Values)]


class Attributes(core.SetOf):
    _child_spec = Attribute


class IssuerAndSerial(core.Sequence):
    _fields = [("issuer", core.Any), ("serial", core.Integer)]


class Sid(core.Choice):
    _alternatives = [("issuer", IssuerAndSerial), ("key", core.OctetString, {"implicit": 0})]


class SignerInfo(core.Sequence):
    _fields = [("version", core.Integer), ("sid", Sid), ("digest", Algorithm),
               ("attributes", Attributes, {"implicit": 0, "optional": True}), ("algorithm", Algorithm),
               ("value", core.OctetString)]  # fmt: skip


class SignerInfos(core.SetOf):
    _child_spec = SignerInfo


class Algorithms(core.SetOf):
    _child_spec = Algorithm


class Anything(core.SetOf):
    _child_spec = core.Any


class Octets(core.Sequence):
    _fields = [
        ("kind", core.ObjectIdentifier),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class Text(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("content", core.UTF8String, {"explicit": 0})]


class SignedData(core.Sequence):
    _fields = [("version", core.Integer), ("digests", Algorithms), ("content", core.Any),
               ("certificates", Anything, {"implicit": 0, "optional": True}), ("signers", SignerInfos)]  # fmt: skip


class ContentInfo(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("content", SignedData, {"explicit": 0})]


@dataclass(frozen=True)
class Party:
    """Somebody with a certificate and a way to sign messages; `family` is sm2, rsa or ecdsa."""

    family: str
    name: x509.Name
    key: bytes
    sign: Callable[[bytes], bytes] = field(repr=False)
    certificate: bytes = b""
    serial: int = 0
    pss: Callable[[bytes], bytes] | None = field(default=None, repr=False)


def sm3(data: bytes) -> bytes:
    state = gmalg.SM3()
    state.update(data)
    return bytes(state.value())


def algorithm(oid: str, *, null: bool = False) -> Algorithm:
    return Algorithm({"oid": oid, "parameters": core.Any(core.Null())} if null else {"oid": oid})


def sm2_party(name: str, seed: random.Random) -> Party:
    private = (seed.getrandbits(255) | 1).to_bytes(32, "big")
    public = gmalg.SM2().generate_pk(private)
    curve = {"oid": EC_KEY, "parameters": core.Any(core.ObjectIdentifier(SM2_CURVE))}

    def sign(message: bytes) -> bytes:
        r, s = gmalg.SM2(private, IDENTITY, public, rnd_fn=seed.getrandbits).sign(message)
        return RS({"r": int.from_bytes(r, "big"), "s": int.from_bytes(s, "big")}).dump()

    info = Key({"algorithm": curve, "point": public}).dump()
    return Party("sm2", x509.Name.build({"country_name": "CN", "common_name": name}), info, sign)


def rsa_party(name: str, _: random.Random) -> Party:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Party(
        "rsa", x509.Name.build({"country_name": "CN", "common_name": name}), info,
        lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        pss=lambda message: key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()),
    )  # fmt: skip


def ecdsa_party(name: str, _: random.Random) -> Party:
    key = ec.generate_private_key(ec.SECP256R1())
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    built = x509.Name.build({"country_name": "CN", "common_name": name})
    return Party("ecdsa", built, info, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256())))


PARTIES = {"sm2": sm2_party, "rsa": rsa_party, "ecdsa": ecdsa_party}
_CERTIFIED = {
    "sm2": algorithm(SM2_SM3),
    "rsa": algorithm(RSA_SHA256, null=True),
    "ecdsa": algorithm(ECDSA_SHA256),
}


def key_identifier(party: Party) -> bytes:
    return hashlib.sha256(party.key).digest()[:20]


def certified(party: Party, issuer: Party, serial: int, *, ca: bool = False) -> Party:
    """The same party with a certificate of this issuer; valid for twenty years."""
    usage = x509.KeyUsage({"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "non_repudiation"})
    constraints = x509.BasicConstraints({"ca": ca})
    extensions = [
        {"id": "2.5.29.19", "critical": True, "value": constraints.dump()},
        {"id": "2.5.29.15", "critical": True, "value": usage.dump()},
        {"id": "2.5.29.14", "value": core.OctetString(key_identifier(party)).dump()},
    ]
    body = Body({
        "version": 2, "serial": serial, "algorithm": _CERTIFIED[issuer.family],
        "issuer": core.Any.load(issuer.name.dump()), "subject": core.Any.load(party.name.dump()),
        "validity": {"begin": MADE, "end": MADE.replace(year=2046)},
        "key": core.Any.load(party.key), "extensions": extensions,
    })  # fmt: skip
    signed = {"body": body, "algorithm": _CERTIFIED[issuer.family], "value": issuer.sign(body.dump())}
    return replace(party, certificate=Certificate(signed).dump(), serial=serial)


@dataclass(frozen=True)
class Form:
    """How one message is written; `names` are digest and signature identifiers, NULL behind if True."""

    family: str = "sm2"
    arc: str = SM2_ARC
    detached: bool = False
    bare: bool = False
    signers: int = 1
    by_key: bool = False
    names: tuple[tuple[str, bool], tuple[str, bool]] = ((SM3, False), (SM2_SIGN, False))
    raw: bool = False
    wrapped: bool = True
    pss: bool = False


_RSA = ((SHA256, True), (RSA, True))
_EC = ((SHA256, False), (ECDSA_SHA256, False))
FORMS = {
    "sm2-attached": Form(),
    "sm2-detached": Form(detached=True),
    "sm2-bare": Form(bare=True),
    "sm2-bare-detached": Form(bare=True, detached=True),
    "sm2-raw": Form(raw=True),
    "sm2-bare-raw": Form(raw=True, bare=True),
    "sm2-two-signers": Form(signers=2),
    "sm2-key-identifier": Form(by_key=True),
    "sm2-null-parameters": Form(names=((SM3, True), (SM2_SIGN, True))),
    "sm2-named-501": Form(names=((SM3, False), (SM2_SM3, False))),
    "sm2-named-501-null": Form(names=((SM3, True), (SM2_SM3, True))),
    "sm2-named-curve": Form(names=((SM3, False), (SM2_CURVE, False))),
    "sm2-named-ec-key": Form(names=((SM3, False), (EC_KEY, False))),
    "sm2-not-octets": Form(wrapped=False),
    "sm2-rsa-arc": Form(arc=RSA_ARC, names=((SM3, False), (SM2_SM3, False))),
    "sm2-rsa-arc-detached-raw": Form(arc=RSA_ARC, detached=True, raw=True),
    "rsa-attached": Form("rsa", RSA_ARC, names=_RSA),
    "rsa-detached": Form("rsa", RSA_ARC, detached=True, names=_RSA),
    "rsa-bare": Form("rsa", RSA_ARC, bare=True, names=((SHA256, True), (RSA_SHA256, True))),
    "rsa-sm2-arc": Form("rsa", SM2_ARC, names=_RSA),
    "rsa-pss": Form("rsa", RSA_ARC, names=((SHA256, False), (PSS, False)), pss=True),
    "ecdsa-attached": Form("ecdsa", RSA_ARC, names=_EC),
    "ecdsa-bare": Form("ecdsa", RSA_ARC, bare=True, names=_EC),
    "ecdsa-key-identifier": Form("ecdsa", RSA_ARC, by_key=True, names=_EC),
}


def written(form: Form, signers: list[Party], content: bytes = CONTENT) -> bytes:
    """DER of a ContentInfo of this form."""
    kind = form.arc + "1"
    inner: core.Sequence = Octets({"kind": kind} if form.detached else {"kind": kind, "content": content})
    if not form.wrapped:
        inner = Text({"kind": kind, "content": content.decode()})
    digest = algorithm(form.names[0][0], null=form.names[0][1])
    signed = SignedData({
        "version": 3 if form.by_key else 1, "digests": [digest], "content": core.Any(inner),
        "certificates": [core.Any.load(party.certificate) for party in signers],
        "signers": [_signer(form, party, content, kind) for party in signers],
    })  # fmt: skip
    return ContentInfo({"kind": form.arc + "2", "content": signed}).dump()


def _signer(form: Form, party: Party, content: bytes, kind: str) -> SignerInfo:
    (digest, digest_null), (name, name_null) = form.names
    issuer = x509.Certificate.load(party.certificate)["tbs_certificate"]["issuer"]
    sid = Sid("issuer", IssuerAndSerial({"issuer": core.Any.load(issuer.dump()), "serial": party.serial}))
    if form.by_key:
        sid = Sid("key", key_identifier(party))
    out = SignerInfo({
        "version": 3 if form.by_key else 1, "sid": sid,
        "digest": algorithm(digest, null=digest_null), "algorithm": _named(form, name, null=name_null),
    })  # fmt: skip
    message = content
    if not form.bare:
        computed = sm3(content) if digest == SM3 else hashlib.sha256(content).digest()
        rows = (("1.2.840.113549.1.9.3", core.ObjectIdentifier(kind)), ("1.2.840.113549.1.9.5", core.UTCTime(MADE)),
                ("1.2.840.113549.1.9.4", core.OctetString(computed)))  # fmt: skip
        out["attributes"] = [{"kind": one, "values": [core.Any(value)]} for one, value in rows]
        message = b"\x31" + out["attributes"].dump(force=True)[1:]
    value = party.pss(message) if form.pss and party.pss else party.sign(message)
    if form.raw:
        pair = RS.load(value)
        value = b"".join(pair[one].native.to_bytes(32, "big") for one in ("r", "s"))
    out["value"] = value
    return out


def _named(form: Form, name: str, *, null: bool) -> Algorithm:
    if not form.pss:
        return algorithm(name, null=null)
    sha = algorithm(SHA256).dump()
    mask = Algorithm({"oid": "1.2.840.113549.1.1.8", "parameters": core.Any.load(sha)}).dump()
    body = _tagged(0, sha) + _tagged(1, mask) + _tagged(2, b"\x02\x01\x20")
    return Algorithm({"oid": name, "parameters": core.Any.load(b"\x30" + bytes([len(body)]) + body)})


def _tagged(number: int, inner: bytes) -> bytes:
    return bytes([0xA0 | number, len(inner)]) + inner


def worlds(seed: int) -> dict[str, tuple[Party, list[Party]]]:
    """For each family a root and two signers below it."""
    out = {}
    for family, make in PARTIES.items():
        source = random.Random(f"{seed} {family}")
        root = make(f"黄金样例根 {family}", source)
        root = certified(root, root, 1, ca=True)
        people = [certified(make(f"样例签名人{n} {family}", source), root, 100 + n) for n in (1, 2)]
        out[family] = (root, people)
    return out


def all_forms(seed: int) -> Iterator[tuple[str, Form, bytes, bytes]]:
    """Name, form, message and the root to trust, for every form."""
    made = worlds(seed)
    for name, form in FORMS.items():
        root, people = made[form.family]
        yield name, form, written(form, people[: form.signers]), root.certificate


def main() -> None:
    place = Path(__file__).with_name("cms")
    (place / "roots").mkdir(parents=True, exist_ok=True)
    for name, form, message, root in all_forms(secrets.randbits(64)):
        (place / f"{name}.der").write_bytes(message)
        (place / "roots" / f"{form.family}.der").write_bytes(root)


if __name__ == "__main__":
    main()
