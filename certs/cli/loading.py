"""Certificates, CRLs and OCSP answers out of files, folders and patterns, of whatever encoding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path

from certs.cli.files import LARGEST, InputError, read_file
from certs.cli.kinds import Found, recognise_kind

_MOST_FILES = 5_000
_WORDS = {
    "certificates": ("不是证书 / no certificate", "证书或证书包(DER 或 PEM)"),
    "crls": ("不是吊销列表 / no CRL", "CRL(DER 或 PEM)"),
    "answers": ("不是 OCSP 响应 / no OCSP answer", "OCSP 响应(DER 或 PEM)"),
}


def certificates(path: str, data: bytes | None = None) -> list[bytes]:
    """Of one file."""
    found = _certificates(recognise_kind(read_file(path) if data is None else data))
    return found or _refuse("certificates", path)


def all_certificates(paths: Sequence[str]) -> tuple[bytes, ...]:
    return _all("certificates", paths)


def all_lists(paths: Sequence[str]) -> tuple[bytes, ...]:
    return _all("crls", paths)


def all_answers(paths: Sequence[str]) -> tuple[bytes, ...]:
    return _all("answers", paths)


def _all(what: str, paths: Sequence[str]) -> tuple[bytes, ...]:
    """A file must be what it was named as; of a folder or pattern, whatever is of the kind."""
    out: list[bytes] = []
    for path in paths:
        members = _members(path)
        found = [raw for one in members or [path] for raw in _PARTS[what](_kind(one, known=bool(members)))]
        out += found or _refuse(what, path)
    return tuple(dict.fromkeys(out))


def _members(path: str) -> list[str]:
    """The files of a folder, with those in folders below, or of a pattern the shell has left alone."""
    place = Path(path)
    if place.is_dir():
        names: Iterable[Path] = place.rglob("*")
    elif "*" in path and not place.exists():
        names = map(Path, glob(path))  # noqa: PTH207  whole paths, also from a root
    else:
        return []
    files = sorted(str(one) for one in names if one.is_file())
    if len(files) > _MOST_FILES:
        raise InputError("文件过多 / too many files", path, f"至多 {_MOST_FILES} 个", "分开存放后再试")
    return files or _refuse_empty(path)


def _kind(path: str, *, known: bool) -> Found:
    """Other things may lie in a folder, and large ones too."""
    if known and Path(path).stat().st_size > LARGEST:
        return Found("unknown", b"")
    return recognise_kind(read_file(path))


def _certificates(found: Found) -> list[bytes]:
    if found.kind == "certificate":
        return [] if found.tried else [found.data]
    return list(found.certificates)


def _lists(found: Found) -> list[bytes]:
    return [found.data] if found.kind == "crl" else list(found.crls)


def _answers(found: Found) -> Iterator[bytes]:
    if found.kind == "ocsp":
        yield found.data


_PARTS = {"certificates": _certificates, "crls": _lists, "answers": _answers}


def _refuse(what: str, path: str) -> list[bytes]:
    told, expected = _WORDS[what]
    raise InputError(told, path, expected, "核对文件")


def _refuse_empty(path: str) -> list[str]:
    raise InputError("其中没有文件 / no files there", path, "文件或放有文件的目录", "核对路径")
