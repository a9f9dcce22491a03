"""Certificates, CRLs and OCSP answers from files, of whatever encoding."""

from __future__ import annotations

from certs.cli.files import InputError, read_file
from certs.cli.kinds import recognise_kind


def certificates(path: str, data: bytes | None = None) -> list[bytes]:
    found = recognise_kind(read_file(path) if data is None else data)
    if found.kind == "certificate":
        return [found.data]
    if found.kind == "bundle" and found.certificates:
        return list(found.certificates)
    raise InputError("不是证书 / no certificate", path, "证书或证书包(DER 或 PEM)", "核对文件")


def lists(path: str) -> list[bytes]:
    found = recognise_kind(read_file(path))
    if found.kind == "crl":
        return [found.data]
    if found.crls:
        return list(found.crls)
    raise InputError("不是吊销列表 / no CRL", path, "CRL(DER 或 PEM)", "核对文件")


def answer(path: str) -> bytes:
    found = recognise_kind(read_file(path))
    if found.kind != "ocsp":
        raise InputError("不是 OCSP 响应 / no OCSP answer", path, "OCSP 响应(DER 或 PEM)", "核对文件")
    return found.data
