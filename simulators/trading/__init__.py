"""Trading systems at work: a tender from project fetch to contract, each message sent until acknowledged."""

from simulators.trading.desk import TradingDesk
from simulators.trading.tender import Tender

__all__ = ["Tender", "TradingDesk"]
