"""Which function is done by what: one row for each of the papers, in their order."""

from __future__ import annotations

from collections.abc import Mapping

from hub.sof import certificate, enveloping, lists, set_up, signing, stamping, verifying
from hub.sof.bench import Work

FUNCTIONS: Mapping[str, Work] = {
    "SOF_GetInstance": set_up.instance,
    "SOF_GetVersion": set_up.version,
    "SOF_GetLastError": set_up.last_error,
    "SOF_GenRandom": set_up.random,
    "SOF_SetSignMethod": set_up.set_sign_method,
    "SOF_GetSignMethod": set_up.sign_method,
    "SOF_SetEncryptMethod": set_up.set_encrypt_method,
    "SOF_GetEncryptMethod": set_up.encrypt_method,
    "SOF_SetCertTrustList": lists.refuse_change,
    "SOF_GetCertTrustListAltNames": lists.names,
    "SOF_GetCertTrustList": lists.content,
    "SOF_DelCertTrustList": lists.refuse_change,
    "SOF_InitCertAppPolicy": lists.policy,
    "SOF_GetServerCertificate": certificate.server_certificate,
    "SOF_GetCertInfo": certificate.info,
    "SOF_GetCertInfoByOid": certificate.info_by_oid,
    "SOF_ValidateCert": certificate.validate,
    "SOF_SignData": signing.data,
    "SOF_VerifySignedData": verifying.data,
    "SOF_SignFile": signing.file,
    "SOF_VerifySignedFile": verifying.file,
    "SOF_SignMessage": signing.message,
    "SOF_VerifySignedMessage": verifying.message,
    "SOF_SignMessageDetach": signing.detached,
    "SOF_VerifySignedMessageDetach": verifying.detached,
    "SOF_GetInfoFromSignedMessage": verifying.message_info,
    "SOF_SignDataXML": signing.xml,
    "SOF_VerifySignedDataXML": verifying.xml,
    "SOF_GetXMLSignatureInfo": verifying.xml_info,
    "SOF_EncryptData": enveloping.encrypt,
    "SOF_DecryptData": enveloping.decrypt,
    "SOF_EncryptFile": enveloping.encrypt_file,
    "SOF_DecryptFile": enveloping.decrypt_file,
    "SOF_PubKeyEncrypt": enveloping.public_encrypt,
    "SOF_PriKeyDecrypt": enveloping.refuse_bare,
    "SOF_CreateTimeStampRequest": stamping.ask,
    "SOF_CreateTimeStampResponse": stamping.respond,
    "SOF_VerifyTimeStamp": verifying.stamp,
    "SOF_GetTimeStampInfo": stamping.info,
}
