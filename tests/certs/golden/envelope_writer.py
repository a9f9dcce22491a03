"""A second hand that writes envelopes: asn1crypto for the structures, gmalg for SM2, SM3 and SM4, the library's
own AES and RSA. Imports nothing of `certs`.

`python -m tests.certs.golden.envelope_writer` writes `envelopes/*.der` anew: every form once, under fresh
keys, with the root and the recipients' certificates and keys (made up, of no other use) beside them.
"""
# ruff: noqa: RUF012, E501  fields of asn1crypto are class attributes, and tables

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import gmalg
from asn1crypto import core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.certs.golden import cms_writer as cms
from tests.certs.golden.cms_writer import RSA_ARC, SM2_ARC, Algorithm, IssuerAndSerial, Party

CONTENT = "投标报价:玖佰捌拾柒万陆仟伍佰肆拾叁元整(沙箱样例)".encode()
AUTHENTICATED = "1.2.840.113549.1.9.16.1.23"
SM4, AES256_CBC, AES128_GCM = "1.2.156.10197.1.104", "2.16.840.1.101.3.4.1.42", "2.16.840.1.101.3.4.1.6"
OAEP, MGF1 = "1.2.840.113549.1.1.7", "1.2.840.113549.1.1.8"
PLACE = Path(__file__).with_name("envelopes")


class Rid(core.Choice):
    _alternatives = [("issuer", IssuerAndSerial), ("key", core.OctetString, {"implicit": 0})]


class Ktri(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("rid", Rid),
        ("algorithm", Algorithm),
        ("encrypted", core.OctetString),
    ]


class Recipients(core.SetOf):
    _child_spec = Ktri


class Encrypted(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("algorithm", Algorithm),
               ("value", core.OctetString, {"implicit": 0})]  # fmt: skip


class EncryptedInPieces(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("algorithm", Algorithm),
               ("value", core.OctetString, {"explicit": 0})]  # fmt: skip


class Enveloped(core.Sequence):
    _fields = [("version", core.Integer), ("recipients", Recipients), ("content", core.Any),
               ("tag", core.OctetString, {"optional": True})]  # fmt: skip


class SignedAndEnveloped(core.Sequence):
    _fields = [("version", core.Integer), ("recipients", Recipients), ("digests", cms.Algorithms),
               ("content", core.Any), ("certificates", cms.Anything, {"implicit": 0}),
               ("signers", cms.SignerInfos)]  # fmt: skip


class EnvelopedInfo(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("content", Enveloped, {"explicit": 0})]


class SignedAndEnvelopedInfo(core.Sequence):
    _fields = [("kind", core.ObjectIdentifier), ("content", SignedAndEnveloped, {"explicit": 0})]


class SM2Cipher(core.Sequence):
    _fields = [
        ("x", core.Integer),
        ("y", core.Integer),
        ("hash", core.OctetString),
        ("text", core.OctetString),
    ]


@dataclass(frozen=True)
class Holder:
    """A recipient: its certificate, and d or PKCS#8."""

    party: Party
    private: bytes = field(repr=False)


@dataclass(frozen=True)
class Form:
    """How one envelope is written; `notes` are what a reader has to forgive."""

    arc: str = SM2_ARC
    holders: tuple[str, ...] = ("sm2",)
    by_key: bool = False
    sm2: str = "asn1"
    transport: tuple[str, bool] = ("1.2.156.10197.1.301.3", False)
    oaep: bool = False
    cipher: tuple[str, str] = (f"{SM4}.2", "cbc")
    pieces: bool = False
    inside: bool = False
    notes: frozenset[str] = frozenset()


NAMED, PIECES = frozenset(("key-transport-named-otherwise",)), frozenset(("content-in-pieces",))
SADK = frozenset(("cipher-without-mode-means-cbc",))
GCM = (f"{SM4}.8", "gcm")
FORMS = {
    "sm2": Form(),
    "sm2-two-recipients": Form(holders=("sm2", "other")),
    "sm2-and-rsa-recipients": Form(holders=("rsa", "sm2")),
    "sm2-c1c3c2": Form(sm2="c1c3c2"),
    "sm2-c1c2c3": Form(sm2="c1c2c3"),
    "sm2-c1c3c2-no04": Form(sm2="c1c3c2-no04"),
    "sm2-null-parameters": Form(transport=("1.2.156.10197.1.301.3", True)),
    "gmssl-key-exchange": Form(transport=("1.2.156.10197.1.301.2", False), notes=NAMED),
    "named-ec-key": Form(transport=("1.2.840.10045.2.1", False), notes=NAMED),
    "sadk-old": Form(by_key=True, sm2="c1c2c3-no04", cipher=(SM4, "cbc"), notes=SADK),
    "sadk-new": Form(by_key=True, cipher=(SM4, "cbc"), notes=SADK),
    "gmsm": Form(transport=("1.2.156.10197.1.301.3", True), pieces=True, notes=PIECES),
    "gmsm-gcm": Form(cipher=GCM, pieces=True, notes=PIECES | {"gcm-outside-authenticated-data"}),
    "gmsm-signed-and-enveloped": Form(inside=True, pieces=True, notes=PIECES),
    "gmsm-signed-and-enveloped-ecb": Form(inside=True, cipher=(SM4, "ecb"), notes=frozenset(("cipher-without-mode-means-ecb",))),
    "signed-and-enveloped-rsa-arc": Form(RSA_ARC, inside=True),
    "rsa-arc": Form(RSA_ARC),
    "rsa-arc-authenticated": Form(RSA_ARC, cipher=GCM),
    "rsa-arc-ctr": Form(RSA_ARC, cipher=(f"{SM4}.7", "ctr"), notes=frozenset(("cipher-ctr",))),
    "rsa": Form(RSA_ARC, ("rsa",), cipher=(AES256_CBC, "aes-cbc")),
    "rsa-oaep": Form(RSA_ARC, ("rsa",), oaep=True, cipher=(AES256_CBC, "aes-cbc")),
    "rsa-authenticated": Form(RSA_ARC, ("rsa",), by_key=True, cipher=(AES128_GCM, "aes-gcm")),
}  # fmt: skip


