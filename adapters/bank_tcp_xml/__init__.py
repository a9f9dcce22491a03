"""保证金代收代退合作银行: one gb2312 XML document each way on a TCP connection of its own.

No length, no status: a document ends with `</root>` or with the stream. The serial number is kept for good
over there, so repeating is safe; what came in for whom is nobody's business before the opening.
"""

from adapters.bank_tcp_xml.dialect import BankTcpXml
from hub.ports import Dialect

DIALECT: Dialect = BankTcpXml()

__all__ = ["DIALECT"]
