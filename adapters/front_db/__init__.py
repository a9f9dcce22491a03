"""前置机接口表: interface tables on a front-end machine; whoever takes a row writes its flag back.

The other side is only ever met in the tables. What its database cannot keep is not written at all: no
question mark ever stands for a name.
"""

from adapters.front_db.dialect import front_db
from hub.ports import Dialect

DIALECT: Dialect = front_db()

__all__ = ["DIALECT", "front_db"]
