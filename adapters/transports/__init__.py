"""Wires that are not HTTP: bytes of one request to one peer and back. Found by scheme (`hutong.transports`).

Codecs stay pure and say what they want as a WireRequest; these rooms do it, and know nothing of dialects.
"""
