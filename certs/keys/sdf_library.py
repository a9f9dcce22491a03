"""The functions of a cipher machine's library (GM/T 0018) by ctypes, every type declared, and its errors.

A missing declaration would cut 64-bit handles in half, so nothing is called that does not stand in the table.
Numbers are right-aligned in fields of 64 bytes, whatever the curve: the interface allows for 512 bits.
"""

from __future__ import annotations

import csv
import ctypes
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from certs.keys.port import KeyFailureError

FIELD = 64
SM3, SM2_ENCRYPTION = 0x00000001, 0x00020800
RIGHT_DENIED, RIGHT_FAILED = 0x01000007, 0x01000018
NOT_SUPPORTED, KEY_ABSENT, CIPHERTEXT = 0x01000002, 0x01000008, 0x01000016
SM3_ABC = bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")


class PublicKeyBits(ctypes.Structure):
    """ECCrefPublicKey."""

    _fields_ = (("bits", ctypes.c_uint), ("x", ctypes.c_ubyte * FIELD), ("y", ctypes.c_ubyte * FIELD))

    def point(self) -> bytes | None:
        """The 65-byte point, or None for a key of another size."""
        x, y = bytes(self.x), bytes(self.y)
        pad = bytes(FIELD - 32)
        sized = self.bits == 256 and x.startswith(pad) and y.startswith(pad)
        return b"\x04" + x[-32:] + y[-32:] if sized else None


class SignatureBits(ctypes.Structure):
    """ECCSignature."""

    _fields_ = (("r", ctypes.c_ubyte * FIELD), ("s", ctypes.c_ubyte * FIELD))


def cipher_bits(x: int, y: int, check: bytes, text: bytes) -> bytes:
    """ECCCipher: as long as the text, which is why it is no Structure."""
    return (
        x.to_bytes(FIELD, "big") + y.to_bytes(FIELD, "big") + check + bytes(ctypes.c_uint(len(text))) + text
    )


_HANDLE, _UINT, _BYTES, _OUT = ctypes.c_void_p, ctypes.c_uint, ctypes.c_char_p, ctypes.c_void_p
_PROTOTYPES: dict[str, tuple[Any, ...]] = {
    "SDF_OpenDevice": (ctypes.POINTER(_HANDLE),),
    "SDF_CloseDevice": (_HANDLE,),
    "SDF_OpenSession": (_HANDLE, ctypes.POINTER(_HANDLE)),
    "SDF_CloseSession": (_HANDLE,),
    "SDF_GetPrivateKeyAccessRight": (_HANDLE, _UINT, _BYTES, _UINT),
    "SDF_ReleasePrivateKeyAccessRight": (_HANDLE, _UINT),
    "SDF_ExportSignPublicKey_ECC": (_HANDLE, _UINT, ctypes.POINTER(PublicKeyBits)),
    "SDF_ExportEncPublicKey_ECC": (_HANDLE, _UINT, ctypes.POINTER(PublicKeyBits)),
    "SDF_InternalSign_ECC": (_HANDLE, _UINT, _BYTES, _UINT, ctypes.POINTER(SignatureBits)),
    "SDF_InternalVerify_ECC": (_HANDLE, _UINT, _BYTES, _UINT, ctypes.POINTER(SignatureBits)),
    "SDF_GenerateRandom": (_HANDLE, _UINT, _OUT),
    "SDF_HashInit": (_HANDLE, _UINT, _HANDLE, _BYTES, _UINT),
    "SDF_HashUpdate": (_HANDLE, _BYTES, _UINT),
    "SDF_HashFinal": (_HANDLE, _OUT, ctypes.POINTER(_UINT)),
}
# Later than 2012, and with one argument more or less from one maker to the next.
_DECRYPTION = {
    "algid": (_HANDLE, _UINT, _UINT, _BYTES, _OUT, ctypes.POINTER(_UINT)),
    "plain": (_HANDLE, _UINT, _BYTES, _OUT, ctypes.POINTER(_UINT)),
}
DECRYPT_FORMS = tuple(_DECRYPTION)


class Fault(NamedTuple):
    name: str
    zh: str
    advice: str


@cache
def faults() -> dict[int, Fault]:
    """GM/T 0018, annex A, with what to do."""
    text = (files("certs.data") / "sdf_errors.csv").read_text(encoding="utf-8")
    return {int(row[0], 16): Fault(*row[1:]) for row in list(csv.reader(text.splitlines()))[1:]}


class SdfError(KeyFailureError):
    """A function of the library said no; `code` is its number."""

    def __init__(self, function: str, code: int) -> None:
        known = faults().get(code)
        said = f"{known.zh}({known.name})。{known.advice}" if known else "厂商自定义错误,请查设备手册"
        super().__init__(f"密码设备:{function} 返回 0x{code:08X},{said}")
        self.code = code


class Library:
    """A loaded library; calling it raises SdfError, loading it KeyFailureError."""

    def __init__(self, path: str, decrypt_form: str) -> None:
        try:
            loaded = ctypes.CDLL(path)
        except OSError as error:
            raise KeyFailureError(
                f"SDF 库 {path} 加载不了({type(error).__name__}):检查路径、位数(64 位)与厂商驱动"
            ) from None
        wanted = {**_PROTOTYPES, "SDF_InternalDecrypt_ECC": _DECRYPTION[decrypt_form]}
        self._functions = {}
        for name, types in wanted.items():
            function = getattr(loaded, name, None)
            if function is not None:
                function.restype, function.argtypes = ctypes.c_uint, types
                self._functions[name] = function

    def call(self, name: str, *arguments: object) -> None:
        """Anything but 0 is an SdfError; the interpreter lock is released meanwhile."""
        function = self._functions.get(name)
        code = NOT_SUPPORTED if function is None else function(*arguments)
        if code:
            raise SdfError(name, code)
