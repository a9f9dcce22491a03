"""Whom the settings say to believe for time stamps: a bundle of certificates, and lists beside it.

Read anew for every stamp (once a minute), so that a fresh revocation list counts without a restart.
With lists, revocation must be established; without, what is unknown is said in every proof.
"""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path

from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.testpki.mark import refuse
from certs.trust import Revocation, Trust
from hub.errors import SettingsError
from hub.evidence.authority import StampError

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_MOST_FILES = 200


def ders(data: bytes) -> list[bytes]:
    """All DER in a file: of its PEM blocks, or the file itself."""
    found = _PEM.findall(data)
    return [base64.b64decode(b"".join(body.split()), validate=True) for _, body in found] or [data]


def read_trust(certificates: Path, crls: Path | None, *, realm: str) -> Trust:
    """Self-signed certificates of the bundle are anchors, the others help to find a path.

    Raises SettingsError for a file that cannot be used, or a sandbox's certificate outside the sandbox.
    """
    try:
        given = ders(certificates.read_bytes())
        lists = [raw for file in _files(crls) for raw in ders(file.read_bytes())] if crls else []
        parsed = [(raw, read_certificate(raw)) for raw in given]
    except (OSError, binascii.Error, MalformedError) as error:
        raise SettingsError(f"时间戳信任文件不可用 / time-stamp trust: {error}") from error
    if realm == "production" and any(refuse(raw) for raw in given):
        raise SettingsError(f"{certificates}: 沙箱证书不得用于生产 / a sandbox certificate in production")
    anchors = tuple(raw for raw, one in parsed if one.subject == one.issuer)
    if not anchors:
        raise SettingsError(f"{certificates}: 没有自签名的根证书 / no self-signed anchor")
    return Trust(
        anchors,
        Revocation.REQUIRED if crls else Revocation.IF_KNOWN,
        intermediates=tuple(raw for raw, one in parsed if one.subject != one.issuer),
        crls=tuple(lists),
    )


def reread(certificates: Path, crls: Path | None, realm: str) -> Trust:
    """The same while running: what cannot be read now is a stamp that cannot be believed now."""
    try:
        return read_trust(certificates, crls, realm=realm)
    except SettingsError as error:
        raise StampError("tsa.trust", error.detail) from error


def _files(place: Path) -> list[Path]:
    return (
        sorted(one for one in place.iterdir() if one.is_file())[:_MOST_FILES] if place.is_dir() else [place]
    )
