"""Who signed and who made the seals, in whatever was judged: certificates whose revocation counts besides
that of the first signer.

Looked for only where revocation is what is open, and bounded: a file made to have many asked about gets
no more than a few asked about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from certs.cms import read_signed
from certs.cms.who import candidates
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.seal.files import SEAL, SIGN, form
from certs.seal.read import LARGEST, read_signature

MOST = 8


def parties(kind: str, data: bytes) -> tuple[bytes, ...]:
    """Certificates in the order of the signatures; none for kinds that have one signer alone."""
    found: dict[bytes, None] = {}
    try:
        for value in _values(kind, data):
            found |= dict.fromkeys(_of_value(value))
            if len(found) >= MOST:
                break
    except (MalformedError, ImportError):
        return ()  # it was judged by what could be read, and that stands in its verdict
    return tuple(found)[:MOST]


def names(data: bytes, certificate: bytes) -> bool:
    """Does signed data name this certificate as one of its signers?"""
    try:
        return any(candidates(one, (certificate,)) for one in read_signed(data).signers[:MOST])
    except MalformedError:
        return False


def _values(kind: str, data: bytes) -> Iterable[bytes]:
    if kind == "seal-signature":
        return (data,)
    if kind == "ofd":
        return _of_ofd(data)
    if kind == "pdf":
        from certs.pdf.file import read_pdf

        return (one.contents for one in read_pdf(data).signatures)
    return ()


def _of_ofd(data: bytes) -> Iterator[bytes]:
    from certs.ofd import read_ofd

    file = read_ofd(data)
    for document in file.documents:
        for one in document.signatures:
            if not one.fault:
                yield file.container.part(one.value_path, LARGEST)


def _of_value(value: bytes) -> list[bytes]:
    """The maker of a seal and its signer; of signed data whoever in it is no CA."""
    found = form(value)
    if found == SEAL:
        sealed = read_signature(value)
        return [sealed.seal.maker, sealed.signer]
    if found == SIGN:
        return [raw for raw in read_signed(value).certificates[:MOST] if not read_certificate(raw).is_ca]
    return []
