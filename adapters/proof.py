"""Comparing what a caller claims with what we know, in constant time and whatever bytes it sent."""

from __future__ import annotations

from hmac import compare_digest


def octets(text: str) -> bytes:
    """UTF-8; what a header smuggled in as half a character becomes something that never matches."""
    return text.encode("utf-8", "backslashreplace")


def same(claimed: str, known: str) -> bool:
    """Is it the secret? An unknown (empty) secret is never matched."""
    return bool(known) and compare_digest(octets(claimed), octets(known))
