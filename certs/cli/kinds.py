"""What is this file? Tried from the most telling sign to the least; whatever it is, DER comes out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from certs.model.armour import blocks, unwrapped
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.model.ocsp import read_answer

if TYPE_CHECKING:
    from certs.cms.signed import SignedData

ZH = {
    "certificate": "证书", "bundle": "证书包", "crl": "吊销列表(CRL)", "ocsp": "OCSP 响应",
    "cms": "签名数据(CMS)", "envelope": "数字信封", "timestamp": "时间戳",
    "seal": "电子印章", "seal-signature": "电子签章",
    "record": "证据记录(RFC 4998)", "kept": "留存的证明",
    "ofd": "版式文件(OFD)", "pdf": "PDF 文件", "xml": "XML 文件", "trustlist": "信任列表",
    "unknown": "无法识别",
}  # fmt: skip
# How a certificate of version 2 or 3 begins, whatever comes then.
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_CERTIFICATE = re.compile(rb"\x30%b\x30%b\xa0\x03\x02\x01" % (_LENGTH, _LENGTH), re.DOTALL)
# An identifier comes first: signed data or an envelope, and nothing that is tried before them.
_NAMED = re.compile(rb"\x30%b\x06" % _LENGTH, re.DOTALL)
_MOST = 500
_TST_INFO = "1.2.840.113549.1.9.16.1.4"


@dataclass(frozen=True, slots=True)
class Found:
    """A kind of `ZH`; `data` is DER, or the file as it is; `certificates` and `crls` are what a bundle
    holds. `tried` says what could not be read, of a broken certificate too. `view` is signed data as read, so
    that nobody reads them again."""

    kind: str
    data: bytes
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    tried: str = ""
    view: SignedData | None = field(default=None, repr=False, compare=False)


def recognise_kind(data: bytes) -> Found:
    """Never raises: what nobody can read is `unknown`, with what was tried."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # text as some Windows programs write it
        data = data.decode("utf-16", "replace").encode()
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF"):
        return Found("pdf", data)
    if start.startswith(b"PK\x03\x04"):
        return Found("ofd", data)
    if start.startswith(b"<"):
        return Found("xml", data)
    if start.startswith(b"{"):
        return Found("trustlist", data)
    if b"-----BEGIN " in data[:65536]:
        return _pem(data)
    return _der(data if data[:1] == b"\x30" else _base64(data))


def _base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return data


def _pem(data: bytes) -> Found:
    told = [(label, _base64(body)) for label, body in blocks(data, _MOST)]
    found = [_der(raw) for label, raw in told if b"KEY" not in label]
    if len(found) == 1:
        return found[0]
    certificates = tuple(one.data for one in found if one.kind == "certificate" and not one.tried)
    crls = tuple(one.data for one in found if one.kind == "crl")
    if not certificates and not crls:
        only_keys = bool(told) and not found
        why = "只有私钥,没有可查看的内容 / private keys only" if only_keys else "PEM"
        return Found("unknown", data, tried=why)
    return Found("bundle", data, certificates, crls)


def _der(raw: bytes) -> Found:
    if _NAMED.match(raw) and (signed := _read_signed(raw)) is not None:
        return Found("timestamp" if signed.content_type == _TST_INFO else "cms", raw, view=signed)
    tried = []
    for kind, read in _READERS:
        try:
            special = read(raw)
        except MalformedError as error:
            tried.append(f"{ZH[kind]}:{error}")
            continue
        return Found(special or kind, raw)
    if _CERTIFICATE.match(raw):  # of a certificate no other reader has anything to say
        return Found("certificate", raw, tried=tried[0])
    return Found("unknown", raw, tried=";".join(tried))


def _ocsp(raw: bytes) -> str:
    read_answer(raw)
    return ""


def _read_signed(raw: bytes) -> SignedData | None:
    from certs.cms import read_signed

    try:
        return read_signed(raw)
    except MalformedError:
        return None


def _signed(raw: bytes) -> str:
    from certs.cms import read_signed

    return "timestamp" if read_signed(unwrapped(raw)[0]).content_type == _TST_INFO else ""


def _stamp(raw: bytes) -> str:
    from certs.timestamp.messages import read_response

    read_response(raw)
    return ""


def _envelope(raw: bytes) -> str:
    from certs.envelope.enveloped import read_enveloped

    read_enveloped(unwrapped(raw)[0])
    return ""


def _kept(raw: bytes) -> str:
    from certs.proof import read_kept

    read_kept(raw)
    return ""


def _record(raw: bytes) -> str:
    from certs.proof import read_record

    read_record(raw)
    return ""


def _seal_signature(raw: bytes) -> str:
    from certs.seal.read import read_signature

    read_signature(raw)
    return ""


def _seal(raw: bytes) -> str:
    from certs.seal.read import read_seal

    read_seal(raw)
    return ""


def _only(read: Callable[[bytes], Any]) -> Callable[[bytes], str]:
    def asked(raw: bytes) -> str:
        read(raw)
        return ""

    return asked


_READERS: tuple[tuple[str, Callable[[bytes], str]], ...] = (
    ("certificate", _only(read_certificate)),
    ("crl", _only(read_crl)),
    ("ocsp", _ocsp),
    ("kept", _kept),
    ("cms", _signed),
    ("timestamp", _stamp),
    ("record", _record),
    ("envelope", _envelope),
    ("seal-signature", _seal_signature),
    ("seal", _seal),
)
