"""What stands in a file, in rows for people; and the certificates it brings along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from certs.cli.kinds import Found
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.model.names import Name
from certs.model.ocsp import read_answer

_MOST = 20


class Row(NamedTuple):
    """One line: Chinese and English label, and the value."""

    zh: str
    en: str
    value: str


class Contents(NamedTuple):
    rows: list[Row]
    certificates: tuple[bytes, ...] = ()


def contents(found: Found) -> Contents:
    """Never raises on a file that `recognise_kind` has named."""
    try:
        return _READERS.get(found.kind, _nothing)(found)
    except MalformedError as error:
        return Contents([Row("内容", "content", f"无法解析 / cannot be read: {error}")])


def _nothing(found: Found) -> Contents:
    return Contents([])


def certificate_rows(one: Certificate) -> list[Row]:
    from certs.trustlist.algorithms import key_of, signed_with

    family, bits = key_of(one)
    usage = one.extensions.key_usage
    return [
        Row("主体", "subject", str(one.subject)),
        Row("颁发者", "issuer", str(one.issuer)),
        Row("序列号", "serial", f"{one.serial:x}"),
        Row(
            "有效期", "validity", f"{one.not_before:%Y-%m-%d %H:%M:%SZ} — {one.not_after:%Y-%m-%d %H:%M:%SZ}"
        ),
        Row("公钥", "key", f"{family} {bits}" if bits else family),
        Row("签名算法", "algorithm", signed_with(one)),
        Row("密钥用途", "key usage", "未写明 / not stated" if usage is None else ", ".join(sorted(usage))),
        Row("扩展密钥用途", "extended usage", ", ".join(one.extensions.extended_usage or ()) or "—"),
    ]


def _certificate(found: Found) -> Contents:
    return Contents(certificate_rows(read_certificate(found.data)), (found.data,))


def _bundle(found: Found) -> Contents:
    rows = [Row("证书数", "certificates", str(len(found.certificates)))]
    rows += [Row("吊销列表数", "CRLs", str(len(found.crls)))] if found.crls else []
    rows += [
        Row("证书", "certificate", str(read_certificate(raw).subject)) for raw in found.certificates[:_MOST]
    ]
    return Contents(rows, found.certificates)


def _crl(found: Found) -> Contents:
    one = read_crl(found.data)
    end = "—" if one.next_update is None else f"{one.next_update:%Y-%m-%d %H:%M:%SZ}"
    return Contents([
        Row("颁发者", "issuer", str(one.issuer)),
        Row("本次更新", "this update", f"{one.this_update:%Y-%m-%d %H:%M:%SZ}"),
        Row("下次更新", "next update", end),
        Row("条目数", "entries", str(len(one.entries) + len(one.foreign))),
        *(Row("解析时宽容", "forgiven", note) for note in one.notes[:_MOST]),
    ])  # fmt: skip


def _ocsp(found: Found) -> Contents:
    status, answer = read_answer(found.data)
    rows = [Row("响应状态", "status", "successful" if status == 0 else str(status))]
    if answer is None:
        return Contents(rows)
    who = answer.responder
    rows.append(Row("响应者", "responder", str(who) if isinstance(who, Name) else who.hex()))
    rows.append(Row("产生时间", "produced", f"{answer.produced_at:%Y-%m-%d %H:%M:%SZ}"))
    words = {0: "有效 / good", 1: "已吊销 / revoked", 2: "未知 / unknown"}
    for one in answer.singles[:_MOST]:
        end = "" if one.next_update is None else f" — {one.next_update:%Y-%m-%d %H:%M:%SZ}"
        text = f"{words.get(one.status, '?')},{one.this_update:%Y-%m-%d %H:%M:%SZ}{end}"
        rows.append(Row(f"序列号 {one.serial:x}", f"serial {one.serial:x}", text))
    return Contents(rows, answer.certificates)


def _cms(found: Found) -> Contents:
    from certs.cms import read_signed

    signed = found.view or read_signed(found.data)
    arc = {"sm2": "国密(GB/T 35275)", "rsa": "PKCS#7(RFC 5652)"}.get(signed.arc, signed.arc)
    size = "不含 / detached" if signed.content is None else f"{len(signed.content)} 字节 / bytes"
    rows = [
        Row("标识弧", "arc", arc),
        Row("内容类型", "content type", signed.content_type),
        Row("原文", "content", size),
        Row("签名者数", "signers", str(len(signed.signers))),
    ]  # fmt: skip
    return Contents(rows, tuple(_readable(signed.certificates)))


def _timestamp(found: Found) -> Contents:
    from certs.cms import read_signed
    from certs.timestamp.messages import read_response
    from certs.timestamp.model import read_info

    token: bytes | None = found.data
    try:
        signed = read_signed(found.data)
    except MalformedError:
        token = read_response(found.data).token
        if token is None:
            return Contents([Row("响应", "response", "未签发时间戳 / no stamp granted")])
        signed = read_signed(token)
    info = read_info(signed.content or b"")
    return Contents(
        [
            Row("时间", "time", info.at.isoformat()),
            Row("序列号", "serial", f"{info.serial:x}"),
            Row("策略", "policy", info.policy),
        ],
        tuple(_readable(signed.certificates)),
    )


def _envelope(found: Found) -> Contents:
    from certs.envelope.enveloped import read_enveloped

    one = read_enveloped(found.data)
    return Contents([
        Row("接收者数", "recipients", str(len(one.recipients))),
        Row("密钥份额", "shares", str(len(one.shares))),
    ])  # fmt: skip


def _seal(found: Found) -> Contents:
    from certs.seal.read import read_seal, read_signature

    if found.kind == "seal":
        seal, rows = read_seal(found.data), []
    else:
        signature = read_signature(found.data)
        seal, rows = signature.seal, [Row("签章结构", "generation", str(signature.version))]
    rows += [
        Row("印章", "seal", f"{seal.name} {seal.number}"),
        Row("印章有效期", "seal period", f"{seal.begin:%Y-%m-%d} — {seal.end:%Y-%m-%d}"),
        Row("结构版本", "version", f"{seal.version}(第 {seal.generation} 代 / generation)"),
    ]
    certificates = [seal.maker, *seal.listed.certificates]
    if found.kind == "seal-signature":
        certificates.insert(0, read_signature(found.data).signer)
    return Contents(rows, tuple(_readable(certificates)))


def _trustlist(found: Found) -> Contents:
    from certs.trustlist.publishing import content_of

    value = content_of(found.data)
    if not isinstance(value, dict):
        return Contents([Row("内容", "content", "不是信任列表 / no trust list")])
    cas = value.get("cas")
    rows = [Row(zh, en, str(value.get(name, "—"))[:80]) for zh, en, name in (
        ("地区", "region", "region"), ("序号", "sequence", "sequence"), ("签发时间", "issued", "issued"),
        ("下次更新", "next update", "nextUpdate"),
    )]  # fmt: skip
    for one in cas[:_MOST] if isinstance(cas, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), dict):
            rows.append(
                Row(str(one.get("id"))[:40], str(one.get("id"))[:40], str(one["name"].get("zh"))[:80])
            )
    return Contents(rows)


def _readable(raws: Iterator[bytes] | tuple[bytes, ...] | list[bytes]) -> Iterator[bytes]:
    for raw in raws:
        try:
            read_certificate(raw)
        except MalformedError:
            continue
        yield raw


_READERS = {
    "certificate": _certificate, "bundle": _bundle, "crl": _crl, "ocsp": _ocsp, "cms": _cms,
    "timestamp": _timestamp, "envelope": _envelope, "seal": _seal, "seal-signature": _seal,
    "trustlist": _trustlist,
}  # fmt: skip
