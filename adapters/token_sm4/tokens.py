"""The tokens the hub hands out: time, nonce and a MAC over both, so that no node needs a table of them.

That one is good for a single call is kept elsewhere: the whole token is the nonce of the call it proves.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from adapters.proof import octets, same

LIFE = 300
_SHAPE = re.compile(r"[0-9a-f]{72}")
_NONCE = re.compile(r"[0-9a-f]{32}")
_SIGNED = 40


def issued(api_key: str, system: str, now: datetime, nonce: str) -> str:
    """A token of this moment. A nonce of another shape is made one of 32 hex digits."""
    if _NONCE.fullmatch(nonce) is None:
        nonce = hashlib.sha256(octets(nonce)).hexdigest()[:32]
    head = f"{int(now.timestamp()):08x}{nonce}"
    return head + _mac(api_key, system, head)


def fault(token: str, api_key: str, system: str, now: datetime) -> str:
    """ "10050" for what is none of ours, "10052" for what is too old, "" for what is good."""
    head = token[:_SIGNED]
    if _SHAPE.fullmatch(token) is None or not same(token[_SIGNED:], _mac(api_key, system, head)):
        return "10050"
    return "10052" if int(now.timestamp()) - int(head[:8], 16) > LIFE else ""


def _mac(api_key: str, system: str, head: str) -> str:
    return hmac.new(octets(api_key), octets(f"{system}|{head}"), hashlib.sha256).hexdigest()[:32]
