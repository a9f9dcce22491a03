"""The outer gate: who calls through the gateway, when, and with a nonce of its own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta

from adapters.gateway_gm.papers import JSON
from adapters.proof import octets, same
from hub.ports import Call

WINDOW = timedelta(seconds=300)
_NONCE = re.compile(r"[\x21-\x7e]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,11}")


def headers(call: Call) -> dict[str, str]:
    """The headers of a call; the address we come from is never left out."""
    stamp = str(int(call.now.timestamp()))
    return {
        "Content-Type": JSON,
        "x-tif-paasid": call.credentials["paas_id"],
        "x-tif-timestamp": stamp,
        "x-tif-nonce": call.nonce,
        "x-tif-signature": signature(stamp, call.credentials["paas_token"], call.nonce),
        "X-Forwarded-For": call.credentials["client_ip"],
    }


def signature(stamp: str, token: str, nonce: str) -> str:
    return hashlib.sha256(octets(f"{stamp}{token}{nonce}{stamp}")).hexdigest().upper()


def fault(given: Mapping[str, str], call: Call) -> str:
    """The gateway's code for a caller, in the order of the papers; "" lets it through.

    Where it may come from is the server's list, and whether its nonce was used the hub's memory.
    """
    if not same(given.get("x-tif-paasid", ""), call.credentials.get("paas_id", "")):
        return "40101"
    stamp, nonce = given.get("x-tif-timestamp", ""), given.get("x-tif-nonce", "")
    if _SECONDS.fullmatch(stamp) is None or abs(call.now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return "40103"
    token = call.credentials.get("paas_token", "")
    claimed = given.get("x-tif-signature", "").upper()
    good = _NONCE.fullmatch(nonce) is not None and same(claimed, signature(stamp, token, nonce))
    return "" if token and good else "40102"
