"""Who runs a section, and that its deadline is moved by nobody else.

In engineering it is who registered the tender project. Elsewhere nothing has to be registered before it is
announced: who first spoke of a section in an accepted record runs it, and is written down with that record.
"""

from __future__ import annotations

from hub.index.port import Index
from hub.pipeline.facts import Facts


def owners_word(facts: Facts, index: Index) -> Facts:
    """Without what it says of sections that others run; with those that are its sender's from now on."""
    if not facts.runs and not facts.announces:
        return facts
    if not facts.runs:
        owner = index.parent_owner(facts.parent) if facts.parent is not None else None
        return facts if owner == facts.sender else facts._replace(announces=())
    owners = [index.parent_owner(run) for run in facts.runs]
    free = None if facts.op != "delete" else facts.sender  # what is deleted claims nothing
    own = {scope for scope, owner in zip(facts.scopes, owners, strict=True) if owner in (free, facts.sender)}
    return facts._replace(
        announces=tuple(row for row in facts.announces if row[0] in own),
        claims=tuple(run for run, owner in zip(facts.runs, owners, strict=True) if owner is None),
    )


def strangers(facts: Facts, index: Index) -> bool:
    """Is one of its sections run by somebody else?"""
    return any(index.parent_owner(run) not in (None, facts.sender) for run in facts.runs)
