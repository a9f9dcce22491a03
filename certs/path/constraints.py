"""Name constraints (RFC 5280, 4.2.1.10) by look-up instead of comparison.

A hostile CA may list thousands of subtrees over a leaf with thousands of names. Subtrees are therefore
kept in tables by what a name would have to contain, so each name costs its own length only; and as
OpenSSL does, more than 2^20 pairs are refused outright.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from certs.model import general_names as gn
from certs.model.certificate import Certificate
from certs.model.der import MalformedError, Reader
from certs.model.extensions import NameConstraints
from certs.model.names import COMMON_NAME, EMAIL, Name

MOST_PAIRS = 1 << 20
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST, _LONGEST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}"), 255


class UnfitError(ValueError):
    """A name under constraint that cannot be judged: it counts as outside."""


class Subtrees:
    """One list of subtrees, permitted or excluded."""

    __slots__ = ("directories", "hosts", "kinds", "lengths", "mailboxes", "masks", "networks")

    def __init__(self, trees: Iterable[gn.GeneralName]) -> None:
        self.kinds: set[int] = set()
        self.hosts: dict[int, set[str]] = {gn.DNS: set(), gn.EMAIL: set(), gn.URI: set()}
        self.mailboxes: set[tuple[str, str]] = set()
        self.directories: set[tuple[object, ...]] = set()
        self.lengths: set[int] = set()
        self.networks: set[tuple[bytes, bytes]] = set()
        self.masks: set[bytes] = set()
        for kind, value in trees:
            self.kinds.add(kind)
            if isinstance(value, Name):
                self.directories.add(value.rdns)
                self.lengths.add(len(value.rdns))
            elif isinstance(value, str) and kind == gn.EMAIL and "@" in value:
                self.mailboxes.add(_mailbox(value))
            elif isinstance(value, str):
                if "*" in value:
                    raise UnfitError("a constraint with a star")
                self.hosts[kind].add(value.lower().removesuffix("."))
            elif kind == gn.IP:
                self._network(value)

    def _network(self, value: bytes) -> None:
        half = len(value) // 2
        bits = f"{int.from_bytes(value[half:], 'big'):0{8 * half}b}" if len(value) in (8, 32) else "01"
        if "01" in bits:
            raise UnfitError("an address constraint that is no network")
        self.masks.add(value[half:])
        self.networks.add((_masked(value[:half], value[half:]), value[half:]))

    def hold(self, kind: int, value: str | bytes | Name, *, excluding: bool) -> bool:
        """Does the name lie in one of the subtrees? Raises UnfitError for what cannot be judged."""
        if isinstance(value, Name):
            return any(value.rdns[:length] in self.directories for length in self.lengths)
        if kind == gn.DNS and isinstance(value, str):
            return self._dns(value, excluding)
        if kind == gn.EMAIL and isinstance(value, str):
            local, host = _mailbox(value)
            return (local, host) in self.mailboxes or self._host(gn.EMAIL, host)
        if kind == gn.URI and isinstance(value, str):
            return self._host(gn.URI, _uri_host(value))
        if kind == gn.IP and isinstance(value, bytes) and len(value) in (4, 16):
            return any(len(m) == len(value) and (_masked(value, m), m) in self.networks for m in self.masks)
        raise UnfitError(f"constrained names of kind {kind} cannot be judged")

    def _dns(self, value: str, excluding: bool) -> bool:
        name = value.lower().removesuffix(".")
        hosts = self.hosts[gn.DNS]
        wild = name.startswith("*.")
        if wild and excluding:  # the star may stand for an excluded host
            base = name[2:]
            if any(host.partition(".")[2] == base for host in hosts):
                return True
        if not name or " " in name:
            raise UnfitError("not a host name")
        if "" in hosts or name in hosts:
            return True
        return any(suffix in hosts or f".{suffix}" in hosts for suffix in _suffixes(name)[1:])

    def _host(self, kind: int, host: str) -> bool:
        """Email and URI: an exact host, or with a dot before it everything below."""
        hosts = self.hosts[kind]
        return host in hosts or "" in hosts or any(f".{suffix}" in hosts for suffix in _suffixes(host)[1:])


def _suffixes(name: str) -> list[str]:
    if len(name) > _LONGEST:
        raise UnfitError("a longer name than a host can have")
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def _is_host(text: str) -> bool:
    return len(text) <= _LONGEST and _HOST.fullmatch(text) is not None


def _masked(value: bytes, mask: bytes) -> bytes:
    return bytes(a & b for a, b in zip(value, mask, strict=True))


def _mailbox(value: str) -> tuple[str, str]:
    local, at, host = value.rpartition("@")
    if not at or not local or not host:
        raise UnfitError("not a mailbox")
    return local, host.lower()


def _uri_host(value: str) -> str:
    _, colon, rest = value.partition("://")
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2]
    host = authority.partition(":")[0].lower().removesuffix(".")
    if not colon or not _is_host(host) or re.fullmatch(r"[0-9.]+", host):
        raise UnfitError("a URI without a host name")
    return host


def names_of(certificate: Certificate, *, last: bool) -> list[gn.GeneralName]:
    """Everything that is constrained: subject, alternative names, mail addresses in the subject, and, for
    a last certificate without host names, common names that look like one."""
    names = list(certificate.extensions.subject_names or ())
    subject = certificate.subject
    if subject.rdns:
        names.append(gn.GeneralName(gn.DIRECTORY, subject))
    names += [gn.GeneralName(gn.EMAIL, value) for value in subject.values(EMAIL)]
    names += [gn.GeneralName(gn.EMAIL, mail) for mail in _smtp_utf8(names)]
    if last and not any(name.kind == gn.DNS for name in names):
        common = subject.values(COMMON_NAME)
        names += [gn.GeneralName(gn.DNS, value) for value in common if _is_host(value)]
    return names


def _smtp_utf8(names: list[gn.GeneralName]) -> Iterator[str]:
    """Mail addresses hidden in other names (RFC 9598); one that cannot be read names nobody's host."""
    for kind, value in names:
        if kind != gn.OTHER or not isinstance(value, bytes):
            continue
        reader = Reader(value, 100)
        try:
            parts = reader.parts(0, len(value))
            if not parts or reader.oid(parts[0]) != gn.SMTP_UTF8:
                continue
            inner = reader.parts(parts[-1].start, parts[-1].end)
            yield reader.content(inner[0], 0x0C).decode("utf-8") if inner else ""
        except (MalformedError, UnicodeDecodeError):
            yield ""


