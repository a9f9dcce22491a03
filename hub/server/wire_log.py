"""What aiohttp has to say of requests, without the requests: its own words quote the bytes that came.

Requests it could not read are the caller's affair and are answered 400; a line for each would let anybody
fill the disk. Whatever else it reports is told by kind and place.
"""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

from hub.faults import place


class _Hushed(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if record.levelno < logging.WARNING or isinstance(error, HttpProcessingError | ConnectionError):
            return False
        told = place(error) if error is not None else f"{record.module}:{record.lineno}"
        record.msg, record.args = "aiohttp: %s", (told,)
        record.exc_info = record.exc_text = None
        return True


def wire_log() -> logging.Logger:
    """The logger aiohttp is given; below `hub`, so that it goes where ours go."""
    logger = logging.getLogger("hub.server.wire")
    if not any(isinstance(one, _Hushed) for one in logger.filters):
        logger.addFilter(_Hushed())
    return logger
