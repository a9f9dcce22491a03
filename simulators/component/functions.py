"""The functions by name: `call` is the whole component, without a wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

from simulators.component import asking, proving
from simulators.component.errors import SofError
from simulators.component.state import Component

# A page asks these "does it?": what they refuse is False, with the reason beside it.
YES_OR_NO = frozenset(
    ("SOF_Login", "SOF_ChangePassWd", "SOF_VerifySignedData", "SOF_VerifySignedFile",
     "SOF_VerifySignedMessage", "SOF_VerifySignedMessageDetach", "SOF_VerifySignedDataXML")
)  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SOF_GetVersion": asking.version,
    "SOF_GetLastError": asking.last_error,
    "SOF_SetSignMethod": asking.set_sign,
    "SOF_GetSignMethod": asking.get_sign,
    "SOF_SetEncryptMethod": asking.set_encrypt,
    "SOF_GetEncryptMethod": asking.get_encrypt,
    "SOF_GenRandom": asking.random,
    "SOF_GetUserList": asking.users,
    "SOF_Login": asking.login,
    "SOF_Logout": asking.logout,
    "SOF_GetPinRetryCount": asking.tries,
    "SOF_ChangePassWd": asking.change,
    "SOF_ExportUserCert": asking.certificate,
    "SOF_ExportExChangeUserCert": asking.exchange_certificate,
    "SOF_GetDeviceInfo": asking.device,
    "SOF_GetCertInfo": asking.info,
    "SOF_GetCertInfoByOid": asking.info_by_oid,
    "SOF_ValidateCert": asking.validate,
    "SOF_SignData": proving.sign,
    "SOF_VerifySignedData": proving.verify,
    "SOF_SignFile": proving.sign,
    "SOF_VerifySignedFile": proving.verify,
    "SOF_SignMessage": proving.sign_message,
    "SOF_SignMessageDetach": proving.sign_detached,
    "SOF_VerifySignedMessage": proving.verify_message,
    "SOF_VerifySignedMessageDetach": proving.verify_detached,
    "SOF_GetInfoFromSignedMessage": proving.message_part,
    "SOF_SignDataXML": proving.sign_xml,
    "SOF_VerifySignedDataXML": proving.verify_xml,
    "SOF_GetXMLSignatureInfo": proving.xml_part,
    "SOF_EncryptData": proving.encrypt,
    "SOF_DecryptData": proving.decrypt,
    "SOF_EncryptFile": proving.encrypt,
    "SOF_DecryptFile": proving.decrypt,
    "SES_GetSealList": proving.seals,
    "SES_GetSeal": proving.seal,
    "SES_Sign": proving.sign_with_seal,
}


def call(at: Component, origin: str, name: str, args: Sequence[Any]) -> Any:
    """The value of a function; raises SofError."""
    held = at.held(origin)
    found = FUNCTIONS.get(name)
    try:
        if found is None:
            raise SofError("unsupported")
        try:
            signature(found).bind(at, origin, *args)
        except TypeError:
            raise SofError("argument") from None
        value = found(at, origin, *args)
    except SofError as error:
        if name != "SOF_GetLastError":
            held.last = error.fault.code
        raise
    if name != "SOF_GetLastError":
        held.last = 0
    return value
