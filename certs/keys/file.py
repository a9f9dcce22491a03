"""A key in a file: PEM, DER, PKCS#8 plain or enciphered, PKCS#12. For sandboxes.

A file can be copied without anybody noticing, so production refuses it unless a setting takes the
responsibility, and a file that others on the machine may read is refused everywhere.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

from certs.algorithms.signature import family
from certs.algorithms.sm2_keys import KeyFormError, read_private
from certs.keys.certificates import checked, read_chain, split
from certs.keys.held import HeldKey
from certs.keys.pbes2 import is_enciphered, opened
from certs.keys.port import KeyFailureError
from certs.keys.spec import KeySpec, read_secret

_LARGEST = 1 << 20
_KEY = re.compile(rb"-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(.*?)-----END \1-----", re.S)
_PROOF = b"hutong: does this key belong to this certificate?"


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key read into memory; nothing is kept open."""

    held: HeldKey

    @property
    def algorithm(self) -> str:
        return self.held.algorithm

    @property
    def certificate(self) -> bytes:
        return self.held.certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self.held.chain

    def sign(self, message: bytes) -> bytes:
        return self.held.sign(message)

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        return self.held.decrypt(ciphertext, scheme)

    def close(self) -> None:
        """Nothing to give back."""


def open_file(spec: KeySpec, env: Mapping[str, str], *, production: bool) -> FileKey:
    """Raises KeyFailureError."""
    if production:
        raise KeyFailureError(
            "生产环境不接受文件密钥:请改用 pkcs11:、sdf: 或签名服务器;确需使用时须明确允许"
            "(命令行 --allow-file-key 或环境变量 HUTONG_ALLOW_FILE_KEYS=true)"
        )
    data = _private_bytes(Path(spec.place))
    algorithm, private, own = _read(data, read_secret(spec.pin_source, env))
    named = spec.option("certificate")
    certificate, chain = read_chain(named) if named else (own[0], tuple(own[1:])) if own else (b"", ())
    if not certificate:
        raise KeyFailureError("密钥文件中没有证书,请在密钥引用中写 certificate=证书文件路径")
    held = HeldKey(algorithm, private, certificate, chain)
    checked(_PROOF, held.sign(_PROOF), certificate, algorithm, "密钥文件")
    return FileKey(held)


def _private_bytes(path: Path) -> bytes:
    """The file's bytes, if nobody else may read it. Asked of the open file: no time to swap it."""
    try:
        with path.open("rb") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                raise KeyFailureError(f"密钥文件 {path} 同组或其他用户可读,未予使用:请执行 chmod 600 {path}")
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise KeyFailureError(f"密钥文件 {path} 读不出({type(error).__name__}),请检查路径与权限") from None
    if len(data) > _LARGEST:
        raise KeyFailureError(f"密钥文件 {path} 大得不像密钥")
    return data


def _read(data: bytes, passphrase: str) -> tuple[str, bytes, list[bytes]]:
    """Algorithm, private key in our form, and the certificates that stand beside it."""
    own = split(data) if b"-----BEGIN" in data else []
    block = _KEY.search(data)
    if block is None:
        der = data if data[:1] == b"\x30" else _base64(data)
        if der[:1] == b"\x30" and b"\x02\x01\x03" in der[:8]:
            return _pkcs12(der, passphrase)
    elif b"Proc-Type" in block[2]:
        return *_normal(_loaded(data, passphrase, pem=True)), own
    else:
        der = _base64(block[2])
    if is_enciphered(der):
        if not passphrase:
            raise KeyFailureError("密钥文件有口令保护,请写 pin-source=env:变量名 或 pin-source=file:路径")
        der = opened(der, passphrase)
    try:
        return "sm2-sm3", read_private(der), own
    except KeyFormError:
        return *_normal(_loaded(der, "", pem=False)), own


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyFailureError("密钥文件无法解析,应为 PEM、DER、PKCS#8 或 PKCS#12") from None


def _loaded(data: bytes, passphrase: str, *, pem: bool) -> object:
    password = passphrase.encode("utf-8") or None
    try:
        return load_pem_private_key(data, password) if pem else load_der_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFailureError("密钥文件无法解析,或口令不对(SM2、RSA、P-256、P-384 的私钥可用)") from None


def _pkcs12(der: bytes, passphrase: str) -> tuple[str, bytes, list[bytes]]:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(der, passphrase.encode("utf-8") or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFailureError(
            "PKCS#12 文件解不开:口令不对、已损坏,或其中是 SM2 密钥(请转换为带口令的 PKCS#8 与证书文件)"
        ) from None
    own = [one.public_bytes(Encoding.DER) for one in ([certificate] if certificate else []) + others]
    return *_normal(key), own


def _normal(key: object) -> tuple[str, bytes]:
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        name = "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ecdsa-sha256"
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        try:
            return name, family(name).read_private(der)
        except ValueError:
            raise KeyFailureError("RSA 私钥应不短于 2048 位,椭圆曲线应为 P-256 或 P-384") from None
    raise KeyFailureError("文件中没有可用的私钥(SM2、RSA、P-256、P-384 可用)")
