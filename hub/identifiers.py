"""Identifiers the hub gives: hubId (UUIDv7) and the key of an effect at a receiver."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from certs.algorithms.digest import digest


def make_hub_id(clock: Callable[[], datetime], randbytes: Callable[[int], bytes]) -> str:
    """RFC 9562 UUIDv7: milliseconds first, so that ids sort by time and index well."""
    millis = int(clock().timestamp() * 1000) & (2**48 - 1)
    rest = int.from_bytes(randbytes(10), "big")
    value = millis << 80 | 0x7 << 76 | (rest >> 68 & 0xFFF) << 64 | 0x2 << 62 | rest & (2**62 - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def effect_key(hub_id: str, receiver: str) -> str:
    """The same in every attempt to bring this message to this receiver, and in no other case."""
    return digest(f"{hub_id}|{receiver}".encode("ascii")).hex()[:32]
