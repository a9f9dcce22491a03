"""Until when which algorithm could be believed: a table the verifier hands in, since nobody can know it now.

What is refused at any time (MD5, SHA-1, short keys) stands in `certs.algorithms.verification.Strength`; this
is about the past: a stamp over SHA-256 renewed before SHA-256 fell keeps its word, one renewed later does
not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from certs.algorithms.identifiers import SCHEMES
from certs.algorithms.public_keys import KeyUnusableError, load
from certs.cms.schemes import digest_name
from certs.cms.signed import SignedData
from certs.model.certificate import PublicKey, read_certificate


@dataclass(frozen=True, slots=True)
class Ageing:
    """`ends` by the name of a digest ("sha256") or of a kind of key and its size ("rsa-2048", "sm2-256"):
    from then on it proves nothing. A size stands for all smaller keys of the kind too."""

    ends: Mapping[str, datetime] = field(default_factory=dict)

    def weak(self, names: Iterable[str], at: datetime) -> str | None:
        """The first of these that had ended by `at`, or None."""
        for name in names:
            for end, moment in self.ends.items():
                if moment <= at and _within(name, end):
                    return f"{name} (until {moment:%Y-%m-%d})"
        return None


EVERLASTING = Ageing()


def _within(name: str, end: str) -> bool:
    kind, _, size = name.rpartition("-")
    limit, _, most = end.rpartition("-")
    if name == end or not (size.isdigit() and most.isdigit()):
        return name == end
    return kind == limit and int(size) <= int(most) and kind in ("rsa", "pss", "dsa", "ec", "sm2")


def of_key(key: PublicKey) -> str:
    try:
        usable = load(key)
    except KeyUnusableError:
        return key.algorithm.oid
    return f"{usable.family}-{usable.bits}"


def of_signed(signed: SignedData) -> tuple[str, ...]:
    """The digests that the signers of a message used."""
    return tuple(digest_name(signer.digest) or signer.digest.oid for signer in signed.signers)


def of_chain(chain: Iterable[bytes]) -> tuple[str, ...]:
    """Keys of all certificates, digests of all but the anchor's own signature."""
    out: list[str] = []
    for number, raw in enumerate(chain):
        certificate = read_certificate(raw)
        scheme = SCHEMES.get(certificate.algorithm.oid)
        if number and scheme is not None and scheme.digest is not None:
            out.append(scheme.digest)
        out.append(of_key(certificate.key))
    return tuple(dict.fromkeys(out))
