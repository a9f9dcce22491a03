"""一次一令牌、SM4 加密文件报送接口: a token for each call, the tender document as an enciphered file call.

Two of its codes have several meanings, told apart by the field they point at.
"""

from adapters.token_sm4.dialect import TokenSm4
from hub.ports import Dialect

DIALECT: Dialect = TokenSm4()

__all__ = ["DIALECT"]
