"""The foreign sides by dialect name; a system whose dialect is not here is listed, not started."""

from __future__ import annotations

from collections.abc import Callable

from simulators.desk import Desk, ForeignSide
from simulators.dialects.static_token_rest import StaticTokenRest

SIDES: dict[str, Callable[[Desk], ForeignSide]] = {
    "static-token-rest": StaticTokenRest,
}
