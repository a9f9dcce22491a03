"""签名验签服务器 (SOF, GB/T 43694): what a CA's gateway is asked and answers, one profile for each CA.

Nothing here goes anywhere: an exchange is a generator of requests that is sent the replies, and ends with a
word. What differs between gateways is data of the papers (`hub/catalogue/data/gateways/sof`).
"""

from adapters.sof.gateway import Sof
from hub.ports import Gateway

GATEWAY: Gateway = Sof()

__all__ = ["GATEWAY"]
