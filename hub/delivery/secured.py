"""TLS towards a peer: whom we believe and who we are, read once for each set of files.

A connection goes to an address that was looked up and judged beforehand, while the certificate must be for
the name in the peer's row. Drivers that take one word for both would check it against the address, so the
context holds the name itself.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any


class Named(ssl.SSLContext):
    """A client's context that always asks for, and checks against, one name."""

    peer_name = ""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, self.peer_name or server_hostname, session)


@dataclass(slots=True)
class Contexts:
    """One context per name and set of files."""

    _made: dict[tuple[str, str, str, str], Named] = field(default_factory=dict)

    def of(self, tls: Any, name: str = "") -> Named:
        """`tls`: paths `ca`, `cert`, `key`, or None for what the machine believes."""
        files = [str(getattr(tls, part, None) or "") for part in ("ca", "cert", "key")]
        place = (name, files[0], files[1], files[2])
        if place not in self._made:
            context = Named(ssl.PROTOCOL_TLS_CLIENT)
            context.peer_name = name
            context.verify_flags = ssl.create_default_context().verify_flags  # as strict as Python is
            if files[0]:
                context.load_verify_locations(files[0])
            else:
                context.load_default_certs(ssl.Purpose.SERVER_AUTH)
            if files[1]:
                context.load_cert_chain(files[1], files[2] or None)
            self._made[place] = context
        return self._made[place]
