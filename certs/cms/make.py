"""Making signed data: several signers, both arcs, attached or detached; DER, the same bytes each time
but for the randomness in the signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from certs.algorithms import identifiers as ids
from certs.algorithms.signature import family
from certs.cms import oids
from certs.cms.schemes import RSA_KEY, SM2_SIGNING, SM2_WITH_SM3, content_digest
from certs.keys.port import SigningKey
from certs.model import write as w
from certs.model.certificate import read_certificate

_DIGEST_OIDS = {name: oid for oid, name in ids.DIGESTS.items()}
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
Stamper = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Form:
    """What is said alike for all signers of one message."""

    arc: str
    content_type: str
    content: bytes
    time: datetime | None
    attributes: Mapping[str, bytes]
    bare: bool
    by_key: bool
    names_certificate: bool
    stamp: Stamper | None


def sign(
    content: bytes,
    keys: SigningKey | Sequence[SigningKey],
    *,
    arc: Literal["sm2", "rsa"] = "sm2",
    detached: bool = False,
    content_type: str | None = None,
    time: datetime | None = None,
    attributes: Mapping[str, bytes] | None = None,
    certificates: Literal["chain", "leaf", "none"] = "chain",
    crls: Sequence[bytes] = (),
    ocsp: Sequence[bytes] = (),
    bare: bool = False,
    by_key: bool = False,
    names_certificate: bool = True,
    stamp: Stamper | None = None,
) -> bytes:
    """DER of a ContentInfo.

    `content_type` is an identifier, the arc's own data if None; `time` is what the signers claim;
    `attributes` are more signed attributes, one value each as a whole element. `bare` signs the content
    itself, without attributes, as many Chinese kits do (only for data). `by_key` names signers by the
    identifier of their key. `names_certificate` binds the certificate into what is signed (RFC 5035).
    `stamp` is called with each signature value and returns a time stamp over it. A key that fails raises
    KeyFailureError; a combination that has no meaning ValueError.
    """
    signers = list(keys) if isinstance(keys, Sequence) else [keys]
    if not signers:
        raise ValueError("nobody signs")
    kind = content_type or oids.DATA[arc]
    if bare and (kind not in oids.DATA.values() or attributes or time is not None):
        raise ValueError("without attributes there is only data, and no attributes")
    form = _Form(arc, kind, content, time, attributes or {}, bare, by_key, names_certificate, stamp)
    inner = b"" if detached else w.explicit(0, w.octets(content))
    return w.sequence(
        w.oid(oids.SIGNED_DATA[arc]),
        w.explicit(
            0,
            w.sequence(
                w.integer(_version(kind, by_key, bool(ocsp))),
                w.set_of(*{_digest_algorithm(key) for key in signers}),
                w.sequence(w.oid(kind), inner),
                _certificates(signers, certificates),
                _revocation(crls, ocsp),
                w.set_of(*(_signer(key, form) for key in signers)),
            ),
        ),
    )


def _version(kind: str, by_key: bool, other: bool) -> int:
    """RFC 5652, 5.1."""
    return 5 if other else 3 if by_key or kind not in oids.DATA.values() else 1


def _digest_algorithm(key: SigningKey) -> bytes:
    name = family(key.algorithm).digest
    return w.algorithm(_DIGEST_OIDS[name], w.NULL)


def _signature_algorithm(key: SigningKey, arc: str) -> bytes:
    if key.algorithm == "sm2-sm3":
        return w.algorithm(SM2_SIGNING if arc == oids.SM2_ARC else SM2_WITH_SM3)
    return w.algorithm(_ECDSA_SHA256) if key.algorithm == "ecdsa-sha256" else w.algorithm(RSA_KEY, w.NULL)


def _certificates(keys: Sequence[SigningKey], which: str) -> bytes:
    if which == "none":
        return b""
    found = {one for key in keys for one in (key.certificate, *(key.chain if which == "chain" else ()))}
    return _context(0, found)


def _revocation(crls: Sequence[bytes], ocsp: Sequence[bytes]) -> bytes:
    other = [w.implicit(1, w.sequence(w.oid(oids.OCSP_RESPONSE), one)) for one in ocsp]
    return _context(1, {*crls, *other})


def _context(number: int, parts: set[bytes]) -> bytes:
    return w.implicit(number, w.set_of(*parts)) if parts else b""


def _signer(key: SigningKey, form: _Form) -> bytes:
    certificate = read_certificate(key.certificate)
    identifier = certificate.extensions.subject_key if form.by_key else None
    if form.by_key and identifier is None:
        raise ValueError("this certificate has no identifier of its key")
    sid = w.sequence(certificate.issuer.raw, w.integer(certificate.serial))
    covered = b"" if form.bare else _attributes(key, form)
    value = key.sign(covered or form.content)
    stamps = b""
    if form.stamp is not None:
        stamps = _context(1, {_attribute(oids.SIGNATURE_STAMP, form.stamp(value))})
    return w.sequence(
        w.integer(1 if identifier is None else 3),
        sid if identifier is None else w.implicit(0, w.octets(identifier)),
        _digest_algorithm(key),
        w.implicit(0, covered) if covered else b"",
        _signature_algorithm(key, form.arc),
        w.octets(value),
        stamps,
    )


def _attributes(key: SigningKey, form: _Form) -> bytes:
    name = family(key.algorithm).digest
    rows = {
        oids.CONTENT_TYPE: w.oid(form.content_type),
        oids.MESSAGE_DIGEST: w.octets(content_digest(name, form.content)),
    }
    if form.time is not None:
        rows[oids.SIGNING_TIME] = w.time(form.time)
    if form.names_certificate:
        rows[oids.SIGNING_CERTIFICATE_V2] = _named(key.certificate, name)
    return w.set_of(*(_attribute(kind, value) for kind, value in (rows | dict(form.attributes)).items()))


def _named(certificate: bytes, digest: str) -> bytes:
    """SigningCertificateV2; SHA-256 is the default and, in DER, not written."""
    algorithm = b"" if digest == "sha256" else w.algorithm(_DIGEST_OIDS[digest])
    return w.sequence(w.sequence(w.sequence(algorithm, w.octets(content_digest(digest, certificate)))))


def _attribute(kind: str, value: bytes) -> bytes:
    return w.sequence(w.oid(kind), w.set_of(value))
