"""What a file that is nothing of ours looks like, and what to do: for whoever dropped the wrong one."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from typing import NamedTuple


class Likeness(NamedTuple):
    """What it looks like, and what to do; each in Chinese and English."""

    what: tuple[str, str]
    todo: tuple[str, str]


_WHOLE = ("取得完整的文件后再试", "get the whole file and try again")
_KEY = (
    "这是私钥,任何人都不应向您索取;请勿上传或外传,如已外传请立即到 CA 办理吊销",
    "this is a private key: give it to nobody; if somebody has it, have the certificate revoked at once",
)
_PASSWORD = (
    "不要上传带私钥的文件;用浏览器或 CA 工具只导出证书(.cer、.pem)",
    "do not upload a file that holds a private key; export the certificate alone (.cer, .pem)",
)
_SIGNED_FORM = (
    "若已签署,请给出签名文件(.p7s、.p7m、.ofd、.pdf、.xml);未签署的文件没有可核验的内容",
    "if it was signed, give the signature (.p7s .p7m .ofd .pdf .xml); an unsigned file has nothing to verify",
)
_UNPACK = ("解压后给出其中的签名文件", "unpack it and give the signature inside")
_ASK = (
    "请给出证书、签名、印章、时间戳、吊销列表或带签章的文件;不确定时向出具方索取原件",
    "give a certificate, signature, seal, time stamp, revocation list or a signed document",
)

_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83...)"
_SEQUENCE = rb"\x30" + _LENGTH
# Tried in this order; the first that fits is told.
_SIGNS: tuple[tuple[re.Pattern[bytes], Likeness], ...] = tuple(
    (re.compile(pattern, re.DOTALL), Likeness(what, todo))
    for pattern, what, todo in (
        (rb"\s*\Z", ("空文件", "an empty file"), _WHOLE),
        (rb".{0,200}-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----", ("私钥(PEM)", "a private key (PEM)"), _KEY),
        (_SEQUENCE + rb"\x02\x01[\x00\x01]" + _SEQUENCE + rb"\x06", ("私钥(PKCS#8)", "a private key"), _KEY),
        (_SEQUENCE + rb"\x02\x01[\x00\x01](?:\x02|\x04[\x10-\x40])", ("私钥", "a private key"), _KEY),
        (
            _SEQUENCE + rb"\x02\x01\x03" + _SEQUENCE + rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07",
            ("证书与私钥的密码包(PKCS#12,.pfx、.p12)", "a password-protected key file (PKCS#12)"), _PASSWORD,
        ),
        (rb"\xfe\xed\xfe\xed|\xce\xce\xce\xce", ("Java 密钥库(JKS)", "a Java key store"), _PASSWORD),
        (
            rb"(?:.{0,200}-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----|"
            + _SEQUENCE * 2 + rb"\x02\x01\x00" + _SEQUENCE + rb"\x31)",
            ("证书申请(PKCS#10),不是证书", "a certificate request, no certificate"),
            ("由 CA 签发证书后,给出签发的证书", "give the certificate once the CA has issued it"),
        ),
        (rb".{0,200}-----BEGIN ", ("残缺的 PEM", "a damaged PEM file"), _WHOLE),
        (rb"\x89PNG|\xff\xd8\xff|GIF8|BM", ("图片", "a picture"), (
            "截图不能核验;请给出电子文件原件", "a picture cannot be verified; give the electronic original",
        )),
        (
            rb"PK\x03\x04.{0,1800}?(?:\[Content_Types\]\.xml|(?:word|xl|ppt)/)",
            ("办公文档(Word、Excel、演示文稿),其中的签名不在核验范围",
             "an office document; signatures inside are not read here"),
            ("请出具方转成 OFD 或 PDF 后签章,或另附签名文件(.p7s)",
             "have it sealed as OFD or PDF, or get a detached signature (.p7s)"),
        ),
        (
            rb"PK\x03\x04", ("压缩包或办公文档(不是版式文件 OFD)", "an archive or office document, no OFD"),
            _SIGNED_FORM,
        ),
        (rb"\xd0\xcf\x11\xe0", ("旧版办公文档", "an old office document"), _SIGNED_FORM),
        (rb"Rar!|7z\xbc\xaf|\x1f\x8b", ("压缩包", "an archive"), _UNPACK),
        (rb"MZ|\x7fELF", ("程序", "a program"), _ASK),
        (rb"\s*<(?:!doctype html|html)", ("网页", "a web page"), _ASK),
        (rb"\s*<", ("XML 文件,其中没有签名", "an XML file without a signature"), _SIGNED_FORM),
        (rb"\s*\{", ("JSON 文本", "JSON"), _ASK),
        (rb"%PDF", ("PDF 文件,其中没有签名", "a PDF without a signature"), _SIGNED_FORM),
        (_SEQUENCE + rb"\x06", (
            "密码消息(DER),但类型或内容不为本程序所识", "a cryptographic message of an unknown kind",
        ), _ASK),
        (rb"\x30", ("DER 编码的内容,残缺或类型未知", "DER, damaged or of an unknown kind"), _WHOLE),
        (rb"[A-Za-z0-9+/=\s]+\Z", ("Base64 文本,内容残缺或类型未知", "Base64 of something unknown"), _WHOLE),
    )
)  # fmt: skip
_OTHER = Likeness(("二进制文件,类型未知", "a file of an unknown kind"), _ASK)
_TEXT = Likeness(("文本文件", "a text file"), _SIGNED_FORM)


# What a file of this kind holds if it is what it seems to be.
_TELLING = {"ofd": b"OFD.xml", "pdf": b"/ByteRange", "xml": b"Signature", "trustlist": b'"signature"'}


def likeness(kind: str, data: bytes) -> Likeness | None:
    """None for what is of a kind known here; never opens anything."""
    telling = _TELLING.get(kind)
    if kind != "unknown" and (telling is None or telling in data):
        return None
    return resembling(data)


def resembling(data: bytes) -> Likeness:
    """By its first octets."""
    start = data[:2048].removeprefix(b"\xef\xbb\xbf")
    for pattern, found in _SIGNS:
        if pattern.match(start):
            return found
    try:
        text = getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return _OTHER
    return _TEXT if all(char.isprintable() or char in "\r\n\t" for char in text) else _OTHER
