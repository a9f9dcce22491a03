"""A key in a cipher machine or card behind GM/T 0018 (SDF): the private key never leaves it.

Z and e are ours, the device gets 32 bytes, and what it gives is checked before anybody sees it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from functools import partial

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.sm2_ciphertext import Ciphertext, candidates
from certs.keys import sdf_library as lib
from certs.keys.certificates import checked, point_of, read_chain
from certs.keys.port import SM2, KeyFailureError
from certs.keys.sdf_device import Device
from certs.keys.sessions import MOST_SESSIONS, SESSIONS
from certs.keys.spec import KeySpec, KeySpecError, read_secret

_HIGHEST_INDEX = 100_000
_NOT_THIS = frozenset((lib.CIPHERTEXT, 0x0100000C, 0x0100001D))  # it says: this ciphertext cannot be opened


class SdfKey:
    """One key of one device; safe for threads."""

    algorithm = "sm2-sm3"

    def __init__(
        self, device: Device, index: int, certificate: bytes, chain: tuple[bytes, ...], decrypt_form: str
    ) -> None:
        self.certificate, self.chain = certificate, chain
        self._device, self._index, self._form = device, index, decrypt_form
        self._point = point_of(certificate)
        self._call, self._with = device.call, device.do

    def __repr__(self) -> str:
        return f"SdfKey(index={self._index})"

    def sign(self, message: bytes) -> bytes:
        """DER of (r, s), which holds under the certificate; raises KeyFailureError."""
        e = sm2.e_value(message, self._point)
        made = lib.SignatureBits()
        self._with(lambda at: self._call("SDF_InternalSign_ECC", at, self._index, e, 32, ctypes.byref(made)))
        r, s = int.from_bytes(bytes(made.r), "big"), int.from_bytes(bytes(made.s), "big")
        return checked(message, encode_dss_signature(r, s), self.certificate, self.algorithm, "密码设备")

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        """Raises KeyFailureError."""
        if scheme != SM2:
            raise KeyFailureError(f"SDF 设备中的 SM2 密钥不能按 {scheme} 解密")
        last: KeyFailureError = KeyFailureError("密文不是 SM2 密文,或已损坏")
        for _, found in candidates(ciphertext):
            try:
                return self._with(partial(self._decrypted, found))
            except lib.SdfError as error:
                if error.code not in _NOT_THIS:
                    raise
                last = error
        raise last

    def random(self, size: int) -> bytes:
        """From the device's own source; raises KeyFailureError."""
        out = ctypes.create_string_buffer(size)
        self._with(lambda at: self._call("SDF_GenerateRandom", at, size, out))
        return out.raw

    def examine(self) -> list[str]:
        """What the device gets wrong, in Chinese; empty if it is sound. Raises KeyFailureError."""
        wrong = []
        if self._with(self._digest_of_abc) != lib.SM3_ABC:
            wrong.append("密码设备的 SM3 与 GB/T 32905 样例不一致")
        if self.random(32) == self.random(32):
            wrong.append("密码设备两次给出相同的随机数")
        if not self._with(self._verifies_own):
            wrong.append("密码设备不认自己的签名")
        return wrong

    def close(self) -> None:
        self._device.close()

    def match(self) -> None:
        """Is the key at this index the certificate's, for signing or for encryption? KeyFailureError."""
        shown = [self._with(self._shown(one)) for one in ("Sign", "Enc")]
        if any(shown) and self._point not in shown:
            raise KeyFailureError(
                f"密码设备索引 {self._index} 处的密钥与证书不是同一对:请核对 index 与 certificate"
            )

    def _shown(self, usage: str) -> Callable[[ctypes.c_void_p], bytes | None]:
        def ask(session: ctypes.c_void_p) -> bytes | None:
            key = lib.PublicKeyBits()
            try:
                self._call(f"SDF_Export{usage}PublicKey_ECC", session, self._index, ctypes.byref(key))
            except lib.SdfError as error:
                if error.code in (lib.NOT_SUPPORTED, lib.KEY_ABSENT):
                    return None  # one of the pair may well not be there
                raise
            return key.point()

        return ask

    def _decrypted(self, found: Ciphertext, session: ctypes.c_void_p) -> bytes:
        bits = lib.cipher_bits(found.x, found.y, found.c3, found.c2)
        out, size = ctypes.create_string_buffer(len(found.c2) + 64), ctypes.c_uint(len(found.c2) + 64)
        which = (lib.SM2_ENCRYPTION,) if self._form == "algid" else ()
        self._call("SDF_InternalDecrypt_ECC", session, self._index, *which, bits, out, ctypes.byref(size))
        if size.value != len(found.c2):
            raise KeyFailureError("密码设备解密结果的长度与密文不符,未予采用")
        return out.raw[: size.value]

    def _digest_of_abc(self, session: ctypes.c_void_p) -> bytes:
        out, size = ctypes.create_string_buffer(64), ctypes.c_uint(64)
        self._call("SDF_HashInit", session, lib.SM3, None, None, 0)
        self._call("SDF_HashUpdate", session, b"abc", 3)
        self._call("SDF_HashFinal", session, out, ctypes.byref(size))
        return out.raw[: size.value]

    def _verifies_own(self, session: ctypes.c_void_p) -> bool:
        e, made = sm2.e_value(b"abc", self._point), lib.SignatureBits()
        self._call("SDF_InternalSign_ECC", session, self._index, e, 32, ctypes.byref(made))
        try:
            self._call("SDF_InternalVerify_ECC", session, self._index, e, 32, ctypes.byref(made))
        except lib.SdfError:
            return False
        return True


def open_device(spec: KeySpec, env: Mapping[str, str]) -> SdfKey:
    """Raises KeyFailureError."""
    if not spec.option("certificate") or not spec.option("index"):
        raise KeySpecError("sdf 密钥引用缺少 index=密钥索引 或 certificate=证书文件路径")
    form = spec.option("decrypt-form", lib.DECRYPT_FORMS[0])
    if form not in lib.DECRYPT_FORMS:
        raise KeySpecError(f"decrypt-form 应为 {' 或 '.join(lib.DECRYPT_FORMS)},见设备手册")
    index = spec.number("index", 1, 0, _HIGHEST_INDEX)
    sessions = spec.number("sessions", SESSIONS, 1, MOST_SESSIONS)
    certificate, chain = read_chain(spec.option("certificate"))
    pin = read_secret(spec.pin_source, env)
    device = Device(lib.Library(spec.place, form), index, pin, sessions)
    key = SdfKey(device, index, certificate, chain, form)
    try:
        key.match()
    except KeyFailureError:
        key.close()
        raise
    return key
