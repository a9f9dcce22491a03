"""The second hand opens envelopes too: asn1crypto, gmalg, and the library's RSA and AES."""

from __future__ import annotations

import gmalg
from asn1crypto import core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.certs.golden import cms_writer
from tests.certs.golden.envelope_writer import AUTHENTICATED, OAEP, SM4, EnvelopedInfo, Holder, SM2Cipher


class _Anything(core.SequenceOf):
    _child_spec = core.Any


def content_of(signed: bytes) -> bytes:
    """What signed data of either arc carries."""
    inner = cms_writer.ContentInfo.load(signed)["content"]["content"]
    return bytes(cms_writer.Octets.load(inner.dump())["content"].native)


def opened(info: bytes, holder: Holder) -> bytes:
    """The content for this holder, who is found by trying (there is one recipient of each kind)."""
    outer = EnvelopedInfo.load(info)
    body = outer["content"]
    inner = _Anything.load(body["content"].dump())
    oid, parameters = (part.parsed for part in _Anything.load(inner[1].dump()))
    ciphertext = inner[2].contents
    for one in body["recipients"]:
        key = _key(one["algorithm"]["oid"].native, one["encrypted"].native, holder)
        if key is not None:
            tag = body["tag"].native if outer["kind"].dotted == AUTHENTICATED else b""
            return _content(oid.dotted, parameters, key, ciphertext, tag)
    raise ValueError("for somebody else")


def _key(oid: str, encrypted: bytes, holder: Holder) -> bytes | None:
    if oid.startswith("1.2.156"):
        if holder.party.family != "sm2":
            return None
        found = SM2Cipher.load(encrypted)
        point = b"\x04" + b"".join(found[one].native.to_bytes(32, "big") for one in "xy")
        try:
            return bytes(
                gmalg.SM2(holder.private).decrypt(point + found["hash"].native + found["text"].native)
            )
        except gmalg.errors.CheckFailedError:
            return None
    if holder.party.family != "rsa":
        return None
    key = load_der_private_key(holder.private, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    return key.decrypt(encrypted, oaep if oid == OAEP else padding.PKCS1v15())


def _content(oid: str, parameters: core.Asn1Value, key: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    block = algorithms.SM4(key) if oid.startswith(SM4) else algorithms.AES(key)
    if tag:
        nonce = _Anything.load(parameters.dump())[0].parsed.native
        context = Cipher(block, modes.GCM(nonce, tag)).decryptor()
        return context.update(ciphertext) + context.finalize()
    if oid.startswith(SM4):
        last, out = parameters.native, []
        for at in range(0, len(ciphertext), 16):
            piece = ciphertext[at : at + 16]
            plain = bytes(gmalg.SM4(key).decrypt(piece))
            out.append(bytes(a ^ b for a, b in zip(plain, last, strict=True)))
            last = piece
        padded = b"".join(out)
    else:
        chained = Cipher(block, modes.CBC(parameters.native)).decryptor()
        padded = chained.update(ciphertext) + chained.finalize()
    return padded[: -padded[-1]]
