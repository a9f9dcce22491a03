"""Which build T01 is: a digest over its sources and the variant, so that a report names what it judged."""

from __future__ import annotations

from pathlib import Path

from certs.algorithms.digest import digest


def build_digest(variant: str) -> str:
    """`sm3:` and 64 hex digits; another source or another variant is another build."""
    folder = Path(__file__).parent / "t01"
    parts = [path.name.encode() + b"\0" + path.read_bytes() for path in sorted(folder.glob("*.py"))]
    return "sm3:" + digest(b"\0".join([*parts, variant.encode()])).hex()
