"""A refused signature is explained to its sender, in the sandbox: what we computed, and which mistake fits.

Never in production, and only about keys of the member that the message names itself: the facts are the
sender's own text, and that a signature fits a key tells nothing of the key. The search is bounded, runs
beside the loop, and one at a time: whoever comes meanwhile gets the refusal without explanation.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from hub.message import parse
from hub.message.clinic import diagnose
from hub.ports import Answer
from hub.server.context import Context

LARGEST = 65_536
LIMIT = 600
_CODES = frozenset({"auth.signature", "auth.algorithm"})
_PLACE = "/head/sign/value"


async def explained(ctx: Context, raw: bytes, answer: Answer) -> Answer:
    """The same refusal, with `clinic` in it where there is something to say."""
    if ctx.settings.realm != "sandbox" or not _about_a_signature(answer):
        return answer
    if len(raw) > LARGEST or ctx.clinic.locked():
        return answer
    envelope = parse(raw).value
    block = envelope["head"]["sign"] if _signed(envelope) else {}
    key = ctx.keyring.key(str(block.get("keyId", "")))
    if key is None or key.owner != envelope["head"].get("from"):
        return answer
    async with ctx.clinic:
        others = ctx.keyring.all_of(key.owner)
        found = await asyncio.to_thread(diagnose, envelope, raw, key, others=others, limit=LIMIT)
    return replace(answer, data={**answer.data, "clinic": found.public()})


def _about_a_signature(answer: Answer) -> bool:
    """Refused for its signature, or for nothing but the look of its value."""
    if answer.status == 401:
        return answer.code in _CODES
    return answer.status == 422 and {finding.at for finding in answer.findings} == {_PLACE}


def _signed(envelope: Any) -> bool:
    if not isinstance(envelope, dict) or not isinstance(envelope.get("body"), dict):
        return False
    head = envelope.get("head")
    return isinstance(head, dict) and isinstance(head.get("sign"), dict)
