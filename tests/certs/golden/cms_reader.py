"""A second opinion about signed data: asn1crypto reads, gmalg and the library's RSA and ECDSA check the
values. Imports nothing of `certs`; knows nothing of chains and times.
"""

from __future__ import annotations

import hashlib

import gmalg
from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.certs.golden.cms_writer import IDENTITY, RS, SM3, ContentInfo, Octets, SignerInfo, sm3


def holding(message: bytes, content: bytes | None = None) -> list[int]:
    """Serial numbers of the signers whose values hold over the content, in order."""
    signed = ContentInfo.load(message, strict=True)["content"]
    inside = signed["content"].parse(Octets)["content"].native
    content = inside if content is None else content
    found = [x509.Certificate.load(one.dump()) for one in signed["certificates"]]
    out = []
    for info in signed["signers"]:
        certificate = next(one for one in found if _named(info, one))
        if _holds(info, certificate, content):
            out.append(certificate.serial_number)
    return out


def _named(info: SignerInfo, certificate: x509.Certificate) -> bool:
    sid = info["sid"]
    if sid.name == "key":
        return bool(certificate.key_identifier == sid.native)
    same = sid.chosen["issuer"].dump() == certificate["tbs_certificate"]["issuer"].dump()
    return bool(same and sid.chosen["serial"].native == certificate.serial_number)


def _holds(info: SignerInfo, certificate: x509.Certificate, content: bytes) -> bool:
    message, chinese = content, info["digest"]["oid"].native == SM3
    if info["attributes"].native is not None:
        stated = {row["kind"].native: row["values"][0] for row in info["attributes"]}
        computed = sm3(content) if chinese else hashlib.sha256(content).digest()
        if stated["1.2.840.113549.1.9.4"].native != computed:
            return False
        message = b"\x31" + info["attributes"].dump()[1:]
    value, key = info["value"].native, certificate["tbs_certificate"]["subject_public_key_info"]
    if chinese:
        pair = RS.load(value, strict=True)
        r, s = (pair[name].native.to_bytes(32, "big") for name in ("r", "s"))
        return bool(gmalg.SM2(None, IDENTITY, bytes(key["public_key"])).verify(message, r, s))
    public = load_der_public_key(key.dump())
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(value, message, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(value, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
