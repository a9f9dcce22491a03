"""Whom a system that calls the hub believes it to be: the CA of `--hub-ca`, or those of the machine."""

from __future__ import annotations

import ssl
from pathlib import Path


def trust_in(ca: Path | None) -> ssl.SSLContext | bool:
    """What aiohttp wants as `ssl`: a context with this CA alone, or True for its usual one.

    Raises OSError for a file that cannot be read, ssl.SSLError (an OSError) for one without certificates.
    """
    if ca is None:
        return True
    context = ssl.create_default_context(cafile=str(ca))
    if not context.get_ca_certs():
        raise OSError(f"{ca}: no CA certificate in it")
    return context
