"""Octets that come along with questions to a CA, and how it writes down whose they are."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509

from certs.algorithms.digest import digest
from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from simulators.desk import Refusal


def b64(raw: bytes) -> str:
    """As files stand in answers."""
    return base64.b64encode(raw).decode("ascii")


def opened(text: object, *, needed: bool = True) -> bytes:
    """The octets of a file that came along; raises Refusal where there should be some."""
    try:
        raw = base64.b64decode(str(text or ""), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Refusal("ca.encoding") from error
    if needed and not raw:
        raise Refusal("ca.encoding")
    return raw


def certificate_of(raw: bytes) -> Certificate:
    """A certificate as bytes read; raises Refusal for anything else."""
    try:
        return read_certificate(raw)
    except MalformedError as error:
        raise Refusal("ca.encoding") from error


def issuer_of(certificate: Certificate) -> str:
    """The issuer's name, last part first, as RFC 4514 writes it."""
    return x509.load_der_x509_certificate(certificate.raw).issuer.rfc4514_string()


def digest_of(raw: bytes) -> str:
    return f"sm3:{digest(raw).hex()}"
