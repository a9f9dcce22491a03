"""Codes of judges and files in words, for people who have no table of object identifiers at hand.

A code stays beside its words wherever somebody may have to quote it; what has no row here stays as it is.
"""

from __future__ import annotations

import json
import re

from certs.cli.phrases import table
from certs.trustlist.quirks import BY_NOTE

Both = tuple[str, str]
# How the words of ETSI EN 319 102-1 are told.
INDICATIONS: dict[str, Both] = {
    "CHAIN_CONSTRAINTS_FAILURE": ("证书链不满足要求", "the chain does not meet what is asked"),
    "CRYPTO_CONSTRAINTS_FAILURE": ("算法或密钥不满足要求", "algorithm or key do not meet what is asked"),
    "EXPIRED": ("证书已过期", "the certificate has expired"),
    "FORMAT_FAILURE": ("格式不合规定", "the form is not as it should be"),
    "HASH_FAILURE": ("内容与签名不符", "the content is not what was signed"),
    "NOT_YET_VALID": ("证书尚未生效", "the certificate is not valid yet"),
    "NO_CERTIFICATE_CHAIN_FOUND": ("证书链不通向受信任的 CA", "no chain to a trusted CA"),
    "NO_POE": ("缺少当时已存在的证据", "no proof that it existed then"),
    "NO_SIGNING_CERTIFICATE_FOUND": ("找不到签名者证书", "the signer's certificate is not there"),
    "POLICY_PROCESSING_ERROR": ("未能完成判定", "it could not be judged to the end"),
    "REVOKED": ("证书已吊销或冻结", "the certificate is revoked or on hold"),
    "SIGNED_DATA_NOT_FOUND": ("缺少被签原文", "the signed data are not there"),
    "SIG_CONSTRAINTS_FAILURE": ("签名不满足要求", "the signature does not meet what is asked"),
    "SIG_CRYPTO_FAILURE": ("签名值不成立", "the signature value does not hold"),
    "TIMESTAMP_ORDER_FAILURE": ("时间先后矛盾", "times contradict each other"),
    "TRY_LATER": ("取得最新吊销信息后再试", "try again with fresh revocation data"),
}
SOF: dict[int, Both] = {
    1: ("有效", "valid"), -1: ("不受信任", "not trusted"), -2: ("超出有效期", "outside validity"),
    -3: ("已吊销", "revoked"), -4: ("已冻结", "frozen"), -5: ("尚未生效", "not yet valid"),
    -6: ("其他原因", "another reason"),
}  # fmt: skip
MEDIA: dict[str, Both] = {"token": ("有介质", "token"), "tokenless": ("无介质", "tokenless")}
SECTORS: dict[str, str] = {
    "engineering": "工程建设", "land": "土地矿产", "medicine": "药品医用耗材", "other": "其他",
    "procurement": "政府采购", "property": "国有产权", "resources": "自然资源与环境权",
}  # fmt: skip
_CLAUSES = {"trust list": "信任列表", "003 item 10": "003 号材料第 10 项"}
# Steps that no standard has in these words rest on a clause all the same, or on a rule of this hub.
_RESTS = {
    "coverage": ("ISO 32000-2 12.8.1, GB/T 33190 18", "ISO 32000-2 12.8.1, GB/T 33190 18"),
    "": ("本平台规则", "a rule of this hub"),
}
_OIDS: dict[str, Both] = {
    "1.2.840.113549.1.9.3": ("内容类型", "content type"),
    "1.2.840.113549.1.9.4": ("原文摘要", "message digest"),
    "1.2.840.113549.1.9.5": ("签名时间", "signing time"),
    "1.2.840.113549.1.9.16.2.47": ("签名证书标识", "signing certificate"),
    "1.2.840.113549.1.9.16.2.14": ("签名时间戳", "signature time stamp"),
    "1.2.840.113549.1.9.16.1.4": ("时间戳内容", "time stamp"),
    "1.2.840.113549.1.1.11": ("RSA 签名(SHA-256)", "RSA with SHA-256"),
    "1.2.840.10045.4.3.2": ("ECDSA 签名(SHA-256)", "ECDSA with SHA-256"),
    "1.2.156.10197.1.501": ("SM2 签名(SM3)", "SM2 with SM3"),
    "1.2.156.10197.6.1.4.2.1": ("数据(国密)", "data"),
    "1.2.156.10197.6.1.4.2.3": ("数字信封(国密)", "enveloped data"),
    "1.2.840.113549.1.7.1": ("数据", "data"),
    "1.2.840.113549.1.7.3": ("数字信封", "enveloped data"),
    "1.3.6.1.5.5.7.3.8": ("签发时间戳", "time stamping"),
    "1.3.6.1.5.5.7.3.9": ("签发 OCSP 响应", "OCSP signing"),
    "1.3.6.1.5.5.7.3.2": ("客户端身份", "client authentication"),
    "1.3.6.1.5.5.7.3.4": ("电子邮件", "e-mail"),
    "2.5.4.3": ("名称 CN", "CN"),
    "2.5.4.10": ("单位 O", "O"),
    "2.5.4.11": ("部门 OU", "OU"),
    "2.5.4.5": ("序列号", "serial number"),
}
_QUIRKS = {one.zh: one.en for one in BY_NOTE.values()}
_OID = re.compile(r"(?<![\w.=])[0-2](?:\.\d+){3,}(?![\w.])")
_WORDS = {
    "digitalSignature": "数字签名", "nonRepudiation": "抗抵赖", "keyEncipherment": "密钥加密",
    "dataEncipherment": "数据加密", "keyAgreement": "密钥协商", "keyCertSign": "签发证书",
    "cRLSign": "签发吊销列表", "encipherOnly": "仅加密", "decipherOnly": "仅解密",
    "uscc": "统一社会信用代码", "organisation": "组织机构代码", "registration": "注册号",
    "resident": "居民身份号码", "subject": "主体", "extension": "扩展", "successful": "成功",
    "claimed": "签名者自称",
}  # fmt: skip
_WORD = re.compile(rf"(?<![\w.-])(?:{'|'.join(_WORDS)})(?![\w.-])")


