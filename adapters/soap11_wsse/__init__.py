"""部门 SOAP 1.1 接口: typed document/literal bodies under a WS-Security user name token.

Every attempt has a fresh nonce and time but the same businessId; a second push is answered `2` with
the first receipt. Addresses inside a WSDL are never used.
"""

from adapters.soap11_wsse.dialect import Soap11Wsse
from hub.ports import Dialect

DIALECT: Dialect = Soap11Wsse()

__all__ = ["DIALECT"]
