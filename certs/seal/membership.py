"""Is the signer's certificate on the seal's list? Byte for byte, or by its digest."""

from __future__ import annotations

from certs.algorithms.digest import digest
from certs.algorithms.identifiers import DIGESTS
from certs.seal.structure import Listed
from certs.verdict import Reason

_NAMES = {"sm3": "sm3", "sha256": "sha256", "sha384": "sha384"}


def on_list(certificate: bytes, listed: Listed) -> Reason | None:
    """None if it is. A digest too weak to point at one certificate only does not count."""
    if certificate in listed.certificates:
        return None
    weak = []
    for name, value in listed.digests:
        kinds = _algorithms(name, value)
        if not kinds:
            weak.append(name[:32])
        elif any(digest(certificate, kind) == value for kind in kinds):
            return None
    size = len(listed.certificates) + len(listed.digests)
    unread = f", digests not admitted: {', '.join(sorted(set(weak))[:4])}" if weak else ""
    return Reason("seal-signer", "", f"{size} on the list{unread}")


def _algorithms(name: str, value: bytes) -> tuple[str, ...]:
    """By its name or identifier; the standard leaves the name open, so one unknown is read by length."""
    plain = DIGESTS.get(name, name).lower().replace("-", "").replace("_", "").strip()
    if plain in _NAMES:
        return (_NAMES[plain],)
    if plain in DIGESTS.values():
        return ()
    return ("sm3", "sha256") if len(value) == 32 else ()
