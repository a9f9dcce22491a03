"""库表登记 + 文件级联: a row says what will come, a file brings it, another row describes the file.

In this order, so that whoever sees the description finds the file; all three are the same in every attempt.
"""

from adapters.cascade_db_file.dialect import cascade_db_file
from hub.ports import Dialect

DIALECT: Dialect = cascade_db_file()

__all__ = ["DIALECT", "cascade_db_file"]