def enciphered(form: Form, key: bytes, content: bytes) -> tuple[Algorithm, bytes, bytes]:
    """Identifier, ciphertext, tag."""
    oid, mode = form.cipher
    pad = 16 - len(content) % 16
    if mode.endswith("gcm"):
        nonce = secrets.token_bytes(12)
        block = algorithms.AES(key) if mode == "aes-gcm" else algorithms.SM4(key)
        context = Cipher(block, modes.GCM(nonce)).encryptor()
        parameters = core.SequenceOf([core.OctetString(nonce), core.Integer(16)], spec=core.Any)
        ciphertext = context.update(content) + context.finalize()
        return Algorithm({"oid": oid, "parameters": core.Any(parameters)}), ciphertext, context.tag
    if mode == "ecb":
        padded = content + bytes([pad]) * pad
        return (
            Algorithm({"oid": oid}),
            b"".join(_sm4(key, padded[at : at + 16]) for at in range(0, len(padded), 16)),
            b"",
        )
    iv = secrets.token_bytes(16)
    named = Algorithm({"oid": oid, "parameters": core.Any(core.OctetString(iv))})
    if mode == "aes-cbc":
        chained = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return named, chained.update(content + bytes([pad]) * pad) + chained.finalize(), b""
    return named, (_cbc if mode == "cbc" else _ctr)(key, iv, content), b""


def _sm4(key: bytes, block: bytes) -> bytes:
    return bytes(gmalg.SM4(key).encrypt(block))


def _cbc(key: bytes, iv: bytes, content: bytes) -> bytes:
    pad = 16 - len(content) % 16
    content, out, last = content + bytes([pad]) * pad, [], iv
    for at in range(0, len(content), 16):
        last = _sm4(key, bytes(a ^ b for a, b in zip(content[at : at + 16], last, strict=True)))
        out.append(last)
    return b"".join(out)


def _ctr(key: bytes, iv: bytes, content: bytes) -> bytes:
    start, out = int.from_bytes(iv, "big"), []
    for number, at in enumerate(range(0, len(content), 16)):
        stream = _sm4(key, ((start + number) % (1 << 128)).to_bytes(16, "big"))
        out.append(bytes(a ^ b for a, b in zip(content[at : at + 16], stream, strict=False)))
    return b"".join(out)


def sm2_encrypted(form: str, public: bytes, secret: bytes) -> bytes:
    """gmalg writes 04 C1 C3 C2; the other forms are that in another order."""
    made = bytes(gmalg.SM2(pk=public).encrypt(secret))
    c1, c3, c2 = made[1:65], made[65:97], made[97:]
    if form == "asn1":
        x, y = (int.from_bytes(c1[at : at + 32], "big") for at in (0, 32))
        return bytes(SM2Cipher({"x": x, "y": y, "hash": c3, "text": c2}).dump())
    bare = c1 + (c3 + c2 if form.startswith("c1c3c2") else c2 + c3)
    return bare if form.endswith("no04") else b"\x04" + bare


def _recipient(form: Form, holder: Holder, secret: bytes) -> Ktri:
    party = holder.party
    if party.family == "sm2":
        public = x509.PublicKeyInfo.load(party.key)["public_key"].native
        named, encrypted = (
            cms.algorithm(form.transport[0], null=form.transport[1]),
            sm2_encrypted(form.sm2, public, secret),
        )
    else:
        named, encrypted = _rsa(form, holder, secret)
    issuer = x509.Certificate.load(party.certificate)["tbs_certificate"]["issuer"]
    rid = Rid("issuer", IssuerAndSerial({"issuer": core.Any.load(issuer.dump()), "serial": party.serial}))
    if form.by_key:
        rid = Rid("key", cms.key_identifier(party))
    return Ktri({"version": 2 if form.by_key else int(form.arc == SM2_ARC), "rid": rid, "algorithm": named,
                 "encrypted": encrypted})  # fmt: skip


