"""HTTP of the simulated systems: exact-match dispatch, a protocol of our own (aiohttp without httptools)."""

from simulators.http.dispatch import Dispatch, Found
from simulators.http.listen import HttpPort, listen

__all__ = ["Dispatch", "Found", "HttpPort", "listen"]
