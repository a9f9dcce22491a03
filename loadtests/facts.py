"""Loss, doubling and alteration: what was acknowledged against what the hub knows afterwards."""

from __future__ import annotations

from loadtests.ledger import Asked, Ledger


def facts(ledger: Ledger, acked: set[int]) -> dict[str, int]:
    """Loss and doubling, message by message (one message may have been sent more than once)."""
    ids: dict[str, set[str]] = {}
    for n in acked:
        ids.setdefault(ledger.plan[n].msg_id, set()).add(ledger.results[n].hub_id)
    told: dict[str, Asked] = {ledger.plan[n].msg_id: row for n, row in ledger.asked.items()}
    for msg_id, row in told.items():
        if row.known and msg_id in ids:
            ids[msg_id].update(row.hub_ids)
    puts = {row.msg_id for row in ledger.plan.values() if row.op == "put"}
    return {
        "lost": sum(msg_id in told and told[msg_id].known is False for msg_id in ids),
        "doubled": sum(len(found) > 1 for found in ids.values()),
        "altered": sum(
            bool(ledger.results[n].digest) and ledger.results[n].digest != ledger.plan[n].digest
            for n in acked
        ),
        "refused": sum(msg_id in told and told[msg_id].state == "refused" for msg_id in ids),
        "unasked": sum(msg_id not in told or told[msg_id].known is None for msg_id in ids),
        "kept_unacknowledged": sum(
            bool(told[msg_id].known) for msg_id in puts - ids.keys() if msg_id in told
        ),
    }
