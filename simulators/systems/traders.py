"""Which trading systems can take a tender through by themselves, and in which voice."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime

from simulators.system import System
from simulators.systems.build import Making, standard
from simulators.systems.keys import KeyFiles
from simulators.systems.t01 import ReferenceSystem
from simulators.trading import TradingDesk
from simulators.trading.asmx_voice import AsmxVoice
from simulators.trading.native_voice import NativeVoice
from simulators.trading.token_voice import TokenVoice
from simulators.trading.voice import Voice


def trading_desks(
    systems: Mapping[str, System],
    hub: str,
    making: Making,
    clock: Callable[[], datetime],
    trust: ssl.SSLContext | bool = True,
) -> dict[str, TradingDesk]:
    """T01 natively, T02 and T03 in their dialects, where they are part of the fleet."""
    voices: dict[str, Voice] = {}
    if "T01" in systems:
        keys = KeyFiles(making.keys)
        voices["T01"] = NativeVoice("T01", lambda: keys.of("T01"), making.realm)
    if "T02" in systems:
        voices["T02"] = TokenVoice("T02", systems["T02"].desk.credentials, standard())
    if "T03" in systems:
        voices["T03"] = AsmxVoice("T03", systems["T03"].desk.credentials, standard())
    return {
        ident: TradingDesk(ident, voice, hub, standard(), clock, trust) for ident, voice in voices.items()
    }


def believe(systems: Mapping[str, System], trust: ssl.SSLContext | bool) -> None:
    """Systems that call a hub on their own (T01, when it is told to connect) trust what the fleet trusts."""
    for system in systems.values():
        if isinstance(system.side, ReferenceSystem):
            system.side.outbox.trust = trust
