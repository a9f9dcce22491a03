"""Signed data written by hand, every part of which can be wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.algorithms.digest import digest
from certs.cms import oids
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate
from tests.certs.cms.worlds import CONTENT

SM3 = w.algorithm("1.2.156.10197.1.401")
SM2 = w.algorithm("1.2.156.10197.1.301.1")


def attribute(kind: str, *values: bytes) -> bytes:
    return w.sequence(w.oid(kind), w.set_of(*values))


CONTENT_TYPE = attribute(oids.CONTENT_TYPE, w.oid(oids.DATA["sm2"]))
MESSAGE_DIGEST = attribute(oids.MESSAGE_DIGEST, w.octets(digest(CONTENT)))
GOOD = (CONTENT_TYPE, MESSAGE_DIGEST)


def signer(
    key: HeldKey,
    rows: Sequence[bytes] | None = GOOD,
    *,
    over: bytes | None = None,
    ordered: bool = True,
    value: Callable[[bytes], bytes] = lambda der: der,
    **parts: Any,
) -> bytes:
    """A SignerInfo. `over` is what the value is really over; `value` changes how it is written."""
    certificate = read_certificate(key.certificate)
    covered = b"" if rows is None else w.set_of(*rows) if ordered else w.element(0x31, *rows)
    message = over if over is not None else covered or CONTENT
    return w.sequence(
        parts.get("version", w.integer(1)),
        parts.get("sid", w.sequence(certificate.issuer.raw, w.integer(certificate.serial))),
        parts.get("digest", SM3),
        w.implicit(0, covered) if covered else b"",
        parts.get("algorithm", SM2),
        w.octets(value(key.sign(message))),
        parts.get("unsigned", b""),
    )


def message(*signers: bytes, certificates: Sequence[bytes] = (), **parts: Any) -> bytes:
    """A ContentInfo around them."""
    arc = parts.get("arc", "sm2")
    inner = parts.get("inner", w.explicit(0, w.octets(CONTENT)))
    return w.sequence(
        w.oid(oids.SIGNED_DATA[arc]),
        w.explicit(0, w.sequence(
            w.integer(1),
            w.set_of(parts.get("announced", SM3)),
            w.sequence(w.oid(parts.get("kind", oids.DATA[arc])), inner),
            w.implicit(0, w.set_of(*certificates)) if certificates else b"",
            parts.get("lists", b""),
            w.set_of(*signers),
        )),
    )  # fmt: skip


def forged(key: HeldKey, rows: Sequence[bytes] | None = GOOD, **parts: Any) -> bytes:
    """One signer, its certificate and chain."""
    around = {
        name: parts.pop(name) for name in ("inner", "kind", "arc", "lists", "announced") if name in parts
    }
    return message(signer(key, rows, **parts), certificates=(key.certificate, *key.chain), **around)


def raw_value(der: bytes) -> bytes:
    """r and s bare, as many tokens give them."""
    return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
