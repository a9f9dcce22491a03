"""A key in a token or HSM behind PKCS#11: named by an RFC 7512 URI, used from many threads.

Sessions die (a card pulled, an HSM restarted, a network cut): what looks like it is tried once more with
everything opened anew. A refused PIN is never tried again by itself, because tokens lock after a few.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.keys.certificates import algorithm_of, checked, public_key, read_chain, split
from certs.keys.pkcs11_faults import DEAD, failure
from certs.keys.pkcs11_module import Module, module
from certs.keys.port import OAEP_SHA256, PKCS1, KeyFailureError
from certs.keys.sessions import MOST_SESSIONS, SESSIONS, Pool
from certs.keys.spec import KeySpec, KeySpecError, read_secret

_Answer = TypeVar("_Answer")


class TokenKey:
    """One private key of one token; safe for threads."""

    def __init__(self, used: Module, spec: KeySpec, pin: str, sessions: int, mechanism: int) -> None:
        self._module, self._mechanism = used, mechanism
        self._find = _search(spec)
        self._token = used.token(dict(spec.options))
        self._login = used.login(self._token, pin)
        self._leave: Callable[[], None] = lambda: used.leave(self._token, self._login, pin)
        self._open = True
        self._pool: Pool[tuple[Any, Any]] = Pool(self._session, lambda one: one[0].close(), sessions)
        self.algorithm, self.certificate = "", b""
        self.chain: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"TokenKey({self.algorithm})"

    def attach(self, path: str) -> None:
        """Log in, find the key, and its certificate: from a file, or beside the key. KeyFailureError."""
        self._with(lambda held: None)
        if path:
            self.certificate, self.chain = read_chain(path)
        else:
            found = self._with(self._certificates)
            if len(found) != 1:
                raise KeyFailureError(
                    f"令牌中与密钥同名的证书有 {len(found)} 张:请在密钥引用中写 certificate=证书文件路径"
                )
            self.certificate = found[0]
        self.algorithm = algorithm_of(self.certificate)
        if self.algorithm == "sm2-sm3" and not self._mechanism:
            raise KeyFailureError("SM2 令牌密钥缺少 sm2-mechanism=厂商机制号(见设备手册,例如 0x80000103)")

    def sign(self, message: bytes) -> bytes:
        """As in `certs.keys.port`; what the device gives has been checked under the certificate."""
        made: bytes = self._with(lambda held: self._signed(held[1], message))
        return checked(message, made, self.certificate, self.algorithm, "令牌")

    def decrypt(self, ciphertext: bytes, scheme: str) -> bytes:
        """RSA only: what SM2 decryption looks like differs from maker to maker. Raises KeyFailureError."""
        if self.algorithm != "rsa-sha256" or scheme not in (PKCS1, OAEP_SHA256):
            raise KeyFailureError(
                f"令牌中的 {self.algorithm} 密钥不能按 {scheme} 解密:PKCS#11 仅支持 RSA 解密"
            )
        from pkcs11 import MGF, Mechanism

        how: dict[str, Any] = {"mechanism": Mechanism.RSA_PKCS}
        if scheme == OAEP_SHA256:
            how = {
                "mechanism": Mechanism.RSA_PKCS_OAEP,
                "mechanism_param": (Mechanism.SHA256, MGF.SHA256, None),
            }
        return bytes(self._with(lambda held: _may(held[1], "decrypt")(ciphertext, **how)))

    def close(self) -> None:
        self._pool.close()
        if self._open:
            self._open = False
            self._leave()

    def _signed(self, key: Any, message: bytes) -> bytes:
        from pkcs11 import Mechanism

        do = _may(key, "sign")
        if self.algorithm == "rsa-sha256":
            return bytes(do(message, mechanism=Mechanism.SHA256_RSA_PKCS))
        if self.algorithm == "ecdsa-sha256":
            raw = do(digest(message, "sha256"), mechanism=Mechanism.ECDSA)
        else:
            e = sm2.e_value(message, public_key(self.certificate).bits)
            raw = do(e, mechanism=_vendor(self._mechanism))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))

    def _certificates(self, held: tuple[Any, Any]) -> list[bytes]:
        from pkcs11 import Attribute, ObjectClass

        found = held[0].get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, **self._find})
        return [one for value in found for one in split(bytes(value[Attribute.VALUE]))]

    def _session(self) -> tuple[Any, Any]:
        from pkcs11 import Attribute, ObjectClass

        session = self._login.session()
        keys = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, **self._find}))
        if len(keys) != 1:
            session.close()
            raise KeyFailureError(f"令牌中符合 object/id 的私钥有 {len(keys)} 个,应恰为一个")
        return session, keys[0]

    def _with(self, do: Callable[[tuple[Any, Any]], _Answer]) -> _Answer:
        from pkcs11 import PKCS11Error

        age = self._login.age
        try:
            try:
                return self._once(do)
            except PKCS11Error as error:
                if type(error).__name__ not in DEAD:
                    raise
            self._login.renew(age)
            self._pool.renew()
            return self._once(do)
        except PKCS11Error as error:
            raise failure(error) from None

    def _once(self, do: Callable[[tuple[Any, Any]], _Answer]) -> _Answer:
        with self._module.calls, self._pool.session() as held:
            return do(held)


def _may(key: Any, what: str) -> Callable[..., bytes]:
    """Keys have only the methods their attributes allow."""
    found: Callable[..., bytes] | None = getattr(key, what, None)
    if found is None:
        raise KeyFailureError("令牌不允许此密钥作此用途:请核对 object/id 是签名密钥还是加密密钥")
    return found


def _vendor(number: int) -> Any:
    """A mechanism outside the standard's list; the library wants a member of its enumeration."""
    from pkcs11 import Mechanism

    made = int.__new__(Mechanism, number)
    made._name_, made._value_ = f"VENDOR_{number:08X}", number
    return made


def _search(spec: KeySpec) -> dict[Any, Any]:
    try:
        from pkcs11 import Attribute
    except ImportError:
        return {}
    found: dict[Any, Any] = {}
    if spec.option("object"):
        found[Attribute.LABEL] = spec.option("object")
    if spec.option("id"):
        if not re.fullmatch(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~-])+", spec.option("id")):
            raise KeySpecError("id 应写作 %01%02 的形式(RFC 7512)")
        found[Attribute.ID] = unquote_to_bytes(spec.option("id"))
    return found


def open_token(spec: KeySpec, env: Mapping[str, str]) -> TokenKey:
    """Raises KeyFailureError."""
    sessions = spec.number("sessions", SESSIONS, 1, MOST_SESSIONS)
    mechanism = spec.number("sm2-mechanism", 0, 0, 0xFFFF_FFFF)
    pin, used = read_secret(spec.pin_source, env), module(spec.place)
    from pkcs11 import PKCS11Error  # there, or `module` would have said so

    try:
        key = TokenKey(used, spec, pin, sessions, mechanism)
    except PKCS11Error as error:
        raise failure(error) from None
    try:
        key.attach(spec.option("certificate"))
    except KeyFailureError:
        key.close()
        raise
    return key
