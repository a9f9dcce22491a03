"""Identifiers the hub gives: hubId (UUIDv7) and the key of an effect at a receiver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from certs.algorithms.digest import digest

# The two bits of the variant before two random ones.
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def make_hub_id(clock: Callable[[], datetime], randbytes: Callable[[int], bytes]) -> str:
    """RFC 9562 UUIDv7: milliseconds first, so that ids sort by time and index well."""
    millis, rest = f"{int(clock().timestamp() * 1000) & (2**48 - 1):012x}", randbytes(10).hex()
    return f"{millis[:8]}-{millis[8:]}-7{rest[:3]}-{_VARIANT[rest[3]]}{rest[4:7]}-{rest[7:19]}"


def effect_key(hub_id: str, receiver: str) -> str:
    """The same in every attempt to bring this message to this receiver, and in no other case."""
    return digest(f"{hub_id}|{receiver}".encode("ascii")).hex()[:32]
