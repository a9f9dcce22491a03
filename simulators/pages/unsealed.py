"""What a system would read once it has opened a body with its own keys; only when somebody looks.

The receiving sides keep no plain text, so a page opens the bytes again. Of dialects that encipher only parts,
each text in a body is tried.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from certs.algorithms.sm2_encryption import SM2EncryptionError, recognise
from hub.catalogue.papers import Papers
from simulators.dialects import envelope_cipher, rpc_cipher, sm2_aes
from simulators.dialects.gateway_cipher import Sealing
from simulators.pages.opened import charset_of, trees
from simulators.system import System

Opener = Callable[[str], bytes | None]


def openers(system: System) -> tuple[Opener, ...]:
    """The keys of this system, each as something that opens one text; none where nothing is enciphered."""
    make = _BY_DIALECT.get(system.desk.dialect)
    try:
        return make(system) if make is not None else ()
    except (KeyError, ValueError):
        return ()


def unsealed(system: System, text: str) -> str:
    """The text inside, in its own charset; "" where nothing was opened."""
    with_keys = openers(system)
    if with_keys:
        for candidate in (text.strip(), *_texts(trees(text))):
            for opener in with_keys:
                raw = opener(candidate) if len(candidate) >= 16 else None
                charset = charset_of(raw, "") if raw else ""
                if raw and charset and raw.lstrip()[:1] in (b"{", b"[", b"<"):
                    return raw.decode(charset)
    return ""


def _texts(found: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    for tree in found:
        yield from (value for value in tree.values() if isinstance(value, str))


def _gateway(system: System) -> tuple[Opener, ...]:
    given = system.desk.credentials
    return (Sealing(given["app_id"], given["app_secret"]).open,)


def _rpc(system: System) -> tuple[Opener, ...]:
    site = Papers.load(system.desk.dialect).facts["systems"][system.desk.id]
    key = system.desk.credentials["site_key"].encode("ascii")

    def opener(kind: str) -> Opener:
        return lambda text: rpc_cipher.open_text(kind, key, text)

    return tuple(opener(kind) for kind in dict.fromkeys((site["params"], site["data"])))


def _envelope(system: System) -> tuple[Opener, ...]:
    key = bytes.fromhex(system.desk.credentials["sm4_key"])
    return (lambda text: envelope_cipher.open_body(key, text.encode("utf-8")),)


def _sm2_aes(system: System) -> tuple[Opener, ...]:
    if system.desk.variant != "sm2-aes":
        return ()
    private = bytes.fromhex(system.desk.secret("peer_private"))
    key, iv = (system.desk.credentials[name].encode("ascii") for name in ("aes_key", "aes_iv"))

    def asked(text: str) -> bytes | None:
        try:
            return base64.b64decode(recognise(private, bytes.fromhex(text))[0], validate=True)
        except (SM2EncryptionError, binascii.Error, ValueError):
            return None

    def said(text: str) -> bytes | None:
        try:
            return sm2_aes.decipher(key, iv, text.encode("utf-8"))
        except ValueError:
            return None

    return asked, said


_BY_DIALECT: Mapping[str, Callable[[System], tuple[Opener, ...]]] = {
    "gateway-gm": _gateway,
    "rpc-execute": _rpc,
    "sm2-envelope": _envelope,
    "static-token-rest": _sm2_aes,
}
