"""统一接口(原生): the unified message passes through, in an envelope of the hub's own.

A receiver may be allowed to know less than was sent, so the sender's signature cannot travel on; the
hub signs what it delivers, and the original is proved by the evidence log.
"""

from adapters.hub_unified.dialect import HubUnified
from hub.ports import Dialect

DIALECT: Dialect = HubUnified()

__all__ = ["DIALECT"]
