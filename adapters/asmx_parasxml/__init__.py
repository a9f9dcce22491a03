"""老平台 .asmx 接口: every method takes a vendor token and an XML document as text.

The inner document declares gb2312 and is UTF-8, comes with BOMs, escaped twice or with raw
ampersands; an answer is mended as far as the papers allow, a request never.
"""

from adapters.asmx_parasxml.dialect import AsmxParasXml
from hub.ports import Dialect

DIALECT: Dialect = AsmxParasXml()

__all__ = ["DIALECT"]
