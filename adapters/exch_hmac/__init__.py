"""数据共享交换平台接口: a fetched secret signs sid, rid and time; the body is not covered.

There is no idempotency key: a second push is a second record. So after an attempt of unknown
outcome the receiver is asked first.
"""

from adapters.exch_hmac.dialect import ExchHmac
from hub.ports import Dialect

DIALECT: Dialect = ExchHmac()

__all__ = ["DIALECT"]