@lru_cache(32)
def _tables(constraints: NameConstraints) -> tuple[Subtrees | None, Subtrees | None]:
    permitted, excluded = constraints
    return (
        None if permitted is None else Subtrees(permitted),
        None if excluded is None else Subtrees(excluded),
    )


def check(certificate: Certificate, above: list[NameConstraints], *, last: bool) -> tuple[str, str] | None:
    """The certificate's names against all constraints above it: a reason code and what offends, or None."""
    if not above:
        return None
    if "subject_names" in certificate.extensions.broken:
        return "name-constraints", "subjectAltName cannot be read"
    names = names_of(certificate, last=last)
    if len(names) * sum(len(c.permitted or ()) + len(c.excluded or ()) for c in above) > MOST_PAIRS:
        return "too-many-names", str(len(names))
    for constraints in above:
        try:
            permitted, excluded = _tables(constraints)
        except UnfitError as error:
            return "name-constraints", str(error)
        for kind, value in names:
            try:
                if excluded and kind in excluded.kinds and excluded.hold(kind, value, excluding=True):
                    return "name-constraints", f"excluded: {_shown(value)}"
                if permitted and kind in permitted.kinds and not permitted.hold(kind, value, excluding=False):
                    return "name-constraints", f"not permitted: {_shown(value)}"
            except UnfitError as error:
                return "name-constraints", f"{error}: {_shown(value)}"
    return None


def _shown(value: str | bytes | Name) -> str:
    if isinstance(value, bytes):
        return str(ipaddress.ip_address(value)) if len(value) in (4, 16) else value.hex()[:80]
    return str(value)[:200]
