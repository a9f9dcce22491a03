"""土地矿业权与 CA 的 SOAP 1.2 接口: WS-Addressing, and WS-Security with a certificate in both directions.

Body and Timestamp are signed and nothing else counts as signed. Good answers are checked like calls; a fault
is not signed and is believed only as far as it says no.
"""

from adapters.soap12_x509.dialect import Soap12X509
from hub.ports import Dialect

DIALECT: Dialect = Soap12X509()

__all__ = ["DIALECT"]