def spoken(text: str, place: int) -> str:
    """Evidence with its identifiers named; words of tables in Chinese where Chinese is asked for."""
    text = _OID.sub(lambda found: _named(found[0], place), text)
    if place:
        return _in_english(text)
    return _WORD.sub(lambda found: _WORDS[found[0]], text)


def _in_english(text: str) -> str:
    """Deviations are told by their Chinese names in a judge's evidence."""
    for zh, en in _QUIRKS.items():
        text = text.replace(zh, en) if zh in text else text
    return text.replace("、", ", ")


def _named(oid: str, place: int) -> str:
    return f"{_OIDS[oid][place]}({oid})" if oid in _OIDS else oid


def clause(step: str, stated: str, place: int) -> str:
    """What a step rests on; never nothing."""
    if not stated:
        return _RESTS.get(step, _RESTS[""])[place]
    return told(stated) if place == 0 else stated


def told(sentence: str) -> str:
    """A sentence with its clauses in Chinese."""
    for en, zh in _CLAUSES.items():
        sentence = sentence.replace(en, zh)
    return sentence


def coded(code: str, words: dict[str, Both], place: int) -> str:
    return words[code][place] if code in words else code


def sector(name: str, place: int) -> str:
    return name if place else SECTORS.get(name, name)


SCRIPT = "wording.js"


def script() -> bytes:
    """The same tables for a page whose answers come as JSON."""
    words = {
        "phrases": [(one.pattern, zh) for one, zh in table()], "oids": _OIDS, "words": _WORDS, "sof": SOF,
        "quirks": _QUIRKS,
    }  # fmt: skip
    return f'"use strict";\nglobalThis.hutongWords = {json.dumps(words, ensure_ascii=False)};\n'.encode()
