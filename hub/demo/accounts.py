"""A sub-account at the bank for each section, before its notice tells the bank when the bids are opened.

The provincial entry hall asks for it, as it does for any tender: trading systems need not know the bank.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.client import HubClient
from hub.demo.asking import Asking, put, section_of
from hub.message import CST, Finding, Key, wall

BANK, ASKER, SERVICE = "F03", "P01", "deposit.account"
DEPOSIT = "50000.00"


def open_account(client: HubClient, key: Key, section: Mapping[str, Any]) -> Finding | None:
    """Ask for the account of one section (a record of eng-section); what was wrong, if anything was."""
    number = f"DA-{secrets.token_hex(6)}"
    fields = {
        "requestNo": number,
        "section": section_of(section),
        "accountMode": "per-section",
        "amount": {"amount": DEPOSIT, "unit": "0"},
        "openTime": wall(datetime.now(CST) + timedelta(days=20)),
    }
    sent = put(client, key, Asking(SERVICE, BANK, fields, number))
    if sent.status == 200:
        return None
    return Finding("flow.account", f"{BANK}/{SERVICE}", "开出子账户", f"{sent.status} {sent.code}")
