"""How sandbox certificates are known, so that production can refuse them.

Each carries an extension of our own and says so in its name; whatever is issued below a sandbox CA, under
whatever name, still has the CA's name in its issuer. A mark cannot stop a liar (whoever makes a PKI can
leave it out), it stops mistakes; against liars there is the trust list.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.model.names import Name
from certs.testpki.issue import extension
from certs.verdict import Reason

# Under the arc for UUIDs, which needs no registration: nobody else's.
MARK_OID = "2.25.63556420250654782114311783445656514501"
MARK_TEXT = "沙箱/Sandbox, never for production"
_WORDS = "never for production"


def mark() -> bytes:
    """The extension: bare words, so that any tool shows them."""
    return extension(MARK_OID, MARK_TEXT.encode())


def refuse(certificate: bytes) -> Reason | None:
    """Why production must not take this certificate, None if it bears no mark. Never raises."""
    try:
        found = read_certificate(bytes(certificate))
    except MalformedError as error:
        return Reason("malformed", detail=str(error))
    if MARK_OID in found.extensions.oids:
        return Reason("sandbox", str(found), f"extension {MARK_OID}")
    for whose, name in (("subject", found.subject), ("issuer", found.issuer)):
        if _says_so(name):
            return Reason("sandbox", str(found), f"{whose} says so")
    return None


def _says_so(name: Name) -> bool:
    return any(_WORDS in value.lower() for _, value in name.attributes)


class ProductionError(ValueError):
    """A sandbox's keys were about to be written where production lives."""


def refuse_folder(folder: Path, *, realm: str = "sandbox") -> None:
    """Raises ProductionError if this folder is, is in, or holds a data directory of production.

    A hub's data directory says its realm in `hub.toml`.
    """
    if realm != "sandbox":
        raise ProductionError(f"运行域 {realm}:沙箱证书不得用于生产 / realm {realm}: no sandbox PKI here")
    folder = folder.absolute()
    below = sorted(folder.glob("*/hub.toml")) if folder.is_dir() else []
    for file in (*(place / "hub.toml" for place in (folder, *folder.parents)), *below):
        if _is_production(file):
            raise ProductionError(f"生产数据目录,拒绝写入沙箱证书 / a production directory: {file.parent}")


def _is_production(file: Path) -> bool:
    """A file that cannot be read counts as production: better no sandbox than a mixed directory."""
    if not file.is_file():
        return False
    try:
        realm: object = tomllib.loads(file.read_text("utf-8")).get("realm", "sandbox")
    except (OSError, ValueError):
        return True
    return realm != "sandbox"
