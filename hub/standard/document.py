"""The standard as plain JSON documents, for the command line and for whoever serves it over HTTP."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hub.standard.book import Book
from hub.standard.model import Stage


def stats(standard: Book) -> dict[str, Any]:
    """`{version, stages, fields, code_lists, services, by_source}` of contracts.md."""
    sources = Counter(field.source for stage in standard.stages for field in stage.fields)
    return {
        "version": standard.version,
        "stages": len(standard.stages),
        "fields": sum(sources.values()),
        "code_lists": len(standard.code_lists),
        "services": len(standard.services),
        "by_source": dict(sorted(sources.items())),
    }


def stage_document(stage: Stage) -> dict[str, Any]:
    """A whole stage with its fields and policies."""
    rows = []
    for field in stage.fields:
        row = {name: getattr(field, name) for name in field.__slots__ if name != "policy"}
        row["policy"] = {name: getattr(field.policy, name) for name in field.policy.__slots__}
        rows.append(row)
    others = ("by_name", "policy", "fields")
    plain = {name: getattr(stage, name) for name in stage.__slots__ if name not in others}
    policy = {name: getattr(stage.policy, name) for name in stage.policy.__slots__}
    return {**plain, "policy": policy | {"classes": sorted(stage.policy.classes)}, "fields": rows}
