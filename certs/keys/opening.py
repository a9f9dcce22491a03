"""From a line of the settings to a key that can be used: each kind of device is loaded only when named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from certs.keys.port import DecryptionKey, SigningKey
from certs.keys.spec import FILE, PKCS11, SDF, KeySpec, parse


class OpenedKey(SigningKey, DecryptionKey, Protocol):
    """A key behind any device; safe for threads. `close` gives the device back, when no
    thread uses it any more, and may be called twice."""

    def close(self) -> None: ...


def open_key(
    spec: str | KeySpec,
    *,
    realm: str,
    allow_file_in_production: bool = False,
    env: Mapping[str, str] | None = None,
) -> OpenedKey:
    """The key this line names: found, logged in to, and where the device shows it, of the certificate.

    Raises KeySpecError for the line, KeyFailureError for the device; both say what to do and hold nothing
    secret.
    """
    asked = parse(spec) if isinstance(spec, str) else spec
    kept = os.environ if env is None else env
    if asked.kind == FILE:
        from certs.keys.file import open_file

        return open_file(asked, kept, production=realm == "production" and not allow_file_in_production)
    if asked.kind == PKCS11:
        from certs.keys.pkcs11 import open_token

        return open_token(asked, kept)
    if asked.kind == SDF:
        from certs.keys.sdf import open_device

        return open_device(asked, kept)
    from certs.keys.server import open_server

    return open_server(asked, kept, plain=realm != "production")
