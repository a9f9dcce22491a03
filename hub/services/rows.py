"""Does a provider's reply hold what the standard's reply rows ask for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.message import Finding
from hub.standard import Service, ServiceField

NOTHING = frozenset({False, "false", "0"})


def check_reply(service: Service, fields: Mapping[str, Any]) -> list[Finding]:
    """Missing rows and values outside a closed list. A reply that says `found: false` need say no more."""
    if fields.get("found") in NOTHING:
        return []
    return [finding for row in service.reply for finding in _row(service, row, fields)]


def _row(service: Service, row: ServiceField, fields: Mapping[str, Any]) -> list[Finding]:
    at = f"/reply/{row.name}"
    if fields.get(row.name) in (None, ""):
        if not row.required:
            return []
        return [Finding("field.required", at, row.zh, "", "提供方应补上该字段", service.name)]
    if row.enum and str(fields[row.name]) not in row.enum:
        return [Finding("code.unknown", at, " | ".join(row.enum), "", "提供方应改用所列取值", service.name)]
    return []
