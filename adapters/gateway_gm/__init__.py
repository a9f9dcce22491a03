"""政务网关签名头 + SM4/SM2 内层报文: a gate in front, inside it a sealed and signed message.

Answers have three levels, of which the innermost decides, and counts only when its signature holds.
"""

from adapters.gateway_gm.dialect import GatewayGm
from hub.ports import Dialect

DIALECT: Dialect = GatewayGm()

__all__ = ["DIALECT"]
