"""What the papers issue and an adapter does not speak yet. A variant with an adapter has no rows here."""

from __future__ import annotations

from collections.abc import Mapping

# dialect -> how the variant's expectations and transcripts begin
VARIANTS: Mapping[str, str] = {
    "exch-hmac": "soap-cdata-package",
}
# dialect -> stages and services that came with the variant
STAGES: Mapping[str, frozenset[str]] = {
    "exch-hmac": frozenset(
        {"person.verify", "real-person.verify", "auth.identity", "entity.verify", "qualification.query"}
    ),
}


def spoken(dialect: str, name: str) -> bool:
    """Does the adapter already speak what a row's situation or a transcript's file is about?"""
    return dialect not in VARIANTS or not name.startswith(VARIANTS[dialect])


def carried(dialect: str, stage: str) -> bool:
    """Does the adapter already carry this stage or service?"""
    return stage not in STAGES.get(dialect, frozenset())
