"""What RFC 5280 demands of whoever issues: broken rules that do no harm by themselves.

Real CAs break them, so usually they are forgiven and said. They count where `Rules.strict` asks for it,
and where the certificate is a peer's on the wire: those come from public tools that know the rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from certs.model import general_names as gn
from certs.model.certificate import Certificate

_AKI, _SKI, _BASIC, _SAN = "2.5.29.35", "2.5.29.14", "2.5.29.19", "2.5.29.17"
_MUST_BE_CRITICAL = {
    "2.5.29.30": "name constraints",
    "2.5.29.36": "policy constraints",
    "2.5.29.54": "inhibit anyPolicy",
}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}")


def faults(certificate: Certificate, *, issuing: bool) -> Iterator[str]:
    """The rules broken by one certificate, `issuing` if it stands above another in the path."""
    extensions = certificate.extensions
    if certificate.serial <= 0 or certificate.serial.bit_length() > 159:
        yield "serial number not positive, or of more than 20 octets"
    if certificate.version < 3:
        return
    yield from _identifiers(certificate, issuing=issuing)
    yield from _constraints(certificate, issuing=issuing)
    for oid, name in _MUST_BE_CRITICAL.items():
        if oid in extensions.oids and oid not in extensions.critical:
            yield f"{name} not critical"
    names = extensions.subject_names
    if not certificate.subject.rdns and (issuing or not names or _SAN not in extensions.critical):
        yield "an empty subject" + ("" if issuing else " without critical alternative names")
    if names is not None:
        if not names:
            yield "alternative names without a name"
        for kind, value in names:
            if kind == gn.DNS and (len(str(value)) > 253 or not _HOST.fullmatch(str(value))):
                yield "a host name that cannot be one"
                break


def _identifiers(certificate: Certificate, *, issuing: bool) -> Iterator[str]:
    extensions = certificate.extensions
    authority = extensions.authority_key
    own_root = certificate.self_issued and certificate.is_ca
    if (authority is None or authority.key is None) and not own_root:
        yield "no authority key identifier"
    if issuing and extensions.subject_key is None:
        yield "a CA without subject key identifier"
    if extensions.critical & {_AKI, _SKI}:
        yield "a key identifier that is critical"


def _constraints(certificate: Certificate, *, issuing: bool) -> Iterator[str]:
    extensions, basic = certificate.extensions, certificate.extensions.basic
    if not certificate.is_ca:
        if basic is not None and basic.path_length is not None:
            yield "a path length without being a CA"
        if extensions.name_constraints is not None:
            yield "name constraints without being a CA"
        if extensions.key_usage is not None and "keyCertSign" in extensions.key_usage:
            yield "keyCertSign without being a CA"
    elif issuing and _BASIC not in extensions.critical:
        yield "basic constraints of a CA not critical"
    limits = extensions.name_constraints or (None, None)
    if any(kind == gn.DNS and str(value).startswith(".") for trees in limits for kind, value in trees or ()):
        yield "a host constraint that begins with a dot"
    if extensions.key_usage is not None and not extensions.key_usage:
        yield "a key usage without a usage"
