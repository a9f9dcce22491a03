"""TLS of the hub's own listener: certificate files read again when they change, and whose certificate came.

Every connection is shaken hands with under the files as they are at that moment: the listener's own
context only hands over to the current one, so that a removed CA is really gone. Files that do not fit each
other (a renewal half written) leave the last good set in place. No session is resumed by ticket: a
resumed one would be believed without its certificate being looked at again.
"""

from __future__ import annotations

import hashlib
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hub.errors import SettingsError
from hub.server.withdrawn import issued

log = logging.getLogger(__name__)
NONE, OPTIONAL, REQUIRED = "none", "optional", "required"
_ASKED = {NONE: ssl.CERT_NONE, OPTIONAL: ssl.CERT_OPTIONAL, REQUIRED: ssl.CERT_REQUIRED}
HANDSHAKE_SECONDS, CLOSE_SECONDS = 10.0, 2.0
_CODES = frozenset({"serialNumber", "organizationIdentifier"})

# What of a certificate can be agreed on: its own digest, and the codes in its subject.
Marks = tuple[str, ...]


class Tls:
    """`context` is for the listener; `client` is one of none, optional, required; `client_crl` holds the
    revocation lists of the CAs in `client_ca`."""

    def __init__(
        self,
        cert: Path,
        key: Path | None,
        client_ca: Path | None,
        client: str,
        client_crl: Path | None = None,
    ) -> None:
        self._files = tuple(path for path in (cert, key, client_ca, client_crl) if path is not None)
        self._make: Callable[[], ssl.SSLContext] = lambda: _context(cert, key, client_ca, client, client_crl)
        self._seen = self._look()
        try:
            self._current = self._make()
            self.context = self._make()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"tls_cert, tls_key, tls_client_ca, tls_client_crl: {error}") from error
        self.context.sni_callback = self._hand_over

    def _hand_over(self, connection: Any, name: str | None, context: ssl.SSLContext) -> None:
        connection.context = self.current()

    def current(self) -> ssl.SSLContext:
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            try:
                self._current = self._make()
            except (OSError, ssl.SSLError) as error:
                log.error("TLS files kept as they were: %s", type(error).__name__)
        return self._current

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        return tuple(_stat(path) for path in self._files)


def _stat(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _context(
    cert: Path, key: Path | None, client_ca: Path | None, client: str, client_crl: Path | None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(cert, key)
    context.verify_mode = _ASKED[client]
    if client_ca is not None:
        context.load_verify_locations(client_ca)
    if client_crl is not None:
        context.load_verify_locations(client_crl)
        # From here on a CA without a current list admits nobody: not knowing is no yes.
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def listener(
    cert: Path | None, key: Path | None, client_ca: Path | None, client: str, client_crl: Path | None = None
) -> Tls | None:
    """None for plain HTTP; SettingsError for settings that contradict each other."""
    if client not in _ASKED:
        raise SettingsError(f"tls_client = {client!r} 应为 / must be {' | '.join(_ASKED)}")
    if client != NONE and (cert is None or client_ca is None):
        raise SettingsError(f"tls_client = {client}: 须同时设置 / needs tls_cert and tls_client_ca")
    if client_crl is not None and client_ca is None:
        raise SettingsError("tls_client_crl 须与 tls_client_ca 同设 / needs tls_client_ca")
    if cert is None:
        if key is not None or client_ca is not None:
            raise SettingsError("tls_key、tls_client_ca 须与 tls_cert 同设 / need tls_cert")
        return None
    return Tls(cert, key, client_ca, client, client_crl)


def marks(transport: Any) -> Marks | None:
    """What the caller's certificate can be known by; None when it showed none. Only proved ones are seen."""
    connection: Any = transport.get_extra_info("ssl_object") if transport is not None else None
    if connection is None or not (raw := connection.getpeercert(binary_form=True)):
        return None
    subject = (connection.getpeercert() or {}).get("subject", ())
    codes = [value for part in subject for name, value in part if name in _CODES]
    named = (f"subject:{code}" for code in codes)
    return (f"sha256:{hashlib.sha256(raw).hexdigest()}", *named, *issued(raw))
