"""What became of a message at one receiver, by the hub's own trace."""

from __future__ import annotations

from hub.client import HubClient


def delivery(reader: HubClient, hub_id: str, receiver: str) -> str:
    """`delivered [...]`, or how far it got: its state and the words of its last two attempts."""
    trace = reader.trace(hub_id) or {"deliveries": []}
    found = [one for one in trace["deliveries"] if one["receiver"] == receiver]
    if not found:
        return f"无({trace.get('state', '')} {trace.get('reason', '')})"
    words = [f"{one.get('outcome')} {one.get('code')}" for one in found[0]["attempts"][-2:]]
    return f"{found[0]['state']} {'; '.join(words)}"


def stored(state: str) -> bool:
    """Has the hub kept the receiver's receipt?"""
    return state.startswith("delivered")
