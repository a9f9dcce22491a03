"""部门 XML 报文接口: one address, a function code in the head, GBK, GB18030 or UTF-8 as each system has it.

What a charset cannot write is never written otherwise. Answers are mended as far as the papers allow,
requests never.
"""

from adapters.http_xml.dialect import HttpXml
from hub.ports import Dialect

DIALECT: Dialect = HttpXml()

__all__ = ["DIALECT"]
