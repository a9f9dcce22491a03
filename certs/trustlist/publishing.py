"""Making a trust list: building its JSON, signing it, and saying what changed since the last one."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from certs.keys.port import SigningKey
from certs.trustlist.canonical import canonical, parse
from certs.trustlist.examining import Examined, examine


def publish(content: Mapping[str, Any], key: SigningKey, *, at: datetime) -> tuple[bytes, Examined]:
    """The signed file, and what reading it back at this moment gives: nothing that would be refused should
    go out.

    `content` is the member `list`. Raises KeyFailureError only.
    """
    signed = canonical(content)
    whole = {
        "list": content,
        "signature": {
            "algorithm": key.algorithm,
            "certificate": base64.b64encode(key.certificate).decode(),
            "value": base64.b64encode(key.sign(signed)).decode(),
        },
    }
    data = (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    return data, examine(data, signers=(key.certificate,), at=at)


def listed(certificate: bytes) -> dict[str, str]:
    """A certificate as a list names it: digest and DER."""
    return {"hash": f"sm3:{digest(certificate).hex()}", "der": base64.b64encode(certificate).decode()}


def content_of(data: bytes) -> Any:
    """The member `list` of a signed file; raises MalformedError. Says nothing about its signature."""
    value = parse(data)
    return value.get("list") if isinstance(value, dict) else None