def _rsa(form: Form, holder: Holder, secret: bytes) -> tuple[Algorithm, bytes]:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    key = load_der_public_key(holder.party.key)
    assert isinstance(key, rsa.RSAPublicKey)
    if not form.oaep:
        return cms.algorithm(cms.RSA, null=True), key.encrypt(secret, padding.PKCS1v15())
    sha = cms.algorithm(cms.SHA256, null=True).dump()
    mask = Algorithm({"oid": MGF1, "parameters": core.Any.load(sha)}).dump()
    body = bytes([0xA0, len(sha)]) + sha + bytes([0xA1, len(mask)]) + mask
    named = Algorithm({"oid": OAEP, "parameters": core.Any.load(b"\x30" + bytes([len(body)]) + body)})
    return named, key.encrypt(secret, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


def written(form: Form, signer: Party, holders: list[Holder], content: bytes = CONTENT) -> bytes:
    """DER: signed data over an envelope, or signed-and-enveloped data."""
    key = secrets.token_bytes(32 if form.cipher[0] == AES256_CBC else 16)
    named, ciphertext, tag = enciphered(form, key, content)
    authenticated = bool(tag) and not form.pieces
    shape = EncryptedInPieces if form.pieces else Encrypted
    value = ciphertext if authenticated else ciphertext + tag
    arc = RSA_ARC if authenticated else form.arc
    inner = core.Any(shape({"kind": arc + "1", "algorithm": named, "value": value}))
    recipients = [_recipient(form, one, key) for one in holders]
    if form.inside:
        return _inside(form, signer, recipients, inner, content)
    body = Enveloped({"version": 2 if form.by_key else 1, "recipients": recipients, "content": inner})
    if authenticated:
        body["tag"] = tag
    kind = AUTHENTICATED if authenticated else arc + "3"
    info = EnvelopedInfo({"kind": kind, "content": body}).dump()
    return cms.written(cms.Form(arc=form.arc), [signer], info)


def _inside(form: Form, signer: Party, recipients: list[Ktri], inner: core.Any, content: bytes) -> bytes:
    signed = cms.Form(arc=form.arc, bare=True, names=((cms.SM3, True), (cms.SM2_SIGN, True)))
    body = SignedAndEnveloped({
        "version": 1, "recipients": recipients, "digests": [cms.algorithm(cms.SM3, null=True)], "content": inner,
        "certificates": [core.Any.load(signer.certificate)],
        "signers": [cms._signer(signed, signer, content, form.arc + "1")],
    })  # fmt: skip
    return bytes(SignedAndEnvelopedInfo({"kind": form.arc + "4", "content": body}).dump())


def world(seed: int) -> tuple[Party, Party, dict[str, Holder]]:
    """A root, a signer below it, and holders of keys."""
    source = random.Random(seed)
    root = cms.sm2_party("黄金样例根 信封", source)
    root = cms.certified(root, root, 1, ca=True)
    signer = cms.certified(cms.sm2_party("样例投标人", source), root, 7)
    holders = {}
    for number, name in enumerate(("sm2", "other")):
        private = (source.getrandbits(255) | 1).to_bytes(32, "big")
        curve = {"oid": cms.EC_KEY, "parameters": core.Any(core.ObjectIdentifier(cms.SM2_CURVE))}
        info = cms.Key({"algorithm": curve, "point": gmalg.SM2().generate_pk(private)}).dump()
        party = replace(
            signer,
            name=x509.Name.build({"country_name": "CN", "common_name": f"样例持有人 {name}"}),
            key=info,
        )
        holders[name] = Holder(cms.certified(party, root, 20 + number), private)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    party = Party(
        "rsa", x509.Name.build({"country_name": "CN", "common_name": "样例持有人 rsa"}), info, signer.sign
    )
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    holders["rsa"] = Holder(cms.certified(party, root, 30), private)
    return root, signer, holders


def all_forms(seed: int) -> Iterator[tuple[str, Form, bytes, bytes, dict[str, Holder]]]:
    """Name, form, envelope, root and holders, for every form."""
    root, signer, holders = world(seed)
    for name, form in FORMS.items():
        yield (
            name,
            form,
            written(form, signer, [holders[one] for one in form.holders]),
            root.certificate,
            holders,
        )


def main() -> None:
    (PLACE / "keys").mkdir(parents=True, exist_ok=True)
    for name, _, message, root, holders in all_forms(secrets.randbits(64)):
        (PLACE / f"{name}.der").write_bytes(message)
        (PLACE / "keys" / "root.cer").write_bytes(root)
        for one, holder in holders.items():
            (PLACE / "keys" / f"{one}.cer").write_bytes(holder.party.certificate)
            (PLACE / "keys" / f"{one}.bin").write_bytes(holder.private)


if __name__ == "__main__":
    main()
