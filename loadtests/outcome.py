"""What counts as a good answer to a call."""

from __future__ import annotations

from loadtests.ledger import Planned, Result

ACCEPTED = frozenset({200, 202})


def acknowledged(planned: Planned, result: Result) -> bool:
    """The hub has taken responsibility: 202, or 200 for what it had already, with an id."""
    return planned.op != "ask" and result.status in ACCEPTED and bool(result.hub_id)


def good(planned: Planned, result: Result, *, about_acknowledged: bool) -> bool:
    """A put is good when acknowledged. A question about a message that was never acknowledged may
    honestly be answered with 404; one about an acknowledged message may not.
    """
    if planned.op != "ask":
        return acknowledged(planned, result)
    return result.status == 200 or (result.status == 404 and not about_acknowledged)
