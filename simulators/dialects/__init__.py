"""The foreign sides by dialect name; a system whose dialect is not here is listed, not started."""

from __future__ import annotations

from collections.abc import Callable

from simulators.desk import Desk, ForeignSide
from simulators.dialects.asmx_parasxml import AsmxParasXml
from simulators.dialects.bank_tcp_xml import BankTcpXml
from simulators.dialects.cascade_db_file import CascadeDbFile
from simulators.dialects.chain_rest import ChainRest
from simulators.dialects.exch_package import exch_hmac
from simulators.dialects.front_db import FrontDb
from simulators.dialects.gateway_gm import GatewayGm
from simulators.dialects.hmac_open import HmacOpen
from simulators.dialects.http_xml import HttpXml
from simulators.dialects.hub_unified import HubUnified
from simulators.dialects.legacy_shells import legacy_http
from simulators.dialects.rpc_execute import RpcExecute
from simulators.dialects.scan_oauth import ScanOauth
from simulators.dialects.sm2_aes import static_token_rest
from simulators.dialects.sm2_envelope import Sm2Envelope
from simulators.dialects.soap11_wsse import Soap11Wsse
from simulators.dialects.soap12_x509 import Soap12X509
from simulators.dialects.token_sm4 import TokenSm4
from simulators.dialects.xml_drop import XmlDrop

SIDES: dict[str, Callable[[Desk], ForeignSide]] = {
    "asmx-parasxml": AsmxParasXml,
    "bank-tcp-xml": BankTcpXml,
    "cascade-db-file": CascadeDbFile,
    "chain-rest": ChainRest,
    "exch-hmac": exch_hmac,
    "front-db": FrontDb,
    "gateway-gm": GatewayGm,
    "hmac-open": HmacOpen,
    "http-xml": HttpXml,
    "hub-unified-v1": HubUnified,
    "legacy-http": legacy_http,
    "rpc-execute": RpcExecute,
    "scan-oauth": ScanOauth,
    "sm2-envelope": Sm2Envelope,
    "soap11-wsse": Soap11Wsse,
    "soap12-x509": Soap12X509,
    "static-token-rest": static_token_rest,
    "token-sm4": TokenSm4,
    "xml-drop": XmlDrop,
}

# variants whose papers are issued and whose imitation is not written yet
UNSPOKEN = frozenset[tuple[str, str]]()
