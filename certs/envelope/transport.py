"""How a content key travels to one recipient (RFC 5652, 6.2.1), there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from certs.algorithms import identifiers as ids
from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.algorithms.sm2_ciphertext import ASN1
from certs.envelope import oids
from certs.envelope.recipient import Recipient
from certs.keys.port import OAEP_SHA256, PKCS1, SM2, DecryptionKey, KeyFailureError
from certs.model import write as w
from certs.model.certificate import Certificate
from certs.model.der import MalformedError, Reader

_OAEP_SHA256 = w.sequence(
    w.explicit(0, w.algorithm(oids.SHA256, w.NULL)),
    w.explicit(1, w.algorithm(oids.MGF1, w.algorithm(oids.SHA256, w.NULL))),
)
_OAEP_BARE = w.sequence(
    w.explicit(0, w.algorithm(oids.SHA256)),
    w.explicit(1, w.algorithm(oids.MGF1, w.algorithm(oids.SHA256))),
)


@dataclass(frozen=True, slots=True)
class Style:
    """What a receiver's kit wants: how it is named, the form of an SM2 ciphertext, the padding of RSA.

    Old kits of CFCA (SADK before 3.2) want `by_key` and the form "c1c2c3-no04"; GmSSL wants SM2 named 301.2,
    which is key exchange everywhere else. `sm2_by` is whose chance is used for SM2, the usual one if None;
    another one only where a sandbox has to give the same octets each time.
    """

    by_key: bool = False
    sm2_form: str = ASN1
    sm2_name: str = oids.SM2_ENCRYPTION
    rsa: Literal["rsa-oaep-sha256", "rsa-pkcs1v15"] = "rsa-oaep-sha256"
    sm2_by: sm2_encryption.Backend | None = None


def scheme(recipient: Recipient, certificate: Certificate) -> tuple[str | None, tuple[str, ...]]:
    """By which scheme of `certs.keys.port` the key travels, None if by none of them; and what was forgiven.

    An SM2 key decrypts in one way only, whatever name a kit gives it (GmSSL says 301.2, key exchange).
    """
    family = _family(certificate)
    if family == ids.SM2:
        other = recipient.algorithm.oid != oids.SM2_ENCRYPTION
        return SM2, ("key-transport-named-otherwise",) if other else ()
    if family == ids.RSA and recipient.algorithm.oid == oids.RSA_PKCS1:
        return PKCS1, ()
    if family == ids.RSA and recipient.algorithm.oid == oids.RSA_OAEP:
        return (OAEP_SHA256 if recipient.algorithm.parameters in (_OAEP_SHA256, _OAEP_BARE) else None), ()
    return None, ()


def _family(certificate: Certificate) -> str | None:
    try:
        return load(certificate.key).family
    except (KeyUnusableError, MalformedError):
        return None


def can_receive(certificate: Certificate) -> bool:
    """Is there a way to send a key to this certificate?"""
    return _family(certificate) in (ids.SM2, ids.RSA)


def transport(secret: bytes, certificate: Certificate, style: Style) -> bytes:
    """A KeyTransRecipientInfo. Raises ValueError where `can_receive` says no."""
    found = load(certificate.key)
    if found.family == ids.SM2:
        algorithm = w.algorithm(style.sm2_name)
        encrypted = sm2_encryption.encrypt(found.key, secret, style.sm2_form, by=style.sm2_by)
    elif found.family == ids.RSA:
        algorithm = (
            w.algorithm(oids.RSA_PKCS1, w.NULL)
            if style.rsa == PKCS1
            else w.algorithm(oids.RSA_OAEP, _OAEP_SHA256)
        )
        encrypted = rsa_encryption.encrypt(found.key, secret, style.rsa)
    else:
        raise KeyUnusableError("no way to send a key to this certificate")
    identifier = certificate.extensions.subject_key if style.by_key else None
    if style.by_key and identifier is None:
        raise KeyUnusableError("this certificate has no identifier of its key")
    named = w.sequence(certificate.issuer.raw, w.integer(certificate.serial))
    return w.sequence(
        w.integer(0 if identifier is None else 2),
        named if identifier is None else w.implicit(0, w.octets(identifier)),
        algorithm,
        w.octets(encrypted),
    )


def version(written: bytes) -> int:
    """Of a KeyTransRecipientInfo: 2 where it names a key."""
    reader = Reader(written)
    return reader.natural(reader.inside(reader.whole())[0])


def transported(recipient: Recipient, by: str, key: DecryptionKey, size: int, instead: bytes) -> bytes:
    """The secret that travelled; `instead` (as long) if it cannot be had.

    So nobody sees which step failed: whether a key opens is only ever told by the content (RFC 3218, 2.3.2).
    """
    try:
        found = key.decrypt(recipient.encrypted_key, by)
    except KeyFailureError:
        return instead
    return found if len(found) == size else instead
