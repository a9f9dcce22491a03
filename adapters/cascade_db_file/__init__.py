"""库表登记 + 文件级联: a row says what will come, a file brings it, another row describes the file.

In this order, so that whoever sees the description finds the file; all three are the same in every attempt.
"""

from adapters.cascade_db_file.dialect import CascadeDbFile
from hub.ports import Dialect

DIALECT: Dialect = CascadeDbFile()

__all__ = ["DIALECT"]
