"""The functions by name: `Component.call` is the whole component, without a wire.

State is kept by origin (the site whose page asks): methods set, the last error, who has logged in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from typing import Any

from certs.trust import ANYTHING, Trust
from certs.verdict import Moment
from simulators.component import envelopes, reading, signing
from simulators.component.errors import SofError
from simulators.component.tokens import Token
from simulators.component.values import number, octets, said, text

VERSION = "Hutong simulated component 1.0"
SM3_SM2, SHA256_RSA = 0x00020201, 0x00010004
_FITTING = {SM3_SM2: "sm2-sm3", SHA256_RSA: "rsa-sha256"}
_CIPHERS = {0x00000402: "sm4-cbc", 0x00000408: "sm4-gcm"}
_MOST_RANDOM = 4096
_MOST_ORIGINS = 64


@dataclass(slots=True)
class _Set:
    """What one origin has set; 0 is whatever the key is for."""

    sign: int = 0
    encrypt: int = 0x00000402
    last: int = 0


@dataclass(slots=True)
class Component:
    """`believed` gives belief in the CAs of the test PKI, with their lists (made when first asked for);
    `clock` gives the moment."""

    tokens: Mapping[str, Token]
    believed: Callable[[], Trust]
    clock: Callable[[], datetime]
    _origins: dict[str, _Set] = field(default_factory=dict)

    def call(self, origin: str, name: str, args: Sequence[Any]) -> Any:
        """The value of a function; raises SofError."""
        held = self._held(origin)
        found = FUNCTIONS.get(name)
        try:
            if found is None:
                raise SofError("unsupported")
            try:
                signature(found).bind(self, origin, *args)
            except TypeError:
                raise SofError("argument") from None
            value = found(self, origin, *args)
        except SofError as error:
            if name != "SOF_GetLastError":
                held.last = error.fault.code
            raise
        if name != "SOF_GetLastError":
            held.last = 0
        return value

    def _held(self, origin: str) -> _Set:
        if origin not in self._origins and len(self._origins) >= _MOST_ORIGINS:
            del self._origins[next(iter(self._origins))]
        return self._origins.setdefault(origin, _Set())

    def _token(self, ident: Any) -> Token:
        token = self.tokens.get(text(ident))
        if token is None:
            raise SofError("certificate")
        if not token.plugged:
            raise SofError("unplugged")
        return token

    def _signer(self, origin: str, ident: Any) -> Token:
        """A token that may sign now, by the method that was set."""
        token = self._token(ident).opened(origin)
        wanted = self._held(origin).sign
        if wanted and _FITTING[wanted] != token.signing.algorithm:
            raise SofError("policy")
        return token

    # -- about the component, and what is set ----------------------------------------------------------

    def version(self, origin: str) -> str:
        return VERSION

    def last_error(self, origin: str) -> int:
        return self._held(origin).last

    def set_sign(self, origin: str, method: Any) -> int:
        if number(method) not in _FITTING:
            raise SofError("policy")
        self._held(origin).sign = number(method)
        return 0

    def get_sign(self, origin: str) -> int:
        return self._held(origin).sign or SM3_SM2

    def set_encrypt(self, origin: str, method: Any) -> int:
        if number(method) not in _CIPHERS:
            raise SofError("policy")
        self._held(origin).encrypt = number(method)
        return 0

    def get_encrypt(self, origin: str) -> int:
        return self._held(origin).encrypt

    def random(self, origin: str, size: Any) -> str:
        if not 0 < number(size) <= _MOST_RANDOM:
            raise SofError("argument")
        return said(secrets.token_bytes(number(size)))

    # -- tokens ------------------------------------------------------------------------------------------

    def users(self, origin: str) -> str:
        return "&&&".join(f"{one.name}||{one.id}" for one in self.tokens.values() if one.plugged)

    def login(self, origin: str, ident: Any, pin: Any) -> bool:
        self._token(ident).login(origin, text(pin))
        return True

    def logout(self, origin: str, ident: Any) -> bool:
        self._token(ident).logout(origin)
        return True

    def tries(self, origin: str, ident: Any) -> int:
        return self._token(ident).tries

    def change(self, origin: str, ident: Any, old: Any, new: Any) -> bool:
        self._token(ident).change(text(old), text(new))
        return True

    def certificate(self, origin: str, ident: Any) -> str:
        return said(self._token(ident).signing.certificate)

    def exchange_certificate(self, origin: str, ident: Any) -> str:
        return said(self._token(ident).exchange.certificate)

    def device(self, origin: str, ident: Any, kind: Any) -> str:
        return reading.device(self._token(ident), number(kind))

    # -- certificates --------------------------------------------------------------------------------------

    def info(self, origin: str, certificate: Any, kind: Any) -> str:
        return reading.info(octets(certificate), number(kind))

    def info_by_oid(self, origin: str, certificate: Any, oid: Any) -> str:
        return reading.by_oid(octets(certificate), text(oid))

    def validate(self, origin: str, certificate: Any) -> int:
        """1, or -1 to -6; by the test PKI's own lists. The hub's word counts, never this one."""
        judged = self.believed().judge(octets(certificate), moment=Moment(self.clock()), purpose=ANYTHING)
        return judged.sof_code

    # -- signatures ----------------------------------------------------------------------------------------

    def sign(self, origin: str, ident: Any, data: Any) -> str:
        return said(self._signer(origin, ident).signing.sign(octets(data)))

    def verify(self, origin: str, certificate: Any, data: Any, value: Any) -> bool:
        if not signing.bare_holds(octets(certificate), octets(data), octets(value)):
            raise SofError("verify")
        return True

    def sign_message(self, origin: str, flag: Any, ident: Any, data: Any) -> str:
        """`flag` 0 with the content, 1 without."""
        if number(flag) not in (0, 1):
            raise SofError("number")
        key = self._signer(origin, ident).signing
        return said(signing.message(key, octets(data), self.clock(), detached=number(flag) == 1))

    def sign_detached(self, origin: str, ident: Any, data: Any) -> str:
        return self.sign_message(origin, 1, ident, data)

    def verify_message(self, origin: str, message: Any, data: Any = None) -> bool:
        return self._message_holds(octets(message), None if data is None else octets(data))

    def verify_detached(self, origin: str, data: Any, message: Any) -> bool:
        return self._message_holds(octets(message), octets(data))

    def _message_holds(self, message: bytes, content: bytes | None) -> bool:
        if not signing.message_holds(message, content, self.believed(), self.clock()):
            raise SofError("verify")
        return True

    def message_part(self, origin: str, message: Any, kind: Any) -> str:
        return said(signing.message_part(octets(message), number(kind)))

    def sign_xml(self, origin: str, ident: Any, document: Any) -> str:
        return said(signing.xml(self._signer(origin, ident).signing, octets(document)))

    def verify_xml(self, origin: str, document: Any) -> bool:
        if not signing.xml_holds(octets(document), self.believed(), self.clock()):
            raise SofError("verify")
        return True

    def xml_part(self, origin: str, document: Any, kind: Any) -> str:
        return said(signing.xml_part(octets(document), number(kind)))

    # -- envelopes -----------------------------------------------------------------------------------------

    def encrypt(self, origin: str, certificate: Any, data: Any) -> str:
        cipher = _CIPHERS[self._held(origin).encrypt]
        return said(envelopes.encrypt(octets(certificate), octets(data), cipher))

    def decrypt(self, origin: str, ident: Any, envelope: Any) -> str:
        key = self._token(ident).opened(origin).exchange
        return said(envelopes.decrypt(key, octets(envelope)))

    # -- seals (the document's digest is computed outside) -----------------------------------------------

    def seals(self, origin: str, ident: Any) -> str:
        return "&&&".join(f"{name}||{seal}" for seal, (name, _) in self._token(ident).seals.items())

    def seal(self, origin: str, ident: Any, seal: Any) -> str:
        return said(self._sealed(self._token(ident), seal))

    def sign_with_seal(self, origin: str, ident: Any, seal: Any, imprint: Any, about: Any = "/") -> str:
        token = self._signer(origin, ident)
        raw = self._sealed(token, seal)
        made = signing.sealed(token.signing, raw, octets(imprint), text(about), self.clock())
        return said(made)

    def _sealed(self, token: Token, ident: Any) -> bytes:
        found = token.seals.get(text(ident))
        if found is None:
            raise SofError("certificate")
        return found[1]


# A page asks these "does it?": what they refuse is False, with the reason beside it.
YES_OR_NO = frozenset(
    ("SOF_Login", "SOF_ChangePassWd", "SOF_VerifySignedData", "SOF_VerifySignedFile",
     "SOF_VerifySignedMessage", "SOF_VerifySignedMessageDetach", "SOF_VerifySignedDataXML")
)  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SOF_GetVersion": Component.version,
    "SOF_GetLastError": Component.last_error,
    "SOF_SetSignMethod": Component.set_sign,
    "SOF_GetSignMethod": Component.get_sign,
    "SOF_SetEncryptMethod": Component.set_encrypt,
    "SOF_GetEncryptMethod": Component.get_encrypt,
    "SOF_GenRandom": Component.random,
    "SOF_GetUserList": Component.users,
    "SOF_Login": Component.login,
    "SOF_Logout": Component.logout,
    "SOF_GetPinRetryCount": Component.tries,
    "SOF_ChangePassWd": Component.change,
    "SOF_ExportUserCert": Component.certificate,
    "SOF_ExportExChangeUserCert": Component.exchange_certificate,
    "SOF_GetDeviceInfo": Component.device,
    "SOF_GetCertInfo": Component.info,
    "SOF_GetCertInfoByOid": Component.info_by_oid,
    "SOF_ValidateCert": Component.validate,
    "SOF_SignData": Component.sign,
    "SOF_VerifySignedData": Component.verify,
    "SOF_SignFile": Component.sign,
    "SOF_VerifySignedFile": Component.verify,
    "SOF_SignMessage": Component.sign_message,
    "SOF_SignMessageDetach": Component.sign_detached,
    "SOF_VerifySignedMessage": Component.verify_message,
    "SOF_VerifySignedMessageDetach": Component.verify_detached,
    "SOF_GetInfoFromSignedMessage": Component.message_part,
    "SOF_SignDataXML": Component.sign_xml,
    "SOF_VerifySignedDataXML": Component.verify_xml,
    "SOF_GetXMLSignatureInfo": Component.xml_part,
    "SOF_EncryptData": Component.encrypt,
    "SOF_DecryptData": Component.decrypt,
    "SOF_EncryptFile": Component.encrypt,
    "SOF_DecryptFile": Component.decrypt,
    "SES_GetSealList": Component.seals,
    "SES_GetSeal": Component.seal,
    "SES_Sign": Component.sign_with_seal,
}
