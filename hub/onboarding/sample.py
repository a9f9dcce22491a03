"""A complete application of nobody, to rehearse the way with."""

from __future__ import annotations

from typing import Any

from certs.identity import make_uscc


def sample_application(system: str) -> dict[str, Any]:
    """A complete synthetic application: nobody's code, nobody's phone, for the sandbox only."""
    return {
        "system": system,
        "operator": {
            "name": f"样例交易系统运营有限公司({system})",
            "creditCode": make_uscc("91", "620100", "MA7HTNG0"),
        },
        "contact": {"name": "值班员", "phone": "0931-0000000"},
        "scope": {"sectors": ["engineering"], "regions": ["620000"]},
        "load": {"messagesPerSecond": 50},
        "disclosure": {
            "manual": f"https://{system.lower()}.example/manual",
            "fees": "不收费",
            "service": "0931-0000001",
            "complaints": "0931-0000002",
        },
        "documents": {},
    }
