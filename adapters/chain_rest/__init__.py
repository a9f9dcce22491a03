"""区块链存证接口: digests go to the chain, and nothing that says whose or how many.

Member certificates are the transport's business; the application names itself in a header. The
chain platform never calls us.
"""

from adapters.chain_rest.dialect import ChainRest
from hub.ports import Dialect

DIALECT: Dialect = ChainRest()

__all__ = ["DIALECT"]
