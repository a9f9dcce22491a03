"""The certificate that goes with a key, as it comes in a file, and the proof that the two belong together.

Whatever a device, a token or a server answers is checked under the certificate before anybody sees it: a
card in the wrong slot or a server that signs with another's key is found here, not by the receiver.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.algorithms.verification import fault
from certs.keys.port import KeyFailureError
from certs.model.certificate import Algorithm, PublicKey, read_certificate
from certs.model.der import MalformedError

_LARGEST, _MOST = 1 << 20, 20
_PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([^-]*)-----END")
_FAMILIES = {ids.SM2: "sm2-sm3", ids.RSA: "rsa-sha256", ids.EC: "ecdsa-sha256"}
_SIGNED_WITH = {
    "sm2-sm3": Algorithm("1.2.156.10197.1.501", None),
    "rsa-sha256": Algorithm("1.2.840.113549.1.1.11", b"\x05\x00"),
    "ecdsa-sha256": Algorithm("1.2.840.10045.4.3.2", None),
}


def read_chain(path: str) -> tuple[bytes, tuple[bytes, ...]]:
    """The certificate and those above it, from PEM (one or several), DER or Base64. KeyFailureError."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise KeyFailureError(f"证书文件 {path} 读不出({type(error).__name__}),请检查路径与权限") from None
    found = split(data)
    if not found:
        raise KeyFailureError(f"文件 {path} 中没有证书,应为 PEM 或 DER")
    return found[0], tuple(found[1:])


def split(data: bytes) -> list[bytes]:
    """Every certificate in these bytes, in the order they stand; none if it is something else."""
    if len(data) > _LARGEST:
        return []
    blocks = _PEM.findall(data)[:_MOST]
    try:
        if blocks:
            found = [base64.b64decode(block) for block in blocks]
        else:
            found = [data if data[:1] == b"\x30" else base64.b64decode(b"".join(data.split()), validate=True)]
        for one in found:
            read_certificate(one)
    except (binascii.Error, MalformedError):
        return []
    return found


def public_key(certificate: bytes) -> PublicKey:
    """Raises KeyFailureError."""
    try:
        return read_certificate(certificate).key
    except MalformedError as error:
        raise KeyFailureError(f"密钥的证书无法解析:{error}") from None


def algorithm_of(certificate: bytes) -> str:
    """The name of `certs.algorithms.signature` that goes with this certificate; raises KeyFailureError."""
    try:
        return _FAMILIES[load(public_key(certificate)).family]
    except (KeyUnusableError, MalformedError, KeyError):
        raise KeyFailureError("证书中的公钥种类不受支持,应为 SM2、RSA 或 P-256/P-384") from None


def point_of(certificate: bytes) -> bytes:
    """The 65-byte SM2 point; raises KeyFailureError."""
    if algorithm_of(certificate) != "sm2-sm3":
        raise KeyFailureError("证书不是 SM2 证书")
    return public_key(certificate).bits


def checked(message: bytes, signature: bytes, certificate: bytes, algorithm: str, device: str) -> bytes:
    """The same signature, if it holds under the certificate; raises KeyFailureError."""
    if fault(message, _SIGNED_WITH[algorithm], signature, public_key(certificate)) is not None:
        raise KeyFailureError(
            f"{device} 给出的签名在所配证书下不成立,未予采用:请核对密钥标识与证书是否为同一对"
        )
    return signature
