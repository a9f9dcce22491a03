"""Signature values and ciphertexts as a gateway's kit writes them (rules 5): turned round, never judged."""

from __future__ import annotations

from certs.algorithms.sm2_ciphertext import candidates
from certs.model import write as w
from certs.model.der import MalformedError, Reader
from hub.catalogue.gateways import Profile

DER, RAW = "der", "raw"
_HALF = 32


def theirs(profile: Profile, signature: bytes, *, rsa: bool) -> bytes:
    """A signature value in the form this gateway takes; what is neither form goes as it is, and is refused
    over there with its own reason."""
    if rsa:
        return signature
    halves = _halves(signature)
    if halves is None:
        return signature
    return b"".join(halves) if profile.kit["signature"] == RAW else _der(halves)


def ours(signature: bytes, *, rsa: bool) -> bytes:
    """A signature value as the hub has them: DER."""
    halves = None if rsa else _halves(signature)
    return signature if halves is None else _der(halves)


def _halves(value: bytes) -> tuple[bytes, bytes] | None:
    """r and s of either form; None of what is neither."""
    try:
        reader = Reader(value)
        parts = reader.inside(reader.whole())
        numbers = [reader.integer(part) for part in parts]
        if len(numbers) == 2 and all(0 < one < 1 << 256 for one in numbers):
            return numbers[0].to_bytes(_HALF, "big"), numbers[1].to_bytes(_HALF, "big")
    except MalformedError:
        pass
    return (value[:_HALF], value[_HALF:]) if len(value) == 2 * _HALF else None


def _der(halves: tuple[bytes, bytes]) -> bytes:
    return w.sequence(*(w.integer(int.from_bytes(half, "big")) for half in halves))


def ciphertext(value: bytes, there: str, here: str) -> bytes:
    """An SM2 ciphertext that is in the one form, in the other; what is not goes as it is. Which of the bare
    forms it is cannot be seen, so it must be said."""
    for form, found in candidates(value):
        if form == there:
            return found.written(here)
    return value
