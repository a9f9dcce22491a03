"""Receipts, findings and problems as schemas: what is said about messages rather than in them."""

from __future__ import annotations

from hub.message import shape
from hub.standard.bindings.json_values import Schema

TEXT: Schema = {"type": "string"}


def answers(prefix: str) -> dict[str, Schema]:
    """Receipts, findings, problems: what is said about messages rather than in them."""
    finding = dict.fromkeys(("code", "at", "expected", "observed", "advice", "clause"), TEXT)
    finding_ref = {"$ref": f"{prefix}Finding"}
    return {
        "Finding": {
            "title": "问题",
            "description": "One thing that is wrong, where, and what to do.",
            "type": "object",
            "properties": {**finding, "severity": {"enum": ["error", "warning"]}},
            "required": ["code", "at", "severity"],
        },
        "Receipt": _receipt(),
        "Accepted": {
            "title": "受理",
            "description": "The message is checked and durable.",
            "type": "object",
            "properties": {
                "code": {"const": "0000"},
                "hubId": TEXT,
                "receipt": {"$ref": f"{prefix}Receipt"},
                "findings": {"type": "array", "items": finding_ref},
            },
            "required": ["code", "hubId", "receipt"],
        },
        "Problem": {
            "title": "拒绝",
            "description": "RFC 9457 with a stable code and all findings.",
            "type": "object",
            "properties": {
                "type": TEXT,
                "title": TEXT,
                "status": {"type": "integer"},
                "detail": TEXT,
                "code": TEXT,
                "findings": {"type": "array", "items": finding_ref},
            },
            "required": ["type", "title", "status", "code", "findings"],
        },
    }


def _receipt() -> Schema:
    return {
        "title": "回执",
        "description": "What the sender was told first, word for word the same each time.",
        "type": "object",
        "properties": {
            "hubId": {"title": "枢纽编号", **TEXT},
            "receiptState": {"title": "回执状态", **TEXT},
            "receivedTime": {"title": "接收时间", "type": "string", "pattern": f"^(?:{shape.DATETIME})$"},
            "from": TEXT,
            "msgId": TEXT,
            "digest": {"title": "内容摘要", "type": "string", "pattern": "^sm3:[0-9a-f]{64}$"},
            "reason": TEXT,
            "sign": {
                "type": "object",
                "properties": dict.fromkeys(("alg", "keyId", "value"), TEXT),
                "required": ["alg", "keyId", "value"],
            },
        },
        "required": ["hubId", "receiptState", "receivedTime", "from", "msgId", "digest"],
    }
