"""What the component holds: tokens, and by origin (the site whose page asks) what was set and went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certs.trust import Trust
from simulators.component.errors import SofError
from simulators.component.tokens import Token
from simulators.component.values import text

SM3_SM2, SHA256_RSA = 0x00020201, 0x00010004
FITTING = {SM3_SM2: "sm2-sm3", SHA256_RSA: "rsa-sha256"}
CIPHERS = {0x00000402: "sm4-cbc", 0x00000408: "sm4-gcm"}
_MOST_ORIGINS = 64


@dataclass(slots=True)
class Held:
    """What one origin has set; 0 is whatever the key is for."""

    sign: int = 0
    encrypt: int = 0x00000402
    last: int = 0


@dataclass(slots=True)
class Component:
    """`believed` gives belief in the CAs of the test PKI, with their lists (made when first asked for);
    `clock` gives the moment."""

    tokens: Mapping[str, Token]
    believed: Callable[[], Trust]
    clock: Callable[[], datetime]
    _origins: dict[str, Held] = field(default_factory=dict)

    def held(self, origin: str) -> Held:
        if origin not in self._origins and len(self._origins) >= _MOST_ORIGINS:
            del self._origins[next(iter(self._origins))]
        return self._origins.setdefault(origin, Held())

    def token(self, ident: Any) -> Token:
        token = self.tokens.get(text(ident))
        if token is None:
            raise SofError("certificate")
        if not token.plugged:
            raise SofError("unplugged")
        return token

    def signer(self, origin: str, ident: Any) -> Token:
        """A token that may sign now, by the method that was set."""
        token = self.token(ident).opened(origin)
        wanted = self.held(origin).sign
        if wanted and FITTING[wanted] != token.signing.algorithm:
            raise SofError("policy")
        return token
