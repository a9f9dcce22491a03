"""The function set, once: every function of `functions.csv` as this server carries it out.

A method takes the arguments by the types of the table and gives the result of its type, or raises No.
Function names of the set are turned into method names by `method_of`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

import certs
from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.public_keys import load
from certs.cms import read_signed
from certs.envelope import EnvelopeError, Style, open_envelope, seal_envelope
from certs.keys.port import PKCS1, SM2, KeyFailureError
from certs.model.certificate import Certificate
from certs.model.der import MalformedError
from certs.timestamp.messages import read_response
from certs.timestamp.model import Digest
from certs.timestamp.request import request as stamp_request
from certs.timestamp.respond import respond
from certs.trust import ANYTHING
from certs.xml import sign_xml, xml_signature_info
from hub.catalogue.gateways import Gateway, Profile
from simulators.systems.pki import POLICY
from simulators.systems.sof import info
from simulators.systems.sof.judging import (
    BAD_INPUT,
    OK,
    Judge,
    No,
    certificate_of,
    validity_of,
    written,
)

if TYPE_CHECKING:
    from certs.keys.held import HeldKey

VERSION = "GB/T 43694-2024"
_MESSAGE, _PARAMETER, _TRUST_LIST, _LENGTH = 0x0B000417, 0x0B000419, 0x0B000420, 0x0B000200
_XML, _ENCRYPT, _DECRYPT = 0x0B000418, 0x0B000415, 0x0B000416
_SM2_SM3, _RSA_SHA256, _SM4_CBC = 0x00020201, 0x00010004, 0x00000402
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
HOLDER = "centre"
Arc: TypeAlias = Literal["sm2", "rsa"]


def method_of(function: str) -> str:
    """`verify_signed_data` for `SOF_VerifySignedData`."""
    return _WORD.sub("_", function.removeprefix("SOF_")).lower()


@dataclass(slots=True)
class Functions:
    """`error` is the last failure of the application; a success does not clear it."""

    judge: Judge
    profile: Profile
    error: int = 0
    sign_method: int = 0
    lists: dict[str, bytes] = field(default_factory=dict)
    draw: Callable[[int], bytes] = secrets.token_bytes
    stamps: int = 0

    def __post_init__(self) -> None:
        self.sign_method = _RSA_SHA256 if self.key.algorithm == "rsa-sha256" else _SM2_SM3
        vendor = self.judge.hierarchies[-1].vendor
        self.lists |= {vendor.id: vendor.issuing().key.certificate, f"{vendor.id}R": vendor.anchors[0]}

    @property
    def key(self) -> HeldKey:
        """The server's own, of the CA it belongs to."""
        return self.judge.hierarchies[-1].vendor.signer(HOLDER)

    @property
    def encrypter(self) -> HeldKey:
        return self.judge.hierarchies[-1].vendor.encrypter(HOLDER)

    def verdict(self, fault: int) -> bool:
        """Yes, or no with its reason kept for GetLastError."""
        self.error = fault or self.error
        return fault == OK

    # -- set-up and trust ---------------------------------------------------------------------------

    def get_instance(self, now: datetime, app: str) -> str:
        return app

    def get_version(self, now: datetime) -> str:
        return VERSION

    def get_last_error(self, now: datetime) -> int:
        return self.error

    def gen_random(self, now: datetime, size: int) -> bytes:
        if not 1 <= size <= 4096:
            raise No(_LENGTH)
        return self.draw(size)

    def set_sign_method(self, now: datetime, method: int) -> int:
        wanted = _RSA_SHA256 if self.key.algorithm == "rsa-sha256" else _SM2_SM3
        if method != wanted:
            raise No(_PARAMETER)
        return OK

    def get_sign_method(self, now: datetime) -> int:
        return self.sign_method

    def set_encrypt_method(self, now: datetime, method: int) -> int:
        if method != _SM4_CBC:
            raise No(_PARAMETER)
        return OK

    def get_encrypt_method(self, now: datetime) -> int:
        return _SM4_CBC

    def set_cert_trust_list(self, now: datetime, name: str, content: bytes) -> int:
        self.lists[name] = content
        return OK

    def get_cert_trust_list_alt_names(self, now: datetime) -> str:
        return "@".join(self.lists)

    def get_cert_trust_list(self, now: datetime, name: str) -> bytes:
        if name not in self.lists:
            raise No(_TRUST_LIST)
        return self.lists[name]

    def del_cert_trust_list(self, now: datetime, name: str) -> int:
        if self.lists.pop(name, None) is None:
            raise No(_TRUST_LIST)
        return OK

    def init_cert_app_policy(self, now: datetime, name: str) -> int:
        return OK

    # -- certificates -------------------------------------------------------------------------------

    def get_server_certificate(self, now: datetime, usage: int) -> Certificate:
        if usage not in (1, 2):
            raise No(_PARAMETER)
        return certificate_of((self.key if usage == 1 else self.encrypter).certificate)

    def get_cert_info(self, now: datetime, certificate: Certificate, number: int) -> str:
        item = Gateway.load().info[self.profile.kit["info_types"]].get(number)
        if item is None:
            raise No(_PARAMETER)
        return info.told(certificate, item)

    def get_cert_info_by_oid(self, now: datetime, certificate: Certificate, oid: str) -> str:
        return info.by_oid(certificate, oid)

    def validate_cert(self, now: datetime, certificate: Certificate) -> int:
        fault = self.judge.fault(certificate, now)
        self.verdict(fault)
        return validity_of(fault)

    # -- signatures ---------------------------------------------------------------------------------

    def sign_data(self, now: datetime, data: bytes) -> bytes:
        return written(self.profile, self.key.algorithm, self.key.sign(data))

    def verify_signed_data(self, now: datetime, certificate: Certificate, data: bytes, value: bytes) -> bool:
        return self.verdict(self.judge.signed(certificate, value, data, now))

    sign_file, verify_signed_file = sign_data, verify_signed_data

    def sign_message(self, now: datetime, data: bytes, *, detached: bool = False) -> bytes:
        arc: Arc = "rsa" if self.profile.kit["cms"] == "rfc" else "sm2"
        by_key = self.profile.kit["recipient"] == "key-id"
        return certs.sign_cms(data, self.key, arc=arc, detached=detached, time=now, by_key=by_key)

    def sign_message_detach(self, now: datetime, data: bytes) -> bytes:
        return self.sign_message(now, data, detached=True)

    def verify_signed_message(self, now: datetime, message: bytes, data: bytes | None = None) -> bool:
        try:
            read_signed(message)
        except MalformedError:
            raise No(_MESSAGE) from None
        judged = certs.verify_cms(message, trust=self.judge.trust(), at=now, content=data, purpose=ANYTHING)
        return self.verdict(self.judge.whole(judged, now))

    def verify_signed_message_detach(self, now: datetime, data: bytes, message: bytes) -> bool:
        return self.verify_signed_message(now, message, data)

    def get_info_from_signed_message(self, now: datetime, message: bytes, kind: int) -> bytes:
        try:
            read = read_signed(message)
        except MalformedError:
            raise No(_MESSAGE) from None
        if kind not in (1, 2, 3):
            raise No(_PARAMETER)
        signer = read.signers[0].signature if read.signers else b""
        return ((read.content or b""), next(iter(read.certificates), b""), signer)[kind - 1]

    def sign_data_xml(self, now: datetime, data: bytes) -> bytes:
        try:
            return sign_xml(data, self.key)
        except (MalformedError, ValueError):
            raise No(_XML) from None

    def verify_signed_data_xml(self, now: datetime, data: bytes) -> bool:
        judged = certs.verify_xml(data, trust=self.judge.trust(), at=now)
        if not judged.ok and judged.reasons[0].code == "malformed":
            raise No(_XML)
        return self.verdict(self.judge.whole(judged, now))

    def get_xml_signature_info(self, now: datetime, data: bytes, kind: int) -> bytes:
        try:
            return xml_signature_info(data, kind)
        except MalformedError:
            raise No(_XML) from None
        except ValueError:
            raise No(_PARAMETER) from None

    # -- envelopes ----------------------------------------------------------------------------------

    def encrypt_data(self, now: datetime, certificate: Certificate, data: bytes) -> bytes:
        kit = self.profile.kit
        style = Style(kit["recipient"] == "key-id", kit["ciphertext"])
        arc: Arc = "rsa" if kit["cms"] == "rfc" else "sm2"
        try:
            return seal_envelope(
                data, [certificate.raw], self.key, trust=None, at=now, arc=arc, style=style,
                random=self.draw,
            )  # fmt: skip
        except (EnvelopeError, KeyFailureError):
            raise No(_ENCRYPT) from None

    def decrypt_data(self, now: datetime, data: bytes) -> bytes:
        found = open_envelope(data, [self.encrypter], trust=self.judge.trust(), at=now)
        if found.content is None:
            malformed = found.verdict.reasons[0].code in ("malformed", "unsigned")
            raise No(_MESSAGE if malformed else _DECRYPT)
        return found.content

    encrypt_file, decrypt_file = encrypt_data, decrypt_data

    def pub_key_encrypt(self, now: datetime, certificate: Certificate, data: bytes) -> bytes:
        try:
            key = load(certificate.key)
            if key.family != "sm2":
                return rsa_encryption.encrypt(key.key, data, PKCS1)
            return sm2_encryption.encrypt(key.key, data, self.profile.kit["ciphertext"])
        except ValueError:
            raise No(_ENCRYPT) from None

    def pri_key_decrypt(self, now: datetime, data: bytes) -> bytes:
        key = self.encrypter
        try:
            return key.decrypt(data, SM2 if key.algorithm == "sm2-sm3" else PKCS1)
        except KeyFailureError:
            raise No(_DECRYPT) from None

    # -- time stamps --------------------------------------------------------------------------------

    def create_time_stamp_request(self, now: datetime, data: bytes) -> bytes:
        nonce = int.from_bytes(self.draw(8), "big")
        return stamp_request(Digest.of(data, "sm3"), nonce=nonce, cert_req=True)

    def create_time_stamp_response(self, now: datetime, asked: bytes) -> bytes:
        self.stamps += 1
        serial = int(now.timestamp()) * 1_000_000 + self.stamps
        return respond(asked, self.judge.hierarchies[-1].vendor.tsa(), at=now, serial=serial, policy=POLICY)

    def verify_time_stamp(self, now: datetime, data: bytes, stamp: bytes) -> bool:
        judged = certs.verify_timestamp(_token(stamp), data, trust=self.judge.trust(), at=now)
        return self.verdict(self.judge.whole(judged, now, ANYTHING))

    def get_time_stamp_info(self, now: datetime, stamp: bytes, kind: int) -> str:
        try:
            return info.of_stamp(_token(stamp), kind)
        except MalformedError:
            raise No(BAD_INPUT) from None
        except KeyError:
            raise No(_PARAMETER) from None


def _token(stamp: bytes) -> bytes:
    """Out of an answer, or bare."""
    try:
        token = read_response(stamp).token
    except MalformedError:
        return stamp
    if token is None:
        raise No(BAD_INPUT)
    return token
