"""Making seals and sealing with them, for simulators and test worlds.

Every field can be wrong on purpose; nothing here decides what is valid. A real seal is made by a seal
authority, never by this code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from certs.algorithms.digest import digest
from certs.keys.port import SigningKey
from certs.model import write as w
from certs.seal.read import read_seal
from certs.seal.structure import CERTIFICATES, DIGESTS, Picture

ALGORITHMS = {
    "sm2-sm3": "1.2.156.10197.1.501",
    "rsa-sha256": "1.2.840.113549.1.1.11",
    "ecdsa-sha256": "1.2.840.10045.4.3.2",
}

# A token over the value, or whoever makes one out of it.
Stamp = bytes | Callable[[bytes], bytes] | None


def listed(version: int, certificates: Sequence[bytes], kind: int = CERTIFICATES) -> bytes:
    """The list of signers, from version 4 on preceded by its type: two elements in a row."""
    if version < 4:
        return w.sequence(*map(w.octets, certificates))
    rows = (
        [w.sequence(w.printable("SM3"), w.octets(digest(one, "sm3"))) for one in certificates]
        if kind == DIGESTS
        else [w.octets(one) for one in certificates]
    )
    return w.integer(kind) + w.sequence(*rows)


def make_seal(
    version: int,
    maker: SigningKey,
    signers: Sequence[bytes],
    picture: Picture,
    *,
    made: datetime,
    begin: datetime,
    end: datetime,
    number: str = "62010000000001",
    name: str = "甘肃测试单位公章(沙箱)",
    vendor: str = "HUTONG",
    kind: int = 1,
    list_kind: int = CERTIFICATES,
    signer_list: bytes | None = None,
    extensions: Sequence[tuple[str, bool, bytes]] = (),
    stamp: Stamp = None,
    value: bytes | None = None,
    structure: int | None = None,
) -> bytes:
    """An SESeal. `structure` is the generation whose form is used, if another than `version` says."""
    structure = structure or version
    time = w.utc_time if structure < 4 else w.generalized_time
    info = w.sequence(
        w.sequence(w.ia5("ES"), w.integer(version), w.ia5(vendor)),
        w.ia5(number),
        w.sequence(
            w.integer(kind), w.utf8(name),
            listed(structure, signers, list_kind) if signer_list is None else signer_list,
            time(made), time(begin), time(end),
        ),
        w.sequence(
            w.ia5(picture.kind), w.octets(picture.data),
            w.integer(picture.width), w.integer(picture.height),
        ),
        _extensions(extensions),
    )  # fmt: skip
    with_maker = w.octets(maker.certificate) + w.oid(ALGORITHMS[maker.algorithm])
    if structure < 4:
        value = maker.sign(w.sequence(info, with_maker)) if value is None else value
        return w.sequence(info, w.sequence(with_maker, w.bits(value)))
    value = maker.sign(info) if value is None else value
    return w.sequence(info, with_maker, w.bits(value), _stamp(stamp, value))


def sign_with_seal(
    seal: bytes,
    key: SigningKey,
    document_digest: bytes,
    time: datetime,
    *,
    version: int | None = None,
    about: str = "/",
    extensions: Sequence[tuple[str, bool, bytes]] = (),
    stamp: Stamp = None,
    value: bytes | None = None,
    certificate: bytes | None = None,
    claimed: bytes | None = None,
) -> bytes:
    """An SES_Signature in the form of the seal. `stamp` is a token over the value, or is called with it and
    gives one. `claimed` is the whole element of the time, if another than `time` says."""
    read = read_seal(seal)
    first = read.generation < 4
    version = read.version if version is None else version
    signer = key.certificate if certificate is None else certificate
    with_signer = w.octets(signer) + w.oid(ALGORITHMS[key.algorithm])
    signed = w.sequence(
        w.integer(version),
        seal,
        claimed or (w.bits(w.utc_time(time)) if first else w.generalized_time(time)),
        w.bits(document_digest),
        w.ia5(about),
        with_signer if first else _extensions(extensions, tagged=True),
    )
    value = key.sign(signed) if value is None else value
    return w.sequence(signed, b"" if first else with_signer, w.bits(value), _stamp(stamp, value))


def _stamp(stamp: Stamp, value: bytes) -> bytes:
    if stamp is None:
        return b""
    return w.explicit(0, w.bits(stamp(value) if callable(stamp) else stamp))


def _extensions(rows: Sequence[tuple[str, bool, bytes]], *, tagged: bool = False) -> bytes:
    if not rows:
        return b""
    inner = w.sequence(
        *(
            w.sequence(w.oid(oid), w.boolean(True) if critical else b"", w.octets(content))
            for oid, critical, content in rows
        )
    )
    return w.explicit(0, inner) if tagged else inner
