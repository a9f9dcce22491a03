"""Client certificates that their CA has taken back, also on connections that have stood open since before.

The handshake asks the same list (`tls.py`), but only once for each connection. Only lists signed by a CA of
`tls_client_ca` count; one that cannot be read leaves the last good one in place.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.model.names import Name

log = logging.getLogger(__name__)
_LOOK = 0.05  # seconds between two looks at the files
_ISSUED = "issued"


class Withdrawn:
    """The lists as they are now; asked for every request of a connection with a certificate."""

    def __init__(self, lists: Path, authorities: Path, ticks: Callable[[], float] = time.monotonic) -> None:
        self._lists_file, self._authorities, self._ticks = lists, authorities, ticks
        self._look_again = 0.0
        self._seen: tuple[tuple[int, int, int], ...] = ()
        self._lists: Mapping[str, Crl] = {}

    def holds(self, marks: tuple[str, ...]) -> bool:
        """Is the certificate with these marks on a list of its issuer?"""
        self._refresh()
        for mark in marks:
            kind, _, rest = mark.partition(":")
            issuer, _, serial = rest.partition(":")
            listed = self._lists.get(issuer) if kind == _ISSUED else None
            if listed is not None and listed.find(listed.issuer, int(serial, 16)) is not None:
                return True
        return False

    def _refresh(self) -> None:
        now = self._ticks()
        if now < self._look_again:
            return
        self._look_again = now + _LOOK
        try:
            stats = [path.stat() for path in (self._lists_file, self._authorities)]
            seen = tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in stats)
            if seen == self._seen:
                return
            known = [read_certificate(raw) for raw in _pem(self._authorities, "CERTIFICATE")]
            lists = [read_crl(raw) for raw in _pem(self._lists_file, "X509 CRL")]
        except (OSError, ValueError) as error:
            log.error("lists of withdrawn client certificates kept as they were: %s", type(error).__name__)
            return
        self._seen = seen
        self._lists = {_known_as(name): one for one in lists for name in _signers(one, known)}


def issued(raw: bytes) -> tuple[str, ...]:
    """By what a certificate is found on a list, as a mark beside the others; () for what is none."""
    try:
        one = read_certificate(raw)
    except MalformedError:
        return ()
    return (f"{_ISSUED}:{_known_as(one.issuer)}:{one.serial:x}",)


def _known_as(name: Name) -> str:
    return hashlib.sha256(name.raw).hexdigest()


def _signers(one: Crl, known: list[Certificate]) -> list[Name]:
    """The list's issuer as written there and in its certificate, if that signed the list."""
    issuers = [each for each in known if each.subject == one.issuer]
    holds = [each for each in issuers if not fault(one.signed, one.algorithm, one.signature, each.key)]
    return [one.issuer, *(each.subject for each in holds)] if holds else []


def _pem(path: Path, kind: str) -> Iterator[bytes]:
    for part in path.read_text("utf-8").split(f"-----BEGIN {kind}-----")[1:]:
        yield base64.b64decode(part.partition("-----END ")[0])
