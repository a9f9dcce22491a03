"""通用方法 execute / DataByXML: a function name and one enciphered string, as each site has agreed it.

DES and GBK are the sites' own and protect nothing; what protects is the line they are on. Whoever has the key
is the caller: there is no other proof and no clock, so the row key is what makes a repetition harmless.
"""

from adapters.rpc_execute.dialect import RpcExecute
from hub.ports import Dialect

DIALECT: Dialect = RpcExecute()

__all__ = ["DIALECT"]
