"""市县平台 JSON 接口:one static token in the body, flat parameters, HTTP 200 for everything.

What looks like an error may be success (a push that came twice is answered E004), and no content
type can be believed; so only the body is read.
"""

from adapters.static_token_rest.dialect import StaticTokenRest
from hub.ports import Dialect

DIALECT: Dialect = StaticTokenRest()

__all__ = ["DIALECT"]
