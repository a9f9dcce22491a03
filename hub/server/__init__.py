"""The aiohttp shell: bytes in, one call of the hub, bytes out. No rule of trading stands here."""
