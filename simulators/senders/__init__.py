"""What foreign systems say to the hub of their own accord, one business message at a time.

A sender is a voice as the trading systems have one (`simulators.trading.voice`): `Saying` in, calls out, what
the answers meant back. It writes from the dialect's papers as the *caller*, with the secrets of its desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.standard import Standard
from simulators.desk import Desk
from simulators.senders import laid_voice
from simulators.senders.bank_voice import BankVoice
from simulators.senders.envelope_voice import EnvelopeVoice
from simulators.senders.gateway_voice import GatewayVoice
from simulators.senders.hmac_voice import HmacVoice
from simulators.senders.rest_voice import RestVoice
from simulators.senders.rpc_voice import RpcVoice
from simulators.senders.scan_voice import ScanVoice
from simulators.senders.soap12_voice import Soap12Voice
from simulators.senders.xml_voice import XmlVoice
from simulators.trading.token_voice import TokenVoice
from simulators.trading.voice import Voice

SENDERS: Mapping[str, Callable[[Desk, Standard], Voice]] = {
    "bank-tcp-xml": BankVoice,
    "gateway-gm": GatewayVoice,
    "hmac-open": HmacVoice,
    "http-xml": XmlVoice,
    "rpc-execute": RpcVoice,
    "scan-oauth": ScanVoice,
    "sm2-envelope": EnvelopeVoice,
    "soap12-x509": Soap12Voice,
    "static-token-rest": RestVoice,
    "token-sm4": lambda desk, standard: TokenVoice(desk.id, desk.credentials, standard),
}

# those who call nobody: `lay`, wake the system's line, then ask `heard` until it says something
LAID: Mapping[str, Callable[[Desk, Standard], laid_voice.LaidVoice]] = {
    "cascade-db-file": laid_voice.cascade,
    "front-db": laid_voice.front,
    "xml-drop": laid_voice.drop,
}


def sender(desk: Desk, standard: Standard) -> Voice:
    """The voice of one system; KeyError for a dialect in which nothing is said to the hub."""
    return SENDERS[desk.dialect](desk, standard)
