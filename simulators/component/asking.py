"""Functions that need no signature: set-up, tokens, items of certificates."""

from __future__ import annotations

import secrets
from typing import Any

from certs.trust import ANYTHING
from certs.verdict import Moment
from simulators.component import reading
from simulators.component.errors import SofError
from simulators.component.state import CIPHERS, FITTING, SM3_SM2, Component
from simulators.component.values import number, octets, said, text

VERSION = "Hutong simulated component 1.0"
_MOST_RANDOM = 4096


def version(at: Component, origin: str) -> str:
    return VERSION


def last_error(at: Component, origin: str) -> int:
    return at.held(origin).last


def set_sign(at: Component, origin: str, method: Any) -> int:
    if number(method) not in FITTING:
        raise SofError("policy")
    at.held(origin).sign = number(method)
    return 0


def get_sign(at: Component, origin: str) -> int:
    return at.held(origin).sign or SM3_SM2


def set_encrypt(at: Component, origin: str, method: Any) -> int:
    if number(method) not in CIPHERS:
        raise SofError("policy")
    at.held(origin).encrypt = number(method)
    return 0


def get_encrypt(at: Component, origin: str) -> int:
    return at.held(origin).encrypt


def random(at: Component, origin: str, size: Any) -> str:
    if not 0 < number(size) <= _MOST_RANDOM:
        raise SofError("argument")
    return said(secrets.token_bytes(number(size)))


def users(at: Component, origin: str) -> str:
    return "&&&".join(f"{one.name}||{one.id}" for one in at.tokens.values() if one.plugged)


def login(at: Component, origin: str, ident: Any, pin: Any) -> bool:
    at.token(ident).login(origin, text(pin))
    return True


def logout(at: Component, origin: str, ident: Any) -> bool:
    at.token(ident).logout(origin)
    return True


def tries(at: Component, origin: str, ident: Any) -> int:
    return at.token(ident).tries


def change(at: Component, origin: str, ident: Any, old: Any, new: Any) -> bool:
    at.token(ident).change(text(old), text(new))
    return True


def certificate(at: Component, origin: str, ident: Any) -> str:
    return said(at.token(ident).signing.certificate)


def exchange_certificate(at: Component, origin: str, ident: Any) -> str:
    return said(at.token(ident).exchange.certificate)


def device(at: Component, origin: str, ident: Any, kind: Any) -> str:
    return reading.device(at.token(ident), number(kind))


def info(at: Component, origin: str, certificate: Any, kind: Any) -> str:
    return reading.info(octets(certificate), number(kind))


def info_by_oid(at: Component, origin: str, certificate: Any, oid: Any) -> str:
    return reading.by_oid(octets(certificate), text(oid))


def validate(at: Component, origin: str, certificate: Any) -> int:
    """1, or -1 to -6; by the test PKI's own lists. The hub's word counts, never this one."""
    judged = at.believed().judge(octets(certificate), moment=Moment(at.clock()), purpose=ANYTHING)
    return judged.sof_code
