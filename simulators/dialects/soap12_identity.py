"""Who signs at a system of soap12-x509: the hub as registered, itself, and somebody else for a fault."""

from __future__ import annotations

from collections.abc import Iterable

from certs.algorithms.sm2_keys import read_private
from simulators.desk import Desk
from simulators.dialects.soap12_security import Identity, der
from simulators.systems.certificates import message_pair


def identities(desk: Desk, algorithms: Iterable[str]) -> tuple[dict[str, Identity], dict[str, Identity]]:
    """The hub's registered certificates and our own, by algorithm; further pairs are in `Desk.own`."""
    theirs: dict[str, Identity] = {}
    ours: dict[str, Identity] = {}
    for name in algorithms:
        tail = "" if desk.credentials["algorithm"] == name else f".{name}"
        held = {**desk.credentials, **desk.own}
        if f"peer_private_key{tail}" not in held:
            continue
        theirs[name] = Identity(name, der(held[f"certificate{tail}"]))
        ours[name] = Identity(
            name, der(held[f"peer_certificate{tail}"]), private(name, held[f"peer_private_key{tail}"])
        )
    return theirs, ours


def private(algorithm: str, text: str) -> bytes:
    """The key as the family signs with it: PKCS#8, or the 32 bytes of d."""
    return read_private(text.encode("ascii")) if algorithm == "sm2-sm3" else der(text)


def stranger(algorithm: str) -> Identity:
    """Somebody else, for the fault wrong-cert."""
    pair = message_pair("stranger", algorithm, 0)
    return Identity(algorithm, der(pair.certificate), private(algorithm, pair.private))
