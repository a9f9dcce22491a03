"""扫码登录、身份、云签名与消息: signed JSON under a fetched token; people confirm on their phones.

A ticket that is not yet confirmed is an answer, not an error; the code it brings works once, so an identity
is never asked for a second time; signatures come later, by callback.
"""

from adapters.scan_oauth.dialect import ScanOauth
from hub.ports import Dialect

DIALECT: Dialect = ScanOauth()

__all__ = ["DIALECT"]
