"""What the last certificate must be good for: key usage, extended key usage, and whom it names."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from certs.model import general_names as gn
from certs.model.certificate import Certificate
from certs.model.extensions import KEY_USAGES
from certs.path.question import USAGES, Question, usage_oid
from certs.verdict import Reason

_ANY = USAGES["anyExtendedKeyUsage"]
# Rules of their own: RFC 3161, 2.3 for time stamps, the CA/Browser Forum's for code signing.
_STAMP, _CODE = USAGES["timeStamping"], USAGES["codeSigning"]


def check(path: Sequence[Certificate], question: Question) -> Reason | None:
    """Purpose of the last certificate; the CAs above it must allow the same extended usage."""
    leaf = path[-1]
    usage = leaf.extensions.key_usage
    for name in question.key_usage:
        wanted = "nonRepudiation" if name == "contentCommitment" else name
        if wanted not in KEY_USAGES:
            return Reason("argument", detail=f"key usage {name!r}")
        if usage is not None and wanted not in usage:
            return Reason("key-usage", str(leaf), wanted)
    for name in question.eku:
        oid = usage_oid(name)
        for certificate in path:
            found = certificate.extensions.extended_usage
            if found is None:
                if certificate is leaf and oid in (_STAMP, _CODE):
                    return Reason("extended-key-usage", str(certificate), f"{name} is not stated")
            elif oid not in found and (certificate is leaf or _ANY not in found):
                return Reason("extended-key-usage", str(certificate), name)
        problem = _special(leaf, oid)
        if problem is not None:
            return Reason(*problem)
    return _peer(leaf, question) if question.peer else None


def _special(leaf: Certificate, oid: str) -> tuple[str, str, str] | None:
    usage, found = leaf.extensions.key_usage, leaf.extensions.extended_usage or ()
    if oid == _STAMP:
        if set(found) != {_STAMP} or "2.5.29.37" not in leaf.extensions.critical:
            return "extended-key-usage", str(leaf), "time stamping must be the only usage, and critical"
        if usage is not None and (not usage or usage - {"digitalSignature", "nonRepudiation"}):
            return "key-usage", str(leaf), "a time stamping key signs, nothing else"
    if oid == _CODE:
        critical = "2.5.29.15" in leaf.extensions.critical
        signs = usage is not None and "digitalSignature" in usage and not usage & {"keyCertSign", "cRLSign"}
        if not signs or not critical:
            return "key-usage", str(leaf), "a code signing key signs, but no certificates or CRLs; critical"
        if _ANY in found or USAGES["serverAuth"] in found:
            return "extended-key-usage", str(leaf), "code signing together with a usage that excludes it"
    return None


def _peer(leaf: Certificate, question: Question) -> Reason | None:
    name: Any = (question.peer or {}).get("name")
    if name is None:
        return None
    if not isinstance(name, dict) or not isinstance(name.get("value"), str):
        return Reason("argument", detail="peer name")
    kind, value = name.get("kind"), name["value"]
    names = leaf.extensions.subject_names or ()
    if kind == "DNS":
        found = any(n.kind == gn.DNS and host_matches(str(n.value), value) for n in names)
    elif kind == "IP":
        try:
            packed = ipaddress.ip_address(value).packed
        except ValueError:
            return Reason("argument", detail="peer address")
        found = any(n.kind == gn.IP and n.value == packed for n in names)
    elif kind == "RFC822":
        found = any(n.kind == gn.EMAIL and _same_mail(str(n.value), value) for n in names)
    else:
        return Reason("argument", detail=f"peer name of kind {kind!r}")
    return None if found else Reason("peer", str(leaf), value)


def _same_mail(one: str, two: str) -> bool:
    (local, _, host), (other, _, domain) = one.rpartition("@"), two.rpartition("@")
    return local == other and host.lower() == domain.lower()


def host_matches(pattern: str, host: str) -> bool:
    """RFC 6125: a star is the whole leftmost label, never the last but one."""
    pattern, host = pattern.lower().removesuffix("."), host.lower().removesuffix(".")
    if not pattern.startswith("*."):
        return bool(pattern) and "*" not in pattern and pattern == host
    first, _, rest = host.partition(".")
    return bool(first) and "." in rest and rest == pattern[2:] and "*" not in rest
