"""The canonical bytes that every signature covers.

Members sorted, no white space, UTF-8: RFC 8785 on the subset the envelope allows (I-JSON without
floats, integers within 2^53, ASCII member names), so that any RFC 8785 library gives the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from certs.algorithms.digest import digest

# Retries of one message may carry a fresh time and nonce, and so a fresh signature: they are the
# circumstances of sending, not what is sent, and stay out of the digest that makes it "the same".
CIRCUMSTANCE = frozenset({"time", "nonce", "sign"})


def canonical(value: Any) -> bytes:
    """Canonical JSON of a value that `parse` has let through."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def unsigned(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope without `head.sign.value`."""
    head = dict(envelope["head"])
    if isinstance(head.get("sign"), dict):
        head["sign"] = {name: value for name, value in head["sign"].items() if name != "value"}
    return {**envelope, "head": head}


def signing_bytes(envelope: dict[str, Any]) -> bytes:
    """What a signature covers: the canonical envelope without `head.sign.value`."""
    return canonical(unsigned(envelope))


def content_digest(envelope: dict[str, Any]) -> bytes:
    """SM3 of what was sent, whatever the circumstances of sending: tells a retry from another message."""
    head = {name: value for name, value in envelope["head"].items() if name not in CIRCUMSTANCE}
    return digest(canonical({**envelope, "head": head}))


def record_digest(body: dict[str, Any]) -> bytes:
    """SM3 of a record whichever message carried it (`body` of the envelope)."""
    return digest(canonical(body))
