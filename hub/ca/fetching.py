"""Revocation data from the addresses the signed list names, and from nowhere else.

What a certificate says of where to ask is not followed: whoever makes certificates would choose whom we call.
In production a name leads only outside (`hub.delivery.reach`); an address written out is listed by being
there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from threading import Lock
from typing import NamedTuple
from urllib.parse import urlsplit

from certs.fetch import Connection, FetchError, Peer
from certs.model.certificate import Certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError
from certs.model.ocsp import read_answer
from certs.revocation.asking import ocsp_request
from hub.ca.told import certificate_of
from hub.ca.verifying import Judged
from hub.delivery.reach import allowed

SECONDS = 2.0
_MOST, _WITHOUT_END = 4096, timedelta(minutes=5)
_QUERY, _REPLY = "application/ocsp-request", "application/ocsp-response"


class _Party(NamedTuple):
    """Whose revocation counts: the certificate, the path to it, who can be asked."""

    certificate: bytes
    chain: tuple[bytes, ...]
    responders: Sequence[str]


def _parties(found: Judged) -> list[_Party]:
    who = [(found.verdict, found.who), *((one.verdict, one) for one in found.beside)]
    return [
        _Party(verdict.signer or b"", tuple(verdict.chain), one.ca.ocsp)
        for verdict, one in who
        if one is not None and one.ca is not None
    ]


class Answers:
    """What responders said, each until its own end; bounded. For many threads.

    Held for each asker apart: whoever is answered at once about somebody else's certificate would learn from
    it that somebody has asked before him, and who is getting ready for an opening.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, bytes], tuple[bytes, datetime]] = OrderedDict()
        self._lock = Lock()

    def of(self, asker: str, certificate: bytes, now: datetime) -> bytes | None:
        with self._lock:
            found = self._held.get((asker, certificate))
            if found is None or now >= found[1]:
                return None
            return found[0]

    def held(self, asker: str, found: Judged, now: datetime) -> tuple[bytes, ...] | None:
        """As `about`, where all of it is held and nobody need be asked."""
        told = [self.of(asker, one.certificate, now) for one in _parties(found)]
        return tuple(one for one in told if one is not None) if None not in told else None

    def about(self, asker: str, found: Judged, now: datetime, *, strict: bool) -> tuple[bytes, ...]:
        """What is held about the signer and whoever stands beside him, or what responders say now. For a
        thread."""
        said = (self._of_one(asker, one, now, strict=strict) for one in _parties(found))
        return tuple(told for told in said if told is not None)

    def _of_one(self, asker: str, one: _Party, now: datetime, *, strict: bool) -> bytes | None:
        held = self.of(asker, one.certificate, now)
        chain = [read for read in map(certificate_of, one.chain[-2:]) if read is not None]
        if held is not None or len(chain) < 2:
            return held
        for url in one.responders:
            told = ask(url, chain[1], chain[0], strict=strict)
            if told is not None and self._keep((asker, one.certificate), told, now):
                return told
        return None

    def forget(self, asker: str, found: Judged) -> None:
        """What was said about them was of no use (forged, of another time): whoever can answer once in the
        responder's place shall not have spoken until an end that he himself has named."""
        with self._lock:
            for one in _parties(found):
                self._held.pop((asker, one.certificate), None)

    def _keep(self, key: tuple[str, bytes], raw: bytes, now: datetime) -> bool:
        """False for what is no answer; whether it holds is judged with the certificate."""
        try:
            _, answer = read_answer(raw)
        except MalformedError:
            return False
        if answer is None:
            return False
        ends = [one.next_update for one in answer.singles if one.next_update is not None]
        until = min(ends, default=now + _WITHOUT_END)
        with self._lock:
            self._held[key] = raw, until
            self._held.move_to_end(key)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return True


def wanting(found: Judged) -> bool:
    """Is nothing open but revocation, and is there somebody to ask about it?"""
    codes = {one.code for one in found.verdict.reasons}
    return codes == {"revocation-unknown"} and any(one.responders for one in _parties(found))


def ask(url: str, child: Certificate, issuer: Certificate, *, strict: bool) -> bytes | None:
    """A responder's answer; None where none came. For a thread: takes up to `SECONDS`."""
    try:
        connection, path = _open(url, strict)
        try:
            headers = {"Content-Type": _QUERY, "Accept": _REPLY}
            return connection.post(path, ocsp_request(child, issuer), headers)
        finally:
            connection.close()
    except (FetchError, OSError, ValueError):
        return None


def fetch_list(url: str, *, strict: bool) -> bytes | None:
    """A revocation list; None where none came."""
    raw = fetch(url, "application/pkix-crl", strict=strict)
    try:
        read_crl(raw or b"")
    except MalformedError:
        return None
    return raw


def fetch(url: str, media: str, *, strict: bool) -> bytes | None:
    """What lies at an address of the signed list; None where nothing came. For a thread."""
    try:
        connection, path = _open(url, strict)
        try:
            return connection.get(path, {"Accept": media})
        finally:
            connection.close()
    except (FetchError, OSError, ValueError):
        return None


def _open(url: str, strict: bool) -> tuple[Connection, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    guard = None if not strict or _literal(parts.hostname) else lambda address: allowed(address, ())
    return Connection(Peer(f"{parts.scheme}://{parts.netloc}", SECONDS, allows=guard)), path


def _literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
