"""Throw-away PKIs for sandboxes and tests, never for production.

`World` is imported when first used: production asks `refuse` only, and loads no sandbox for it.
"""

from typing import TYPE_CHECKING, Any

from certs.testpki.make import Pki, make
from certs.testpki.mark import ProductionError, refuse

if TYPE_CHECKING:
    from certs.testpki.world import World

__all__ = ["Pki", "ProductionError", "World", "make", "refuse"]


def __getattr__(name: str) -> Any:
    if name == "World":
        from certs.testpki.world import World

        return World
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
