"""开放接口(变体 x-client、x-ca): one body under two kinds of signature.

x-client signs three headers and not the body, x-ca method, body and path; nothing else differs but who
may say what.
"""

from adapters.hmac_open.dialect import HmacOpen
from hub.ports import Dialect

DIALECT: Dialect = HmacOpen()

__all__ = ["DIALECT"]
