"""Functions of keys: signatures, envelopes, seals (the document's digest is computed outside)."""

from __future__ import annotations

from typing import Any

from simulators.component import envelopes, signing
from simulators.component.errors import SofError
from simulators.component.state import CIPHERS, Component
from simulators.component.tokens import Token
from simulators.component.values import number, octets, said, text


def sign(at: Component, origin: str, ident: Any, data: Any) -> str:
    return said(at.signer(origin, ident).signing.sign(octets(data)))


def verify(at: Component, origin: str, certificate: Any, data: Any, value: Any) -> bool:
    if not signing.bare_holds(octets(certificate), octets(data), octets(value)):
        raise SofError("verify")
    return True


def sign_message(at: Component, origin: str, flag: Any, ident: Any, data: Any) -> str:
    """`flag` 0 with the content, 1 without."""
    if number(flag) not in (0, 1):
        raise SofError("number")
    key = at.signer(origin, ident).signing
    return said(signing.message(key, octets(data), at.clock(), detached=number(flag) == 1))


def sign_detached(at: Component, origin: str, ident: Any, data: Any) -> str:
    return sign_message(at, origin, 1, ident, data)


def verify_message(at: Component, origin: str, message: Any, data: Any = None) -> bool:
    return _message_holds(at, octets(message), None if data is None else octets(data))


def verify_detached(at: Component, origin: str, data: Any, message: Any) -> bool:
    return _message_holds(at, octets(message), octets(data))


def _message_holds(at: Component, message: bytes, content: bytes | None) -> bool:
    if not signing.message_holds(message, content, at.believed(), at.clock()):
        raise SofError("verify")
    return True


def message_part(at: Component, origin: str, message: Any, kind: Any) -> str:
    return said(signing.message_part(octets(message), number(kind)))


def sign_xml(at: Component, origin: str, ident: Any, document: Any) -> str:
    return said(signing.xml(at.signer(origin, ident).signing, octets(document)))


def verify_xml(at: Component, origin: str, document: Any) -> bool:
    if not signing.xml_holds(octets(document), at.believed(), at.clock()):
        raise SofError("verify")
    return True


def xml_part(at: Component, origin: str, document: Any, kind: Any) -> str:
    return said(signing.xml_part(octets(document), number(kind)))


def encrypt(at: Component, origin: str, certificate: Any, data: Any) -> str:
    cipher = CIPHERS[at.held(origin).encrypt]
    return said(envelopes.encrypt(octets(certificate), octets(data), cipher))


def decrypt(at: Component, origin: str, ident: Any, envelope: Any) -> str:
    key = at.token(ident).opened(origin).exchange
    return said(envelopes.decrypt(key, octets(envelope)))


def seals(at: Component, origin: str, ident: Any) -> str:
    return "&&&".join(f"{name}||{seal}" for seal, (name, _) in at.token(ident).seals.items())


def seal(at: Component, origin: str, ident: Any, seal: Any) -> str:
    return said(_sealed(at.token(ident), seal))


def sign_with_seal(at: Component, origin: str, ident: Any, seal: Any, imprint: Any, about: Any = "/") -> str:
    token = at.signer(origin, ident)
    raw = _sealed(token, seal)
    made = signing.sealed(token.signing, raw, octets(imprint), text(about), at.clock())
    return said(made)


def _sealed(token: Token, ident: Any) -> bytes:
    found = token.seals.get(text(ident))
    if found is None:
        raise SofError("certificate")
    return found[1]
